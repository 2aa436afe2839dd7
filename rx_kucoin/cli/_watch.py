"""rx-kucoin watch: a stream on a screen, or as lines."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from reactivex.disposable import CompositeDisposable

from rx_kucoin.cli._channels import each, stream
from rx_kucoin.cli._ending import Ending
from rx_kucoin.cli._lines import Lines
from rx_kucoin.client import KuCoin
from rx_kucoin.protocol.regions import REGIONS

if TYPE_CHECKING:
    from rx_kucoin.cli._screen import Screen

__all__ = ["watch"]


def watch(arguments: argparse.Namespace, ending: Ending) -> None:
    """Show a stream until it ends, its time is over, or Ctrl-C.

    Raises:
        ValueError: it cannot be asked for.
        KuCoinError: it ended because of this.
    """
    if not arguments.simulate:
        host = "futures_rest_url" if arguments.futures else "rest_url"
        where = {host: arguments.rest_url} if arguments.rest_url else {}
        _show(arguments, ending, where)
        return
    from rx_kucoin.simulator import Simulator  # noqa: PLC0415  its server is an extra

    with Simulator() as exchange:
        _show(arguments, ending, {"rest_url": exchange.rest_url, "futures_rest_url": exchange.futures_rest_url})


def _show(arguments: argparse.Namespace, ending: Ending, where: dict[str, Any]) -> None:
    with KuCoin(max_reconnects=arguments.max_reconnects, proxy=arguments.proxy, **where) as kucoin:
        messages = stream(
            kucoin,
            arguments.channel,
            arguments.symbols,
            interval=arguments.interval,
            everything=arguments.all,
            futures=arguments.futures,
        )
        with _view(arguments, ending, where) as view:
            subscriptions = CompositeDisposable(kucoin.events.subscribe(view.event))
            subscriptions.add(view.paced(messages).subscribe(view.message, ending.come, ending.come))
            try:
                ending.wait(arguments.seconds, meanwhile=view.refresh, every=view.every)
            finally:
                subscriptions.dispose()


def _view(arguments: argparse.Namespace, ending: Ending, where: dict[str, Any]) -> "Lines | Screen":
    if arguments.json or not sys.stdout.isatty():
        return Lines(ending.come)
    from rx_kucoin.cli._screen import Screen  # noqa: PLC0415  rich is an extra
    from rx_kucoin.cli._skew import Comparison  # noqa: PLC0415

    hosts = REGIONS["global"]
    usual = hosts.futures if arguments.futures else hosts.spot
    url = where.get("futures_rest_url" if arguments.futures else "rest_url", usual)
    # The tickers of contracts tell of the top of the book, as level1 does.
    channel = "level1" if arguments.futures and arguments.channel == "ticker" else arguments.channel
    return Screen(channel, each(arguments.symbols), Comparison(url, arguments.proxy), ending.soon)
