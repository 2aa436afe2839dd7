"""A limiter in virtual time, and requests that pass it."""

from collections.abc import Callable
from typing import Literal

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin.connections.limiter import Limiter
from rx_kucoin.connections.rest import retry_after
from rx_kucoin.operators.internal.timers import after
from rx_kucoin.protocol.limits import Rate
from rx_kucoin.protocol.rest_weights import Allowance

__all__ = ["Desk", "Ending", "heaviest"]

Ending = Literal["value", "empty", "never"] | Exception
Told = Callable[[Allowance], None]


class Desk:
    """Who was let in when, and what came of it."""

    def __init__(self, count: int = 1_000_000, per: float = 30.0, **settings: int) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.limiter = Limiter(Rate(count, per), self.clock, retry_after=retry_after, **settings)
        self.entered: list[tuple[float, str]] = []
        self.weights: list[tuple[float, int]] = []
        self.told: list[object] = []
        self.inside = self.most_inside = 0

    @property
    def time(self) -> float:
        return self.clock.to_seconds(self.clock.now)

    @property
    def names(self) -> str:
        """Who was let in, in order."""
        return "".join(name for _, name in self.entered)

    @property
    def pending(self) -> int:
        """Timers that run."""
        return len([item for item, _ in self.clock._queue.items if not item.is_cancelled()])

    def ask(
        self,
        name: str,
        weight: int = 1,
        *,
        takes: float | None = 0.1,
        ends: Ending = "value",
        says: Allowance | None = None,
        then: Callable[[], object] = lambda: None,
        lane: str = "",
        spared: int = 0,
    ) -> abc.DisposableBase:
        """Ask for what is answered `takes` seconds later (None: at once, while it is asked for)."""

        def make(told: Told) -> Observable[str]:
            def subscribe(
                observer: abc.ObserverBase[str], scheduler: abc.SchedulerBase | None = None
            ) -> abc.DisposableBase:
                del scheduler
                self.entered.append((round(self.time, 3), name))
                self.weights.append((self.time, weight))
                self.inside += 1
                self.most_inside = max(self.most_inside, self.inside)
                is_inside = [True]

                def leave() -> None:
                    self.inside -= len(is_inside)
                    is_inside.clear()

                def answer() -> None:
                    if says is not None:
                        told(says)
                    leave()
                    if ends == "value":
                        observer.on_next(name)
                    if isinstance(ends, Exception):
                        observer.on_error(ends)
                    elif ends != "never":
                        observer.on_completed()

                if takes is None:
                    answer()
                    return Disposable(leave)
                return CompositeDisposable(after(self.clock, takes, answer), Disposable(leave))

            return Observable(subscribe)

        def note(what: object) -> None:
            self.told.append(what)
            then()

        return self.limiter.admit_request(make, weight, lane, spared=spared).subscribe(note, note)

    def advance(self, seconds: float) -> None:
        self.clock.advance_by(seconds)


def heaviest(weights: list[tuple[float, int]], per: float) -> int:
    """What the heaviest window of so many seconds weighs; both of its ends are in it."""
    return max((sum(w for at, w in weights if start <= at <= start + per) for start, _ in weights), default=0)
