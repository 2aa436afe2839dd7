"""From the command line to an exit code: 0 done or Ctrl-C, 1 failed, 2 asked for wrongly."""

import os
import sys
from pathlib import Path
from typing import Final

from rx_kucoin.cli._arguments import parse
from rx_kucoin.cli._ending import Ending
from rx_kucoin.cli._record import record
from rx_kucoin.cli._replay import replay
from rx_kucoin.cli._simulate import simulate
from rx_kucoin.cli._watch import watch
from rx_kucoin.errors import KuCoinError, ReconnectFailed

__all__ = ["main"]

_COMMANDS: Final = {"watch": watch, "simulate": simulate, "record": record, "replay": replay}
_EXTRAS: Final = {"rich", "aiohttp"}


def main(words: list[str] | None = None) -> int:
    """Do what the command line says.

    Args:
        words: What was typed after `rx-kucoin`; None: `sys.argv`.

    Returns:
        The exit code. An error has been told in one line.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed, as by `>&-`: nobody wants to read it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  for good
    ending = Ending()
    ending.heed_signals()
    try:
        return _do(words, ending)
    finally:
        ending.ignore_signals()


def _do(words: list[str] | None, ending: Ending) -> int:
    try:
        arguments = parse(words)
        _COMMANDS[arguments.command](arguments, ending)
    except ValueError as error:
        return _complain(str(error), 2)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRAS:
            raise
        return _complain(f'{missing} is not installed; pip install "rx-kucoin[cli]"', 1)
    except ReconnectFailed as error:
        return _complain(f"no line to the exchange: {error.cause}; check the network, or try --simulate", 1)
    except (KuCoinError, OSError) as error:
        return _complain(str(error), 1)
    return 0


def _complain(text: str, code: int) -> int:
    print(f"rx-kucoin: {' '.join(text.split())}", file=sys.stderr)
    return code
