"""One action, later."""

from collections.abc import Callable

from reactivex import abc
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable

__all__ = ["Timer", "after"]


def after(clock: abc.SchedulerBase, seconds: float, action: Callable[[], object]) -> abc.DisposableBase:
    """Have an action done in so many seconds, unless what is returned is disposed of before."""

    def act(scheduler: abc.SchedulerBase, state: object = None) -> None:
        del scheduler, state  # an action here needs neither
        action()

    return clock.schedule_relative(seconds, act)


class Timer:
    """A timer that is set again and again; setting it drops what it was set for before."""

    def __init__(self, clock: abc.SchedulerBase) -> None:
        self._clock = clock
        self._current = SerialDisposable()

    def set(self, seconds: float, action: Callable[[], object]) -> None:
        """Have an action done in so many seconds."""
        # The place is taken before the clock is asked: an action that is done at once may set the timer again itself,
        # and must not find its own setting dropped when this call comes back.
        place = SingleAssignmentDisposable()
        self._current.disposable = place
        place.disposable = after(self._clock, seconds, action)

    def cancel(self) -> None:
        """Drop what it was set for."""
        self._current.disposable = SingleAssignmentDisposable()

    def dispose(self) -> None:
        """Drop what it was set for, and whatever it would be set for later."""
        self._current.dispose()
