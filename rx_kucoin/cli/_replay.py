"""`rx-kucoin replay`: print recorded messages as JSON lines, or describe the file."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from reactivex.disposable import CompositeDisposable

from rx_kucoin.cli._json_output import JsonOutput
from rx_kucoin.cli._shutdown import Shutdown
from rx_kucoin.client import KuCoin, Replayed
from rx_kucoin.errors import KuCoinError
from rx_kucoin.operators.internal.worker import LibraryThread
from rx_kucoin.recording.file.reader import Contents, RecordingFile
from rx_kucoin.recording.replay.result import Played

__all__ = ["replay"]


def replay(arguments: argparse.Namespace, shutdown: Shutdown) -> None:
    """Print messages until the recording ends, or Ctrl-C.

    Raises:
        ValueError: The file is no recording, or does not have the topic.
    """
    if arguments.info:
        _describe(RecordingFile(arguments.file))
        return
    kucoin = KuCoin.replay(
        arguments.file,
        since=arguments.since,
        until=arguments.until,
        topics=arguments.topic,
        speed=arguments.speed,
        progress=False if sys.stdout.isatty() else None,
    )
    _play(kucoin, arguments.topic or kucoin.topics, shutdown)


def _play(kucoin: Replayed, topics: list[str], shutdown: Shutdown) -> None:
    def on_broken_pipe() -> None:
        kucoin.halt()
        shutdown.request()

    def failed(error: Exception) -> None:
        if not isinstance(error, KuCoinError):  # a recorded error: its event reports it, and other topics go on
            shutdown.request(error)

    output = JsonOutput(on_broken_pipe)
    subscriptions = CompositeDisposable(kucoin.events.subscribe(output.event))
    for topic in topics:
        subscriptions.add(kucoin.messages(topic).subscribe(output.message, failed))
    played: list[Played] = []

    def play() -> None:
        try:
            played.append(kucoin.play())
            shutdown.request()
        except Exception as error:  # noqa: BLE001  printed in one line
            shutdown.request(error)

    thread = LibraryThread(target=play, name="rx_kucoin replay", daemon=True)
    thread.start()
    try:
        shutdown.wait(meanwhile=lambda: None, every=0.5)
    finally:
        kucoin.close()  # also prevents a thread that is about to begin
        thread.join(2.0)
        subscriptions.dispose()
    for each in played:
        sys.stderr.write(f"rx-kucoin: {each}\n")


def _describe(tape: RecordingFile) -> None:
    found = tape.contents()
    for name, what in _facts(found, tape.topics()):
        print(f"{name:8} {what}")


def _facts(found: Contents, topics: list[str]) -> Iterator[tuple[str, str]]:
    yield "records", f"{found.records:,} in {found.blocks:,} blocks, {found.bytes:,} bytes"
    if found.blocks:
        yield "from", _moment(found.first_ns)
        yield "until", f"{_moment(found.last_ns)}, {(found.last_ns - found.first_ns) / 1e9:,.1f} s later"
    yield "topics", "\n         ".join(topics) or "none"
    yield "end", "closed" if found.is_closed else "cut off: what came in the last moment is missing"
    for hole in found.holes:
        where = "at the end, a block that is not whole" if hole.is_tail else f"at byte {hole.offset:,}, no block"
        yield "torn", f"{hole.size:,} bytes {where}"


def _moment(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(" ", "milliseconds")
