"""`rx-kucoin watch`: show a stream as a live view, or as JSON lines."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from reactivex.disposable import CompositeDisposable

from rx_kucoin.cli._channels import each, stream
from rx_kucoin.cli._json_output import JsonOutput
from rx_kucoin.cli._shutdown import Shutdown
from rx_kucoin.client import KuCoin
from rx_kucoin.protocol.regions import REGIONS

if TYPE_CHECKING:
    from rx_kucoin.cli._screen import Screen

__all__ = ["watch"]


def watch(arguments: argparse.Namespace, shutdown: Shutdown) -> None:
    """Show a stream until it ends, the time limit, or Ctrl-C.

    Raises:
        ValueError: The stream is invalid.
        KuCoinError: The stream ended with this error.
    """
    if not arguments.simulate:
        host = "futures_rest_url" if arguments.futures else "rest_url"
        where = {host: arguments.rest_url} if arguments.rest_url else {}
        _show(arguments, shutdown, where)
        return
    from rx_kucoin.simulator import Simulator  # noqa: PLC0415  its server is an extra

    with Simulator() as exchange:
        _show(arguments, shutdown, {"rest_url": exchange.rest_url, "futures_rest_url": exchange.futures_rest_url})


def _show(arguments: argparse.Namespace, shutdown: Shutdown, where: dict[str, Any]) -> None:
    with KuCoin(max_reconnects=arguments.max_reconnects, proxy=arguments.proxy, **where) as kucoin:
        messages = stream(
            kucoin,
            arguments.channel,
            arguments.symbols,
            interval=arguments.interval,
            everything=arguments.all,
            futures=arguments.futures,
        )
        with _view(arguments, shutdown, where) as view:
            subscriptions = CompositeDisposable(kucoin.events.subscribe(view.event))
            subscriptions.add(view.paced(messages).subscribe(view.message, shutdown.request, shutdown.request))
            try:
                shutdown.wait(arguments.seconds, meanwhile=view.refresh, every=view.every)
            finally:
                subscriptions.dispose()


def _view(arguments: argparse.Namespace, shutdown: Shutdown, where: dict[str, Any]) -> "JsonOutput | Screen":
    if arguments.json or not sys.stdout.isatty():
        return JsonOutput(shutdown.request)
    from rx_kucoin.cli._clock_check import ClockCheck  # noqa: PLC0415
    from rx_kucoin.cli._screen import Screen  # noqa: PLC0415  rich is an extra

    hosts = REGIONS["global"]
    usual = hosts.futures if arguments.futures else hosts.spot
    url = where.get("futures_rest_url" if arguments.futures else "rest_url", usual)
    # The tickers of contracts have the top of the book, as level1 has.
    channel = "level1" if arguments.futures and arguments.channel == "ticker" else arguments.channel
    return Screen(channel, each(arguments.symbols), ClockCheck(url, arguments.proxy), shutdown.call_soon)
