"""From the connections of a line to the stream of a topic, and what the stream tells of its losses."""

from datetime import timedelta
from typing import Any, Final

from reactivex import Observable

from rx_kucoin import events
from rx_kucoin.connections.context import Terms
from rx_kucoin.connections.pool import Pool, Seat
from rx_kucoin.operators._hand_over import hand_over
from rx_kucoin.operators._in_sequence import Doubt, in_sequence
from rx_kucoin.operators._merge_copies import merge_copies
from rx_kucoin.protocol.channel import Order
from rx_kucoin.protocol.dedup import mark
from rx_kucoin.protocol.readers.base import Reader

__all__ = ["EXCHANGE_SKIPPED", "LINE_WAS_DOWN", "stream"]

LINE_WAS_DOWN: Final = "the line was down"
EXCHANGE_SKIPPED: Final = "the exchange left it out"


def stream(topic: str, reader: Reader, order: Order | None, pool: Pool, terms: Terms) -> Observable[Any]:
    """Make the stream of a topic: each message once, in order, from one connection after another.

    Because it switch-maps over connections, a drop or a renewal needs no code here: the next connection is the next
    inner source.
    """
    if order is not None:
        return _Ordered(topic, reader, order, terms).stream(pool)

    def listen(connection: Seat) -> Observable[Any]:
        return connection.messages(topic, reader)

    def broke() -> None:
        terms.tell(events.Gap(0, topic, None, None, LINE_WAS_DOWN))

    return pool.topic(topic, listen).pipe(merge_copies(mark, on_break=broke))


class _Ordered(Doubt):
    """A topic whose messages have a place in their stream."""

    __slots__ = ("_began", "_cause", "_connections", "_order", "_reader", "_terms", "_topic")

    def __init__(self, topic: str, reader: Reader, order: Order, terms: Terms) -> None:
        super().__init__()
        self._topic, self._reader, self._order, self._terms = topic, reader, order, terms
        self._began = terms.clock.now
        self._connections = 0
        self._cause = EXCHANGE_SKIPPED

    def stream(self, pool: Pool) -> Observable[Any]:
        order = self._order
        return pool.topic(self._topic, self._listen).pipe(
            hand_over(order.last, key=order.key, on_break=self._broke),
            in_sequence(
                order.last,
                first=order.first,
                key=order.key,
                contiguous=order.contiguous,
                strict=order.strict,
                on_gap=self._gap,
                on_repeat=self._repeated,
                on_reset=self._began_anew,
                doubt=self,
                lags=self._lags if order.contiguous else None,
            ),
        )

    def _listen(self, connection: Seat) -> Observable[Any]:
        self._began = self._terms.clock.now
        self._connections += 1
        return connection.messages(self._topic, self._reader)

    def _broke(self) -> None:
        """The line was down before the next message. A contiguous sequence tells itself whether anything is missing."""
        self._cause = LINE_WAS_DOWN
        self.raised = not self._order.contiguous

    def _began_anew(self, before: int, after: int) -> None:
        self._terms.tell(events.SequenceReset(0, self._topic, before, after))

    def _gap(self, before: int | None, after: int | None) -> None:
        several = self._order.key is not None and not self._order.contiguous
        first, last = (None, None) if several else (before, after)
        self._terms.tell(events.Gap(0, self._topic, first, last, self._cause))
        self._cause = EXCHANGE_SKIPPED

    def _repeated(self, number: int) -> None:
        """A fresh connection that lags behind the old one repeats what that one brought: nothing to tell."""
        if not self._lags():
            self._terms.tell(events.OutOfTurn(0, self._topic, number))

    def _lags(self) -> bool:
        settling = timedelta(seconds=2 * self._terms.grace + 1)
        return self._connections > 1 and self._terms.clock.now - self._began <= settling
