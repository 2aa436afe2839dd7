"""A bounded buffer: the items between a producer and a consumer, and what is dropped when there are too many."""

from collections import OrderedDict, deque
from collections.abc import Collection, Hashable
from typing import Final, Generic, Literal, TypeVar, get_args

__all__ = ["BoundedBuffer", "BufferOverflow", "Overflow", "is_possible"]

T = TypeVar("T")

Overflow = Literal["drop_oldest", "drop_newest", "latest", "latest_by_key", "error"]
"""What gives way when a buffer is full. `latest_by_key` is an older word for `latest` with a key."""

_LATEST: Final = frozenset({"latest", "latest_by_key"})


class BufferOverflow(Exception):
    """The consumer is further behind than the buffer allows."""


def is_possible(capacity: int, overflow: str, *, keyed: bool) -> bool:
    """Whether a buffer can be so: with a key or without."""
    if capacity < 1 or overflow not in get_args(Overflow):
        return False
    return overflow in _LATEST if keyed else overflow != "latest_by_key"


class BoundedBuffer(Generic[T]):
    """A queue of at most `capacity` items.

    It is a plain data structure: it has no lock and no thread, and its owner guards it with a lock. What it gives up is
    returned, so that the owner can release the lock first: an item may have a finaliser, which may run any code.
    """

    __slots__ = ("_capacity", "_latest", "_overflow", "_queue", "dropped")

    def __init__(self, capacity: int, overflow: Overflow) -> None:
        self._capacity, self._overflow = capacity, overflow
        self._queue: deque[T] = deque()
        self._latest: OrderedDict[Hashable, T] | None = OrderedDict() if overflow in _LATEST else None
        """The items by key, instead of the queue, which is quicker but cannot replace an item in its place."""
        self.dropped = 0
        """How many items were dropped or replaced."""

    def __len__(self) -> int:
        return len(self._queue) if self._latest is None else len(self._latest)

    def put(self, item: T, key: Hashable = None) -> tuple[T, ...]:
        """Add an item.

        Args:
            item: The item.
            key: Which item it replaces, for `latest`. None: any.

        Returns:
            The item that was dropped, if any: an older one, or this one.

        Raises:
            BufferOverflow: the buffer is full, and `overflow` is `error`.
        """
        dropped = self._append(item) if self._latest is None else self._replace(self._latest, item, key)
        self.dropped += len(dropped)
        return dropped

    def take(self) -> T:
        """Take the oldest item.

        Raises:
            LookupError: there is none.
        """
        return self._queue.popleft() if self._latest is None else self._latest.popitem(last=False)[1]

    def take_all(self) -> Collection[T]:
        """Take all items, the oldest first."""
        if self._latest is None:
            queue, self._queue = self._queue, deque()
            return queue
        latest, self._latest = self._latest, OrderedDict()
        return latest.values()

    def _append(self, item: T) -> tuple[T, ...]:
        if len(self._queue) < self._capacity:
            self._queue.append(item)
            return ()
        if self._overflow == "error":
            raise BufferOverflow(f"the consumer is more than {self._capacity} items behind")
        if self._overflow == "drop_newest":
            return (item,)
        self._queue.append(item)
        return (self._queue.popleft(),)

    def _replace(self, latest: OrderedDict[Hashable, T], item: T, key: Hashable) -> tuple[T, ...]:
        """There are three cases: the key is known, and the item takes its place; there is room; or there is none."""
        dropped: tuple[T, ...] = ()
        if key in latest:
            dropped = (latest[key],)
        elif len(latest) == self._capacity:
            dropped = (latest.popitem(last=False)[1],)
        latest[key] = item
        return dropped
