"""The stages that a message passes, put together as the client does it: each path ends after one of them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.disposable import Disposable

from benchmarks.clients.ours import PRICES
from benchmarks.symbols import TICKER
from rx_kucoin.connections.dispatch import Dispatcher
from rx_kucoin.operators import hand_over, in_sequence, share_anew
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach
from rx_kucoin.protocol import raw as pushes
from rx_kucoin.protocol.channels import CHANNELS, Ordering
from rx_kucoin.protocol.readers.base import Reader

__all__ = ["STAGES", "stage"]

STAGES: Final = ("cut", "decode", "route", "hand over", "sequence", "fan out", "RxPY's map and subscriber")
"""In the order in which a message passes them. Routing is to find its listeners, and what a typed one lacks still."""
_CUT, _DECODE, _ROUTE = range(3)
_ALL: Final = len(STAGES) - 1


def stage(way: str, last: int, symbols: Sequence[str], hear: Callable[[Any], None]) -> Callable[[list[bytes]], None]:
    """Make what takes the frames of a read as far as this stage, raw or typed; cut they are already."""
    reader, order = _reading(way)
    if last == _CUT:
        return lambda _: None
    if last == _DECODE:
        return _decoding(reader)
    dispatcher = Dispatcher(lambda *_: None, _unexpected, _unexpected)
    for symbol in symbols:
        stream = _stream(dispatcher, TICKER + symbol, reader, order, last - _ROUTE)
        if last == _ALL:
            stream.pipe(ops.map(PRICES[way])).subscribe(hear)
        else:
            attach(stream, _End(), None)
    return dispatcher.receive


def _reading(way: str) -> tuple[Reader, Ordering]:
    channel = CHANNELS[TICKER.rstrip(":")]
    reader, order = (
        (channel.reader, channel.order) if way == "typed" else (pushes.READER, pushes.raw_order(channel, ""))
    )
    if reader is None or order is None:
        raise RuntimeError("tickers are typed, and have a sequence")
    return reader, order


def _decoding(reader: Reader) -> Callable[[list[bytes]], None]:
    def take(batch: list[bytes]) -> None:
        decode = reader.decode
        for text in batch:
            decode(text)

    return take


def _stream(dispatcher: Dispatcher, topic: str, reader: Reader, order: Ordering, operators: int) -> Observable[Any]:
    """Put the operators of a topic's stream together, or the first of them."""
    messages: Observable[Any] = Unguarded(lambda sink, _: dispatcher.add(topic, reader, sink, sink))
    if not operators:
        return messages

    def connections(sink: Sink[Observable[Any]], _: abc.SchedulerBase | None) -> abc.DisposableBase:
        sink.on_next(messages)
        return Disposable()

    stream = hand_over(order.last)(Unguarded(connections))
    return stream.pipe(*(in_sequence(order.last, strict=order.strict), share_anew())[: operators - 1])


class _End:
    """Where a stream ends that goes no further."""

    __slots__ = ()

    def on_next(self, _: Any) -> None:
        """Take it."""

    def on_error(self, error: Exception) -> None:
        raise error

    def on_completed(self) -> None:
        """It never does."""


def _unexpected(*what: object) -> None:
    raise RuntimeError(f"this is no ticker: {what}")
