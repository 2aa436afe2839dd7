"""A transport without a network, in the time of any scheduler: an exchange for tests that last a day in a second."""

from collections.abc import Callable, Sequence
from itertools import count

import msgspec
from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable

from rx_kucoin.errors import ApiError, DialFailed, KuCoinError, LineLost, RestUnavailable
from rx_kucoin.operators.internal.clocks import seconds_of
from rx_kucoin.operators.internal.timers import after
from rx_kucoin.protocol.rest_weights import Allowance
from rx_kucoin.protocol.topics import expand
from rx_kucoin.transport.interfaces import Wire

__all__ = ["VirtualTransport", "VirtualWire"]


class VirtualTransport:
    """Opens wires to an exchange that welcomes, acknowledges and pongs, `latency` seconds later each.

    It is driven from outside: `push` to whoever is subscribed, `drop` what is open, and set `down` for an outage.
    """

    def __init__(self, scheduler: abc.SchedulerBase, *, latency: float = 0.05) -> None:
        self.clock = scheduler
        self._time = seconds_of(scheduler)
        self.latency = latency
        self.down = False
        """Whether dials fail."""
        self.mute = False
        """Whether the exchange answers nothing."""
        self.wires: list[VirtualWire] = []
        """Every wire there was."""
        self.dials: list[float] = []
        """When each dial came, failed ones too."""
        self.answers: Callable[[str], bytes] = _nothing
        """What the REST host answers to a path, as the JSON of its `data`; or it raises a `KuCoinError`."""
        self.allowance: Allowance | None = None
        """What the REST host says is left, with every answer."""
        self.fetches: list[tuple[float, str]] = []
        """When each REST call came, and its path."""

    @property
    def open_wires(self) -> list["VirtualWire"]:
        """The wires that are open."""
        return [wire for wire in self.wires if wire.is_open]

    @property
    def time(self) -> float:
        """The time of the scheduler, in seconds."""
        return self._time()

    def dial(self, name: str) -> Observable[Wire]:
        """Open a wire. See `Transport.dial`."""
        del name

        def subscribe(
            observer: abc.ObserverBase[Wire], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            del scheduler
            self.dials.append(self.time)
            opened: list[VirtualWire] = []

            def answer() -> None:
                if self.down:
                    observer.on_error(DialFailed("the virtual exchange is down"))
                    return
                wire = VirtualWire(self, observer.on_error)
                opened.append(wire)
                self.wires.append(wire)
                observer.on_next(wire)
                wire.answer({"id": f"w{len(self.wires)}", "type": "welcome"})

            def close() -> None:
                for wire in opened:
                    wire.end(None)

            return CompositeDisposable(after(self.clock, self.latency, answer), Disposable(close))

        return Observable(subscribe)

    def fetch(self, path: str, *, on_allowance: Callable[[Allowance], None] | None = None) -> Observable[bytes]:
        """Ask the REST host. See `Transport.fetch`."""

        def subscribe(
            observer: abc.ObserverBase[bytes], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            del scheduler
            self.fetches.append((self.time, path))

            def answer() -> None:
                if self.down:
                    observer.on_error(RestUnavailable("the virtual exchange is down"))
                    return
                data: bytes | KuCoinError
                try:
                    data = self.answers(path)
                except KuCoinError as error:
                    data = error
                if on_allowance is not None and self.allowance is not None:
                    on_allowance(self.allowance)
                if isinstance(data, KuCoinError):
                    observer.on_error(data)
                else:
                    observer.on_next(data)
                    observer.on_completed()

            return after(self.clock, self.latency, answer)

        return Observable(subscribe)

    def close(self, timeout: float) -> bool:
        """Hang up every wire. See `Transport.close`."""
        del timeout
        for wire in self.open_wires:
            wire.end(None)
        return True

    def push(self, topic: str, text: str) -> None:
        """Push to every wire that the topic is subscribed on."""
        for wire in self.open_wires:
            if topic in wire.topics:
                wire.receive((text,))

    def drop(self) -> None:
        """Lose every open wire."""
        for wire in self.open_wires:
            wire.lose(LineLost("the virtual exchange dropped the line"))


class VirtualWire:
    """A wire to the virtual exchange. What the client said stands in `said`, with its time."""

    host = "virtual"
    ping_interval = 18.0
    ping_timeout = 10.0

    def __init__(self, exchange: VirtualTransport, on_lost: Callable[[Exception], None]) -> None:
        self._exchange, self._on_lost = exchange, on_lost
        self.is_open = True
        self.said: list[tuple[float, str]] = []
        self.topics: dict[str, None] = {}
        self.receive: Callable[[Sequence[str | bytes]], None] = lambda _: None
        self._ended: Callable[[], None] = lambda: None
        self._ids = count(1)

    def listen(self, receive: Callable[[Sequence[str | bytes]], None], ended: Callable[[], None]) -> None:
        """See `Wire.listen`."""
        self.receive, self._ended = receive, ended

    def send(self, text: str) -> None:
        """See `Wire.send`."""
        self.said.append((self._exchange.time, text))
        frame = msgspec.json.decode(text)
        if self._exchange.mute:
            return
        match frame["type"]:
            case "ping":
                self.answer({"id": frame["id"], "type": "pong"})
            case "subscribe":
                self.topics.update(dict.fromkeys(expand(frame["topic"])))
                self.answer({"id": frame["id"], "type": "ack"})
            case _:
                for topic in expand(frame["topic"]):
                    self.topics.pop(topic, None)
                self.answer({"id": frame["id"], "type": "ack"})

    def lose(self, cause: Exception) -> None:
        """See `Wire.lose`."""
        self.end(cause)

    def is_quiet(self) -> bool:
        """See `Wire.is_quiet`."""
        return True

    def answer(self, frame: dict[str, str]) -> None:
        """Say something, after the latency."""
        after(self._exchange.clock, self._exchange.latency, lambda: self._say(msgspec.json.encode(frame)))

    def end(self, cause: Exception | None) -> None:
        """End the wire; without a cause it was closed from this side."""
        if self.is_open:
            self.is_open = False
            self._ended()
            if cause is not None:
                self._on_lost(cause)

    def _say(self, text: bytes) -> None:
        if self.is_open and not self._exchange.mute:
            self.receive((text,))


def _nothing(path: str) -> bytes:
    raise ApiError("404", "Not Found", f"GET {path}")
