"""What can be done with the frames of a read: everything, by this library or by the bare loop; or the first stages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from reactivex.scheduler import VirtualTimeScheduler

from benchmarks.clients import bare, ours
from benchmarks.exchange.frames import Feed
from benchmarks.inner.stages import STAGES, stage
from benchmarks.symbols import TICKER, symbols
from rx_kucoin import KuCoin
from rx_kucoin.testing import VirtualTransport

__all__ = ["PATHS", "PER_READ", "Deliver", "Path", "reads"]

Deliver = Callable[[list[bytes]], None]
PER_READ: Final = 240
"""So many tickers fill a read of 64 KiB."""


@dataclass(frozen=True, slots=True)
class Path:
    """A way to go, or a part of it.

    Attributes:
        key: What it is called on the command line.
        build: Takes symbols and their subscriber; makes what takes the frames of a read.
        is_whole: Whether it gets to the subscriber.
    """

    key: str
    label: str
    build: Callable[[Sequence[str], Callable[[Any], None]], Deliver]
    is_whole: bool = True


def reads(topics: int, count: int) -> list[bytes]:
    """Make so many full reads, of whole frames; the sequences rise from the first to the last."""
    feed, names = Feed(), [TICKER + name for name in symbols(topics)]
    return [b"".join(feed.many(names, PER_READ)) for _ in range(count)]


def _bare(way: str, _symbols: Sequence[str], hear: Callable[[Any], None]) -> Deliver:
    loop = bare.LOOPS[way]
    return lambda frames: loop((frames,), hear)


def _ours(way: str, symbols: Sequence[str], hear: Callable[[Any], None]) -> Deliver:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    kucoin = KuCoin(transport=lambda *_: exchange, scheduler=clock, topics_per_connection=len(symbols))
    ours.subscribe(kucoin, way, symbols, hear)
    clock.advance_to(10.0)
    (wire,) = exchange.wires
    if len(wire.topics) != len(symbols):
        raise RuntimeError(f"{len(wire.topics)} of {len(symbols)} topics are live")
    return wire.receive


PATHS: Final = {
    path.key: path
    for path in (
        Path("bare-orjson", "bare loop: cut, orjson", partial(_bare, "orjson")),
        Path("bare-msgspec", "bare loop: cut, msgspec (typed)", partial(_bare, "msgspec")),
        Path("raw", "rx_kucoin, raw", partial(_ours, "raw")),
        Path("typed", "rx_kucoin, typed", partial(_ours, "typed")),
        *(
            Path(f"{way}-{number}", f"{way} + {label}", partial(stage, way, number), is_whole=label == STAGES[-1])
            for way in ("raw", "typed")
            for number, label in enumerate(STAGES)
        ),
    )
}
"""By key. A stage is `raw-3`; it includes those before it."""
