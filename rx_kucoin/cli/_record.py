"""`rx-kucoin record`: record channels to a file."""

import argparse
import sys
from collections.abc import Callable
from typing import Any, Final

from reactivex.disposable import CompositeDisposable

from rx_kucoin.cli._channels import stream
from rx_kucoin.cli._json_output import JsonOutput
from rx_kucoin.cli._shutdown import Shutdown
from rx_kucoin.client import KuCoin
from rx_kucoin.recording.recorder import Recording

__all__ = ["record"]

_OFTEN: Final = 0.5


def record(arguments: argparse.Namespace, shutdown: Shutdown) -> None:
    """Record channels until they end, the time limit, or Ctrl-C.

    Raises:
        ValueError: The channels are invalid, or the file is no recording.
        KuCoinError: A channel ended with this error.
        OSError: The file cannot be written, or frames were lost.
    """
    if not arguments.simulate:
        host = "futures_rest_url" if arguments.futures else "rest_url"
        _record(arguments, shutdown, {host: arguments.rest_url} if arguments.rest_url else {})
        return
    from rx_kucoin.simulator import Simulator  # noqa: PLC0415  its server is an extra

    with Simulator() as exchange:
        _record(arguments, shutdown, {"rest_url": exchange.rest_url, "futures_rest_url": exchange.futures_rest_url})


def _record(arguments: argparse.Namespace, shutdown: Shutdown, where: dict[str, Any]) -> None:
    with KuCoin(max_reconnects=arguments.max_reconnects, proxy=arguments.proxy, **where) as kucoin:
        streams = [
            stream(kucoin, channel, arguments.symbols, interval=arguments.interval, futures=arguments.futures)
            for channel in dict.fromkeys(arguments.channel or ["ticker"])
        ]
        recording = kucoin.record(arguments.file, fsync=arguments.fsync)
        output = JsonOutput(shutdown.request)
        subscriptions = CompositeDisposable(kucoin.events.subscribe(output.event))
        for each in streams:
            subscriptions.add(each.subscribe(on_error=shutdown.request, on_completed=shutdown.request))
        try:
            shutdown.wait(arguments.seconds, meanwhile=_shower(recording), every=_OFTEN)
        finally:
            recording.close()
            subscriptions.dispose()
            _say(f"{recording!r}\n", anew=sys.stderr.isatty())
        if recording.lost:
            raise OSError(f"{recording.lost:,} frames were not recorded: {recording.why}")


def _shower(recording: Recording) -> Callable[[], None]:
    if sys.stderr.isatty():
        return lambda: _say(repr(recording), anew=True)
    return lambda: None


def _say(text: str, *, anew: bool) -> None:
    sys.stderr.write(f"\r\033[K{text}" if anew else text)
    sys.stderr.flush()
