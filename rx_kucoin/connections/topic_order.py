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
_LONGEST_LAG: Final = timedelta(seconds=60)
"""How far a fresh connection may be behind the one that it replaced, where both lived at the same time."""


class TopicOrder(Doubt):
    """The state that `hand_over` and `in_sequence` share for one topic: why its next gap would be one.

    Only the topic's own stream calls it, one method at a time, so it needs no lock.
    """

    __slots__ = ("_began", "_cause", "_context", "_is_first", "_is_renewal", "_may_lag", "_order", "_reader", "_topic")

    def __init__(self, topic: str, reader: Reader, order: Ordering, context: Context) -> None:
        super().__init__()
        self._topic, self._reader, self._order, self._context = topic, reader, order, context
        self._began = context.clock.now
        self._may_lag = self._is_renewal = False
        """Whether the newest connection may be behind the one before it, and whether that one lived still."""
        self._is_first = True
        self._cause = EXCHANGE_SKIPPED

    def messages(self, lease: Lease) -> Observable[Any]:
        """The messages of a connection that takes over from now on."""
        self._began = self._context.clock.now
        self._may_lag = self._is_renewal = not self._is_first
        self._is_first = False
        return lease.messages(self._reader)

    def broke(self) -> None:
        """The line was down before the next message. A contiguous sequence shows by itself whether any is missing."""
        self._cause = LINE_WAS_DOWN
        self._is_renewal = False
        self.raised = not self._order.contiguous

    def began_anew(self, before: int, after: int) -> None:
        """The sequence began anew."""
        self._context.tell(events.SequenceReset(0, self._topic, before, after))

    def gap(self, before: int | None, after: int | None) -> None:
        """Messages are missing, or may be: then two consecutive numbers of one sequence say that none is."""
        several = self._order.key is not None and not self._order.contiguous
        first, last = (None, None) if several else (before, after)
        if first is None or last is None or last > first + 1 or not self._order.strict:
            self._context.tell(events.Gap(0, self._topic, first, last, self._cause))
        if self._cause is LINE_WAS_DOWN and self._order.key is None:
            self._may_lag = False  # the fresh connection got ahead of the last one
        self._cause = EXCHANGE_SKIPPED

    def repeated(self, number: int) -> None:
        """A message was left out that is older than the last. One that a lagging connection repeats is no news."""
        if not self._is_within(self._settling):
            self._context.tell(events.OutOfTurn(0, self._topic, number))

    def lags(self) -> bool:
        """Whether a fresh connection may still be behind the one before it, and so repeat what has passed.

        After a renewal it may be for long: what the old connection brought meanwhile comes once more. After a break
        only as far as one server of the exchange is behind another.
        """
        return self._is_within(max(_LONGEST_LAG, self._settling) if self._is_renewal else self._settling)

    @property
    def _settling(self) -> timedelta:
        return timedelta(seconds=2 * self._context.settings.grace + 1)

    def _is_within(self, span: timedelta) -> bool:
        return self._may_lag and self._context.clock.now - self._began <= span
