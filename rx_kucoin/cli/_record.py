"""rx-kucoin record: streams into a file, to be replayed."""

import argparse
import sys
from collections.abc import Callable
from typing import Any, Final

from reactivex.disposable import CompositeDisposable

from rx_kucoin.cli._channels import stream
from rx_kucoin.cli._ending import Ending
from rx_kucoin.cli._lines import Lines
from rx_kucoin.client import KuCoin
from rx_kucoin.recording.recorder import Recording

__all__ = ["record"]

_OFTEN: Final = 0.5


def record(arguments: argparse.Namespace, ending: Ending) -> None:
    """Record channels until they end, the time is over, or Ctrl-C.

    Raises:
        ValueError: they cannot be asked for, or the file is something else.
        KuCoinError: they ended because of this.
        OSError: the file cannot be written, or not all of what came could be.
    """
    if not arguments.simulate:
        host = "futures_rest_url" if arguments.futures else "rest_url"
        _record(arguments, ending, {host: arguments.rest_url} if arguments.rest_url else {})
        return
    from rx_kucoin.simulator import Simulator  # noqa: PLC0415  its server is an extra

    with Simulator() as exchange:
        _record(arguments, ending, {"rest_url": exchange.rest_url, "futures_rest_url": exchange.futures_rest_url})


def _record(arguments: argparse.Namespace, ending: Ending, where: dict[str, Any]) -> None:
    with KuCoin(max_reconnects=arguments.max_reconnects, proxy=arguments.proxy, **where) as kucoin:
        streams = [
            stream(kucoin, channel, arguments.symbols, interval=arguments.interval, futures=arguments.futures)
            for channel in dict.fromkeys(arguments.channel or ["ticker"])
        ]
        recording = kucoin.record(arguments.file, fsync=arguments.fsync)
        lines = Lines(ending.come)
        subscriptions = CompositeDisposable(kucoin.events.subscribe(lines.event))
        for each in streams:
            subscriptions.add(each.subscribe(on_error=ending.come, on_completed=ending.come))
        try:
            ending.wait(arguments.seconds, meanwhile=_shower(recording), every=_OFTEN)
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
