"""Timers: run one action, later."""

from collections.abc import Callable

from reactivex import abc
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable

__all__ = ["Timer", "after"]


def after(clock: abc.SchedulerBase, seconds: float, action: Callable[[], object]) -> abc.DisposableBase:
    """Run an action after so many seconds, unless what is returned is disposed of before that."""

    def act(scheduler: abc.SchedulerBase, state: object = None) -> None:
        del scheduler, state  # an action here needs neither
        action()

    return clock.schedule_relative(seconds, act)


class Timer:
    """A timer with one action at most; setting it replaces the one before. Any thread may set it."""

    def __init__(self, clock: abc.SchedulerBase) -> None:
        self._clock = clock
        self._current = SerialDisposable()

    def set(self, seconds: float, action: Callable[[], object]) -> None:
        """Run an action after so many seconds, instead of the one before."""
        # The place is taken before the action is scheduled. An action that runs at once may set the timer again, and
        # that setting would be disposed of if this one took its place only when `after` returns.
        place = SingleAssignmentDisposable()
        self._current.disposable = place
        place.disposable = after(self._clock, seconds, action)

    def cancel(self) -> None:
        """Cancel the action."""
        self._current.disposable = SingleAssignmentDisposable()

    def dispose(self) -> None:
        """Cancel the action, and any that it is set for later."""
        self._current.dispose()
