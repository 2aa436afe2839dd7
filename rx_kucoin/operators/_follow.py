"""follow: from sets of keys to the streams of the newest set."""

from collections.abc import Callable, Hashable, Iterable
from threading import RLock
from typing import Any, Generic, NamedTuple, TypeVar

from reactivex import Observable, abc

from rx_kucoin.operators._serialize import Turns
from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.unguarded import Holder, Once, Sink, Unguarded, attach

__all__ = ["follow"]

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def follow(
    stream_of: Callable[[K], Observable[T]],
    *,
    on_failure: Callable[[K, Exception], bool] | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[Iterable[K]]], Observable[T]]:
    """Merge the streams of the keys in the newest set. The stream of a key that stays in the set is not touched.

    .. marble::

        source: -1---2----3----|
        a:       -x---x--x
        b:       --y----y-y---y|
        c:           --z|
        d:                -w-|
        [ source.map({"1": "ab", "2": "bc", "3": "bcd"}.get).pipe(follow(lanes.get)) ]
        result: --xy---zy-yw--y|
        a:       ^---!
        b:       ^-------------!
        c:           ^--!
        d:                ^--!

    New streams are subscribed to before the streams of keys that are gone are disposed of, so that what they share is
    kept. A stream that has ended is subscribed to anew once its key has been gone and comes back. Of the sets that come
    while one is being turned into streams only the newest counts. The observer is called from one thread at a time, as
    by `serialize`.

    It completes when the source and all streams have, and fails as soon as one does, unless `on_failure` allows it.

    Examples:
        >>> top_ten.pipe(follow(trades_of)).subscribe(print)

    Args:
        stream_of: Makes the stream of a key. What it raises is a failure of that stream.
        on_failure: Called with a key and its error; returns whether to go on without that stream. None: never.
        scheduler: Passed to the source and to the streams.

    Returns:
        An operator function that takes an observable of sets of keys and returns an observable of what their streams
        emit, in order of arrival.
    """
    rules = _Rules(stream_of, on_failure)

    def operator(source: Observable[Iterable[K]]) -> Observable[T]:
        def subscribe(sink: Sink[T], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            following = _Following[K, T](rules, sink, scheduler or scheduler_)
            following.begin(source)
            return following

        return Unguarded(subscribe)

    return operator


class _Rules(NamedTuple):
    stream_of: Callable[[Any], Observable[Any]]
    on_failure: Callable[[Any, Exception], bool] | None


class _Following(Once, Generic[K, T]):
    """One subscription: the observer of the source."""

    __slots__ = ("_changes", "_lock", "_newest", "_open", "_source", "_streams", "rules", "scheduler", "turns")

    def __init__(self, rules: _Rules, sink: Sink[T], scheduler: abc.SchedulerBase | None) -> None:
        super().__init__()
        self.rules, self.scheduler = rules, scheduler
        self.turns = Turns(sink)
        self._source = Holder()
        self._lock = RLock()
        self._changes = DrainQueue()
        """Turns sets into streams, one thread at a time. Apart from `turns`: values go on meanwhile."""
        self._streams: dict[K, _Stream[K, T]] = {}
        """Of the keys of the newest set, including those that have ended. Touched only inside a call of `_changes`."""
        self._newest: dict[K, None] | None = None
        """A set that has not been turned into streams yet. Written under the lock."""
        self._open = 1
        """How many of the source and the streams have not ended. Under the lock."""

    def begin(self, source: Observable[Iterable[K]]) -> None:
        self._source.hold(attach(source, self, self.scheduler))

    def on_next(self, keys: Iterable[K]) -> None:
        try:
            newest = dict.fromkeys(keys)
        except Exception as error:  # noqa: BLE001  it is no set of keys
            self.on_error(error)
        else:
            self._follow(newest)

    def on_error(self, error: Exception) -> None:
        try:
            self.turns.on_error(error)
        finally:
            self.dispose()

    def on_completed(self) -> None:
        self.one_less()

    def one_less(self) -> None:
        """The source or a stream has ended."""
        with self._lock:
            self._open -= 1
            over = self._open == 0 and not self.is_disposed
        if over:
            self.turns.on_completed()

    def _dispose(self) -> None:
        self._source.dispose()
        self._follow({})  # and no set after that

    def _follow(self, newest: dict[K, None]) -> None:
        with self._lock:
            if self.is_disposed and newest:
                return
            self._newest = newest
        self._changes.put(self._change)
        self._changes.deliver()

    def _change(self) -> None:
        """Turn the newest set into streams. If several sets were waiting, the first call leaves nothing to the next."""
        with self._lock:
            newest, self._newest = self._newest, None
        if newest is not None:
            self._turn_into_streams(newest)

    def _turn_into_streams(self, newest: dict[K, None]) -> None:
        for key in newest:
            if self._newest is not None:
                return  # a newer set is waiting: read without the lock, as a late answer is only a stream too many
            if key not in self._streams:
                with self._lock:
                    self._open += 1
                stream = self._streams[key] = _Stream(self, key)
                stream.begin()
        for key in [key for key in self._streams if key not in newest]:
            self._streams.pop(key).dispose()


class _Stream(Holder, Generic[K, T]):
    """The observer of the stream of a key."""

    __slots__ = ("_following", "_key")

    def __init__(self, following: _Following[K, T], key: K) -> None:
        super().__init__()
        self._following, self._key = following, key

    def begin(self) -> None:
        try:
            stream = self._following.rules.stream_of(self._key)
        except Exception as error:  # noqa: BLE001  as if the stream had failed at once
            self.on_error(error)
        else:
            self.hold(attach(stream, self, self._following.scheduler))

    def on_next(self, value: T) -> None:
        if not self.is_disposed:
            self._following.turns.on_next(value)

    def on_error(self, error: Exception) -> None:
        if self.is_disposed:
            return
        allowed = self._following.rules.on_failure
        try:
            goes_on = allowed is not None and allowed(self._key, error)
        except Exception as other:  # noqa: BLE001  an exception of the caller's function ends the whole
            self._following.on_error(other)
            return
        if goes_on:
            self.dispose()
        else:
            self._following.on_error(error)

    def on_completed(self) -> None:
        self.dispose()

    def _dispose(self) -> None:
        super()._dispose()
        self._following.one_less()
