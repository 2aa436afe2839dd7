"""What was asked beside the streams, and is answered as it was then: REST calls, and whether a line was alive."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable

from rx_kucoin.errors import KuCoinError
from rx_kucoin.operators._timers import after
from rx_kucoin.protocol.limits import Market
from rx_kucoin.replay.clock import ReplayClock
from rx_kucoin.replay.seats import Seats
from rx_kucoin.tape.block import mark
from rx_kucoin.tape.lines import is_path_like, path_shape

__all__ = ["Answers", "NotRecorded"]

_KEPT: Final = 60 * 1_000_000_000
"""Nanoseconds for which an answer that nobody had asked for yet is kept: who asks now may have waited for longer."""
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
    """Somebody who waits for an answer."""

    def __init__(self, name: str, observer: abc.ObserverBase[Any]) -> None:
        self.name, self.observer = name, observer


class Answers:
    """Each answer comes when it came, to who has asked for it by then, in turn."""

    def __init__(self, clock: ReplayClock, seats: Seats, spoken_of: Mapping[int, int]) -> None:
        """`spoken_of`: when each path was spoken of last, by its mark."""
        self._clock, self._seats, self._spoken_of = clock, seats, spoken_of
        self._calls: list[_Asked] = []
        self._proofs: list[_Asked] = []
        self._spare: dict[str, tuple[int, Tell]] = {}

    def __repr__(self) -> str:
        return f"<Answers, {len(self._calls)} waiting>"

    def fetch(self, market: Market, path: str) -> Observable[bytes]:
        """Ask. Fails with `NotRecorded` where no answer is to come. See `Engine.fetch`."""
        name = _name(market, path)

        def subscribe(observer: abc.ObserverBase[bytes], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            now = self._clock.now_ns
            if (spare := self._spared(name, now)) is not None:
                return after(self._clock, 0.0, lambda: spare(observer))
            if self._spoken_of.get(mark(path_shape(path)), -1) < now:
                return after(self._clock, 0.0, lambda: observer.on_error(NotRecorded(path, now)))
            return _wait(self._calls, _Asked(name, observer))

        return Observable(subscribe)

    def prove(self, topic: str) -> Observable[None]:
        """Ask whether all has come. See `Engine.prove`."""

        def subscribe(observer: abc.ObserverBase[None], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            asked, since = _Asked(topic, observer), self._clock.now_ns
            connection = self._seats.connection_of(topic)

            def look() -> None:
                if asked in self._proofs and connection and connection.is_open and connection.heard_ns > since:
                    self._proofs.remove(asked)
                    observer.on_completed()

            return CompositeDisposable(_wait(self._proofs, asked), after(self._clock, _PROOF, look))

        return Observable(subscribe)

    def answered(self, market: str, path: str, tell: Tell) -> None:
        """An answer was recorded: give it to who asked for just this, or for nearly the same."""
        name = _name(market, path)
        exact = (each for each in self._calls if each.name == name)
        alike = (each for each in self._calls if is_path_like(each.name, name))
        asked = next(exact, None) or next(alike, None)
        if asked is not None:
            self._calls.remove(asked)
            tell(asked.observer)
        else:
            self._spare[name] = self._clock.now_ns, tell

    def _spared(self, name: str, now: int) -> Tell | None:
        for old in [old for old, (time_ns, _) in self._spare.items() if now - time_ns > _KEPT]:
            del self._spare[old]
        found = name if name in self._spare else next((old for old in self._spare if is_path_like(old, name)), None)
        return None if found is None else self._spare.pop(found)[1]

    def proved(self, topic: str) -> None:
        """A line showed that it was alive."""
        for asked in [each for each in self._proofs if each.name == topic]:
            self._proofs.remove(asked)
            asked.observer.on_completed()


def _name(market: str, path: str) -> str:
    return f"{market} {path}"


def _wait(queue: list[_Asked], asked: _Asked) -> abc.DisposableBase:
    queue.append(asked)

    def withdraw() -> None:
        if asked in queue:
            queue.remove(asked)

    return Disposable(withdraw)
