"""What was asked beside the streams, and is answered as it was then: REST calls, and whether a line was alive."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable

from rx_kucoin.errors import KuCoinError
from rx_kucoin.operators.internal.timers import after
from rx_kucoin.protocol.limits import Market
from rx_kucoin.recording.file.block import mark
from rx_kucoin.recording.file.records import is_path_like, path_shape
from rx_kucoin.recording.replay.clock import ReplayClock
from rx_kucoin.recording.replay.pool import ReplayPool

__all__ = ["Answers", "NotRecorded"]

_KEPT: Final = 60 * 1_000_000_000
"""Nanoseconds for which an answer that nobody had asked for yet is kept: who asks now may have waited for longer."""
_INSTANT: Final = 0.5
"""Seconds within which it shows whether what is asked for was asked for when it was recorded, too."""
_MOMENT: Final = 0.01
"""Seconds by which who asks here may be ahead of what was recorded: threads that meet take turns."""
_PROOF: Final = 5.0
"""Seconds after which a connection that still speaks is taken for one that has brought all."""


Tell = Callable[[abc.ObserverBase[Any]], None]
"""Gives an answer, or an error, to who asked."""


class NotRecorded(KuCoinError):
    """A REST call whose answer the recording does not hold, from this moment on."""

    def __init__(self, path: str, time_ns: int) -> None:
        moment = datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(" ", "seconds")
        super().__init__(
            f"the recording has no answer to GET {path} after {moment}: "
            "replay from an earlier time, or only what was asked for while it was recorded"
        )
        self.path, self.time_ns = path, time_ns


class _Asked:
    """Somebody who waits for an answer; `is_known`: it was asked for when it was recorded, too."""

    def __init__(self, name: str, observer: abc.ObserverBase[Any], *, is_known: bool = False) -> None:
        self.name, self.observer, self.is_known = name, observer, is_known


class Answers:
    """Each answer comes when it came, to who has asked for it by then, in turn."""

    def __init__(self, clock: ReplayClock, pool: ReplayPool, spoken_of: Mapping[int, int]) -> None:
        """`spoken_of`: when each path was spoken of last, by its mark."""
        self._clock, self._pool, self._spoken_of = clock, pool, spoken_of
        self._calls: list[_Asked] = []
        self._proofs: list[_Asked] = []
        self._spare: dict[str, tuple[int, Tell]] = {}
        self._announced: set[str] = set()
        """What was asked for when it was recorded, and not yet in this replay: it may come an instant later."""
        self._offers: dict[str, tuple[int, Tell]] = {}
        self.happened = {"asked": self._asked, "answered": self._answered, "offered": self._offered}
        """What to do, by what was recorded of a call."""

    def __repr__(self) -> str:
        return f"<Answers, {len(self._calls)} waiting>"

    def fetch(self, market: Market, path: str) -> Observable[bytes]:
        """Ask. Fails with `NotRecorded` where no answer is to come. See `Source.fetch`."""
        name = _name(market, path)

        def subscribe(observer: abc.ObserverBase[bytes], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            now, asked = self._clock.now_ns, _Asked(name, observer, is_known=name in self._announced)
            self._announced.discard(name)
            _forget(self._spare, now)
            _forget(self._offers, now)
            if (found := _find(self._spare, name)) is not None:
                spare = self._spare.pop(found)[1]
                return after(self._clock, 0.0, lambda: spare(observer))
            is_offered = name in self._offers
            if not is_offered and self._spoken_of.get(mark(path_shape(path)), -1) < now:
                return after(self._clock, 0.0, lambda: observer.on_error(NotRecorded(path, now)))
            waiting = _wait(self._calls, asked)
            if not is_offered:
                return waiting
            return CompositeDisposable(waiting, after(self._clock, _INSTANT, lambda: self._settle(name)))

        return Observable(subscribe)

    def barrier(self, topic: str) -> Observable[None]:
        """Ask whether all has come. See `Source.barrier`."""

        def subscribe(observer: abc.ObserverBase[None], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            asked, since = _Asked(topic, observer), self._clock.now_ns
            connection = self._pool.connection_of(topic)

            def look() -> None:
                if asked in self._proofs and connection and connection.is_open and connection.heard_ns > since:
                    self._proofs.remove(asked)
                    observer.on_completed()

            return CompositeDisposable(_wait(self._proofs, asked), after(self._clock, _PROOF, look))

        return Observable(subscribe)

    def cut(self) -> None:
        """What was recorded breaks off here: what was asked for before has no answer of its own to come any more."""
        self._announced.clear()
        for asked in self._calls:
            asked.is_known = False

    def _asked(self, market: str, path: str, _: Tell) -> None:
        """It was asked for, so who asks here for just this has an answer of his own to come."""
        name = _name(market, path)
        asked = next((each for each in self._calls if each.name == name and not each.is_known), None)
        if asked is not None:
            asked.is_known = True
        else:
            self._announced.add(name)

    def _answered(self, market: str, path: str, tell: Tell) -> None:
        """An answer was recorded: give it to who asked for just this, or for nearly the same."""
        name = _name(market, path)
        self._announced.discard(name)
        exact = (each for each in self._calls if each.name == name)
        alike = (each for each in self._calls if is_path_like(each.name, name))
        asked = next(exact, None) or next(alike, None)
        if asked is not None:
            self._calls.remove(asked)
            tell(asked.observer)
        else:
            self._spare[name] = self._clock.now_ns, tell

    def _offered(self, market: str, path: str, tell: Tell) -> None:
        """An answer that nobody had asked for was recorded: it is for whoever has none of his own to come."""
        name = _name(market, path)
        self._offers[name] = self._clock.now_ns, tell
        if any(each.name == name for each in self._calls):
            after(self._clock, _MOMENT, lambda: self._settle(name))

    def _settle(self, name: str) -> None:
        """Give what is offered to all who wait. Where it does not fit they ask again, and must not get it twice."""
        waiting = [each for each in self._calls if each.name == name and not each.is_known]
        if not waiting or (offer := self._offers.pop(name, None)) is None:
            return
        for asked in waiting:
            self._calls.remove(asked)
        for asked in waiting:
            offer[1](asked.observer)

    def proved(self, topic: str) -> None:
        """A line showed that it was alive."""
        for asked in [each for each in self._proofs if each.name == topic]:
            self._proofs.remove(asked)
            asked.observer.on_completed()


def _forget(kept: dict[str, tuple[int, Tell]], now: int) -> None:
    """Let go of what is too old."""
    for old in [name for name, (time_ns, _) in kept.items() if now - time_ns > _KEPT]:
        del kept[old]


def _find(kept: dict[str, tuple[int, Tell]], name: str) -> str | None:
    """Find just this, or nearly the same."""
    return name if name in kept else next((other for other in kept if is_path_like(other, name)), None)


def _name(market: str, path: str) -> str:
    return f"{market} {path}"


def _wait(queue: list[_Asked], asked: _Asked) -> abc.DisposableBase:
    queue.append(asked)

    def withdraw() -> None:
        if asked in queue:
            queue.remove(asked)

    return Disposable(withdraw)
