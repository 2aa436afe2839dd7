"""One action, later."""

from collections.abc import Callable

from reactivex import abc

__all__ = ["after"]


def after(clock: abc.SchedulerBase, seconds: float, action: Callable[[], object]) -> abc.DisposableBase:
    """Have an action done in so many seconds, unless what is returned is disposed of before."""

    def act(scheduler: abc.SchedulerBase, state: object = None) -> None:
        del scheduler, state  # an action here needs neither
        action()

    return clock.schedule_relative(seconds, act)
