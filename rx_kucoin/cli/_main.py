"""Runs the command line. Exit codes: 0 done or Ctrl-C, 1 failed, 2 invalid command line."""

import argparse
import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rx_kucoin.cli._arguments import parse
from rx_kucoin.cli._record import record
from rx_kucoin.cli._replay import replay
from rx_kucoin.cli._shutdown import Shutdown
from rx_kucoin.cli._watch import watch
from rx_kucoin.errors import KuCoinError, ReconnectFailed

__all__ = ["main"]

_EXTRAS: Final = {"rich", "aiohttp"}


def main(words: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        words: The arguments after `rx-kucoin`; `None` reads `sys.argv`.

    Returns:
        The exit code. An error is printed in one line.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, as by `>&-`
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  stays open
    shutdown = Shutdown()
    shutdown.install_handlers()
    try:
        return _run(words, shutdown)
    finally:
        shutdown.ignore_signals()


def simulate(arguments: argparse.Namespace, shutdown: Shutdown) -> None:
    """Serve a simulated exchange until the end is requested. Prints to stdout how to reach it."""
    from rx_kucoin.simulator import Simulator  # noqa: PLC0415  its server is an extra

    if arguments.symbols < 1:
        raise ValueError(f"--symbols must be 1 or more, not {arguments.symbols}")
    with Simulator(seed=arguments.seed, symbols=arguments.symbols, rate=arguments.rate) as exchange:
        print(f'KuCoin(rest_url="{exchange.rest_url}", futures_rest_url="{exchange.futures_rest_url}")', flush=True)
        print(f"rx-kucoin watch BTC-USDT --rest-url {exchange.rest_url}", flush=True)
        print("rx-kucoin: the exchange is open; Ctrl-C closes it", file=sys.stderr)
        shutdown.wait(meanwhile=lambda: None, every=0.5)


@contextmanager
def _logging(verbosity: int) -> Generator[None]:
    """Log to stderr as asked for: by default errors that nothing handles alone, as the commands report the rest."""
    log = logging.getLogger("rx_kucoin")
    level = {0: logging.ERROR, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(level)
    before, propagates = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(min(level, logging.WARNING))
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
        log.propagate = propagates


def _run(words: list[str] | None, shutdown: Shutdown) -> int:
    try:
        arguments = parse(words)
        commands = {"watch": watch, "simulate": simulate, "record": record, "replay": replay}
        with _logging(getattr(arguments, "verbose", 0)):
            commands[arguments.command](arguments, shutdown)
    except ValueError as error:
        return _report(str(error), 2)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRAS:
            raise
        return _report(f'{missing} is not installed; pip install "rx-kucoin[cli]"', 1)
    except ReconnectFailed as error:
        return _report(f"no line to the exchange: {error.cause}; check the network, or try --simulate", 1)
    except (KuCoinError, OSError) as error:
        return _report(str(error), 1)
    return 0


def _report(text: str, code: int) -> int:
    print(f"rx-kucoin: {' '.join(text.split())}", file=sys.stderr)
    return code
