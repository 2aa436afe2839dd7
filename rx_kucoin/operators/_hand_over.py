"""Join inner sources that overlap: each message of the stream once, in order, whichever of them brings it."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from reactivex import Observable, abc

from rx_kucoin.operators.internal.overlap import Relay, Rules
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach

__all__ = ["hand_over"]

T = TypeVar("T")


def hand_over(
    position: Callable[[T], int | None],
    *,
    key: Callable[[T], Hashable] | None = None,
    on_break: Callable[[], None] | None = None,
) -> Callable[[Observable[Observable[T]]], Observable[T]]:
    """Relay inner sources that bring the same stream; where two overlap, hand over from the older to the newer.

    What the newer brings is held until the older has got to the first of it (by `position`): everything before came
    from the older one, everything from there on comes from the newer. Without keys the older one is let go then. An
    older source that falls silent or ends hands over when it completes; with keys it speaks again if the newer one ends
    first. What one repeats, because it lags, is for the next operator to drop (`in_sequence`).

    While only one source speaks its values pass without waiting for a lock. Each source must speak, and complete, on
    one thread of its own; the threads of two may differ.

    .. marble::

        source: -a--b----------
        a:       1-2---3-4-5-6-
        b:          34-----5-6-7
        [ hand_over(int) ]
        result: -1-2---(34)5-6-7
        a:       ^-----!

    Args:
        position: Where a value stands in its stream. Streams that have none are for `merge_copies`.
        key: Several streams in one, each with positions of its own.
        on_break: Told before the next value when a source ended with nobody to hand over to, or was `CutShort` before
            it got to the first of the newer one.

    Returns:
        An operator function that takes a source of sources and returns one stream.
    """
    rules = Rules(position, key, on_break)

    def join(source: Observable[Observable[T]]) -> Observable[T]:
        def subscribe(sink: Sink[T], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            relay = Relay(sink, rules, scheduler_)
            relay.outer.hold(attach(source, relay, scheduler_))
            return relay

        return Unguarded(subscribe)

    return join
