"""share_anew: share one subscription among many subscribers, and subscribe anew once it has ended."""

from collections.abc import Callable
from functools import partial
from threading import RLock
from typing import Any, Generic, NamedTuple, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators._serialize import Turns
from rx_kucoin.operators.internal import forks
from rx_kucoin.operators.internal.multicast import Multicast, is_interrupt
from rx_kucoin.operators.internal.timers import after
from rx_kucoin.operators.internal.unguarded import Holder, Once, Sink, Unguarded, attach

__all__ = ["share_anew"]

T = TypeVar("T")


def share_anew(
    *,
    linger: float = 0.0,
    replay: bool = False,
    on_failure: Callable[[BaseException], None] | None = None,
    name: str = "",
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Share one subscription to the source, from the first subscriber until the last one has unsubscribed.

    It differs from RxPY's `share`: subscribing after the source has ended subscribes to it anew; a subscriber that
    comes while the last one leaves always gets a subscription; and a subscriber that raises is ended alone. A forked
    child shares nothing with its parent: its first subscriber subscribes to the source anew.

    .. marble::

        source: a-b-c-d-#
        first:  ^---!
        second: --^
        [ share_anew() ]
        first:  a-b-c
        second: --b-c-d-#

    Args:
        linger: Seconds for which the source is kept after the last subscriber has left, so that flapping costs nothing.
        replay: Give the latest value to each subscriber that comes later.
        on_failure: Called with an exception that a subscriber raised, or did not handle. The latter is logged besides.
        name: What the log calls the stream. Empty: what the source calls itself.
        scheduler: Times the linger. Defaults to the subscriber's, then to `TimeoutScheduler`.

    Returns:
        An operator function that takes an observable source and returns it shared.
    """
    rules = _Rules(linger, replay, on_failure, name, scheduler)
    return lambda source: _Shared(source, rules)


class _Rules(NamedTuple):
    linger: float
    replay: bool
    on_failure: Callable[[BaseException], None] | None
    name: str
    scheduler: abc.SchedulerBase | None


class _Shared(Unguarded[T]):
    """The source, and its current life, if there is one: see `_Life`."""

    # A life begins with the first subscriber and is over when the source has ended, or when it was closed because no
    # member was left. The lock orders joining, leaving and closing, and nothing is called under it. A member that joins
    # takes `leaving` away, which cancels the linger; `_close` finds that and does nothing.

    def __init__(self, source: Observable[T], rules: _Rules) -> None:
        self.source, self.rules = source, rules
        self._renew()

    def _renew(self) -> None:
        self._lock = RLock()  # guards `_current`, and `members` and `leaving` of each life
        self._current: _Life[T] | None = None
        self._generation = forks.generation

    def __repr__(self) -> str:
        life = self._current if self._generation == forks.generation else None
        members = 0 if life is None else life.members
        return f"<{self.rules.name or repr(self.source)}, {members} subscriber{'s' * (members != 1)}>"

    def attach(self, sink: Sink[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        """Join the current life, or begin one. In a forked child, the life of the parent is not the current one."""
        self._look_for_fork()
        with self._lock:
            life, first = self._current, self._current is None
            if life is None:
                clock = self.rules.scheduler or scheduler or TimeoutScheduler.singleton()
                life = self._current = (_ReplayingLife if self.rules.replay else _Life)(self, clock)
            life.members += 1
            leaving, life.leaving = life.leaving, None
        if leaving is not None:
            leaving.dispose()
        stay = _Stay(life)
        try:
            stay.member.hold(life.welcome(sink))
            if first:
                life.begin(scheduler)
        except BaseException:
            stay.dispose()
            raise
        return stay

    def end(self, life: "_Life[T]") -> None:
        """The source of a life has ended: the next subscriber begins another life."""
        with self._lock:
            if self._current is life:
                self._current = None
            leaving, life.leaving = life.leaving, None
        if leaving is not None:
            leaving.dispose()

    def leave(self, life: "_Life[T]") -> None:
        """A member has left."""
        self._look_for_fork()
        with self._lock:
            life.members -= 1
            if life.members or self._current is not life:
                return
            life.leaving = leaving = SingleAssignmentDisposable()
        if self.rules.linger > 0:
            leaving.disposable = after(life.clock, self.rules.linger, lambda: self._close(life, leaving))
        else:
            self._close(life, leaving)

    def _look_for_fork(self) -> None:
        """In a forked child, forget the life of the parent, and the lock, which a thread of the parent may hold."""
        if self._generation != forks.generation:
            forks.renew_once(lambda: self._generation, self._renew)

    def _close(self, life: "_Life[T]", leaving: abc.DisposableBase) -> None:
        with self._lock:
            if self._current is not life or life.leaving is not leaving:
                return  # a member has joined since; if it has left again, that has set another `leaving`
            self._current = None
        life.connection.dispose()


class _Stay(Once, Generic[T]):
    """The subscription of one member."""

    __slots__ = ("_life", "member")

    def __init__(self, life: "_Life[T]") -> None:
        super().__init__()
        self._life = life
        self.member = Holder()

    def _dispose(self) -> None:
        self.member.dispose()
        self._life.shared.leave(self._life)


class _Life(Multicast[Any], Generic[T]):
    """One subscription to the source, and its members."""

    __slots__ = ("clock", "connection", "leaving", "members", "shared")

    def __init__(self, shared: _Shared[T], clock: abc.SchedulerBase) -> None:
        super().__init__(shared.rules.on_failure)
        self.shared, self.clock = shared, clock
        self.members = 0
        self.leaving: abc.DisposableBase | None = None
        """The linger, while no member is left; another one each time that the last member leaves."""
        self.connection = Holder()

    @property
    def name(self) -> str:
        """What the log calls it."""
        return self.shared.rules.name or str(self.shared.source)

    def welcome(self, observer: Sink[T]) -> abc.DisposableBase:
        return self.add(observer)

    def begin(self, scheduler: abc.SchedulerBase | None) -> None:
        try:
            self.connection.hold(attach(self.shared.source, self, scheduler))
        except BaseException as error:  # other members may have joined meanwhile
            told = isinstance(error, Exception) and self._ending is None  # by `on_error`, which is enough
            self.on_error(error if isinstance(error, Exception) else RuntimeError(repr(error)))
            if not told:
                raise

    def on_error(self, error: Exception) -> None:
        self.shared.end(self)
        super().on_error(error)
        self.connection.dispose()

    def on_completed(self) -> None:
        self.shared.end(self)
        super().on_completed()
        self.connection.dispose()


class _ReplayingLife(_Life[T]):
    """A life that gives the latest value to each new member. Within it, a value is a list of one, known by identity."""

    __slots__ = ("_joining", "_latest")

    def __init__(self, shared: _Shared[T], clock: abc.SchedulerBase) -> None:
        super().__init__(shared, clock)
        self._latest: list[T] = []
        self._joining = RLock()

    def welcome(self, observer: Sink[T]) -> abc.DisposableBase:
        with self._joining:
            late = _Latecomer(observer, self._latest)
            member = self.add(late)
        try:
            late.deliver()
        except BaseException as error:  # as in `Multicast`: it is ended alone
            if is_interrupt(error):
                raise
            self.fail(late, error)
        return member

    def on_next(self, value: T) -> None:
        cell = [value]
        with self._joining:
            self._latest = cell
        super().on_next(cell)


class _Latecomer(Turns[Any], Generic[T]):
    """A subscriber that is given the latest value, then each newer one: in that order, and none twice.

    The latest value is queued before the subscriber is added to the others, so any thread that brings a newer one
    delivers the latest before it.
    """

    __slots__ = ("_known",)

    def __init__(self, observer: Sink[T], latest: list[T]) -> None:
        super().__init__(observer)
        self._known: list[T] | None = latest
        for value in latest:
            self.put(partial(self._pass, value))

    def on_next(self, value: list[T]) -> None:
        known, self._known = self._known, None
        if value is not known:  # it may have been on its way to the others when this one was added
            super().on_next(value[0])
