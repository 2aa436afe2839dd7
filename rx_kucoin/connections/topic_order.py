"""What is known of the order of one topic's messages while it has subscribers, and what is reported of it."""

from datetime import timedelta
from typing import Any, Final

from reactivex import Observable

from rx_kucoin import events
from rx_kucoin.connections.context import Context
from rx_kucoin.connections.pool import Lease
from rx_kucoin.operators import Doubt
from rx_kucoin.protocol.channels import Ordering
from rx_kucoin.protocol.readers.base import Reader

__all__ = ["EXCHANGE_SKIPPED", "LINE_WAS_DOWN", "TopicOrder"]

LINE_WAS_DOWN: Final = "the line was down"
EXCHANGE_SKIPPED: Final = "the exchange left it out"


class TopicOrder(Doubt):
    """The state that `hand_over` and `in_sequence` share for one topic: why its next gap would be one.

    Only the topic's own stream calls it, one method at a time, so it needs no lock.
    """

    __slots__ = ("_began", "_cause", "_connections", "_context", "_order", "_reader", "_topic")

    def __init__(self, topic: str, reader: Reader, order: Ordering, context: Context) -> None:
        super().__init__()
        self._topic, self._reader, self._order, self._context = topic, reader, order, context
        self._began = context.clock.now
        self._connections = 0
        self._cause = EXCHANGE_SKIPPED

    def messages(self, lease: Lease) -> Observable[Any]:
        """The messages of a connection that takes over from now on."""
        self._began = self._context.clock.now
        self._connections += 1
        return lease.messages(self._reader)

    def broke(self) -> None:
        """The line was down before the next message. A contiguous sequence shows by itself whether any is missing."""
        self._cause = LINE_WAS_DOWN
        self.raised = not self._order.contiguous

    def began_anew(self, before: int, after: int) -> None:
        """The sequence began anew."""
        self._context.tell(events.SequenceReset(0, self._topic, before, after))

    def gap(self, before: int | None, after: int | None) -> None:
        """Messages are missing."""
        several = self._order.key is not None and not self._order.contiguous
        first, last = (None, None) if several else (before, after)
        self._context.tell(events.Gap(0, self._topic, first, last, self._cause))
        self._cause = EXCHANGE_SKIPPED

    def repeated(self, number: int) -> None:
        """A message was left out that is older than the last. One that a lagging connection repeats is no news."""
        if not self.lags():
            self._context.tell(events.OutOfTurn(0, self._topic, number))

    def lags(self) -> bool:
        """Whether a fresh connection may still be behind the one before it."""
        settling = timedelta(seconds=2 * self._context.settings.grace + 1)
        return self._connections > 1 and self._context.clock.now - self._began <= settling
