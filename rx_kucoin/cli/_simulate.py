"""rx-kucoin simulate: an exchange for other programs to try themselves on."""

import argparse
import sys

from rx_kucoin.cli._ending import Ending

__all__ = ["simulate"]


def simulate(arguments: argparse.Namespace, ending: Ending) -> None:
    """Serve a simulated exchange until the end comes. Says on stdout how to reach it."""
    from rx_kucoin.simulator import Simulator  # noqa: PLC0415  its server is an extra

    if arguments.symbols < 1:
        raise ValueError(f"--symbols must be 1 or more, not {arguments.symbols}")
    with Simulator(seed=arguments.seed, symbols=arguments.symbols, rate=arguments.rate) as exchange:
        print(f'KuCoin(rest_url="{exchange.rest_url}", futures_rest_url="{exchange.futures_rest_url}")', flush=True)
        print(f"rx-kucoin watch BTC-USDT --rest-url {exchange.rest_url}", flush=True)
        print("rx-kucoin: the exchange is open; Ctrl-C closes it", file=sys.stderr)
        ending.wait(meanwhile=lambda: None, every=0.5)
