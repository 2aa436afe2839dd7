"""Scripted faults: everything that a test can make go wrong on the simulated exchange, and how often."""

from collections.abc import Mapping
from typing import Final, Literal, Protocol

from rx_kucoin.simulator._fault_table import FaultTable, Losses, RunOnLoop
from rx_kucoin.simulator._scripted_books import ScriptedBooks
from rx_kucoin.simulator._signatures import FAULTS

__all__ = [
    "BookFaults",
    "EmptyBook",
    "Faults",
    "FaultyExchange",
    "Garbage",
    "RefusedBook",
    "RefusedToken",
    "SignedCode",
]

Garbage = Literal["not json", "not an object", "wrong types", "unknown type", "notice", "binary", "no topic", "empty"]
SignedCode = Literal[
    "400001",
    "400002",
    "400003",
    "400004",
    "400005",
    "400006",
    "400007",
    "400008",
    "400009",
    "400301",
    "411100",
]
RefusedToken = Literal["busy", "unavailable", "error", "html", "wrong code", "empty", "hang"]
RefusedBook = Literal["busy", "unavailable", "error", "html", "wrong code", "hang", 403, 429, 500, 503]
EmptyBook = Literal["null", "empty sides", "no sequence", "nothing"]

GARBAGE: Final[Mapping[Garbage, str | bytes]] = {
    "not json": '{"type":"message","topic":',
    "not an object": '["message",7,null]',
    "wrong types": '{"type":"message","topic":7,"subject":["x"],"data":"none"}',
    "unknown type": '{"id":"1","type":"whatever","data":{}}',
    "notice": '{"id":"1","type":"notice","data":"The system will be upgraded"}',
    "binary": b"\x00\x01\xfe\xff",
    "no topic": '{"type":"message","data":{}}',
    "empty": "",
}
STATUSES: Final[Mapping[RefusedBook, str]] = {403: "html", 429: "busy", 500: "error", 503: "unavailable"}
"""The answer that usually comes with an HTTP status."""


class FaultyExchange(Protocol):
    """What faults do to the exchange at once. `connection` counts open connections in dial order, from 0."""

    books: ScriptedBooks

    def drop(self, connection: int | None, *, abrupt: bool) -> int: ...
    def mute(self, connection: int | None, *, muted: bool) -> int: ...
    def send_raw(self, connection: int | None, frame: str | bytes) -> int: ...
    def silence_topic(self, topic: str, *, silent: bool) -> None: ...
    def add_fault(self, topic: str, kind: str, count: int) -> None: ...
    def overlap(self, topic: str, count: int) -> None: ...


class BookFaults(FaultTable):
    """Faults of order books: of their snapshots, and of their changes. A symbol is looked up in both markets."""

    def __init__(self, exchange: FaultyExchange, run: RunOnLoop, *, seed: int = 0) -> None:
        super().__init__(run)
        self._exchange = exchange
        self._seed = seed

    # Snapshots: every REST call that answers with a book.

    def refuse_books(
        self,
        answer: RefusedBook = "busy",
        *,
        symbol: str | None = None,
        times: int | None = None,
        status: int | None = None,
        code: str | None = None,
        reset: float | None = None,
    ) -> None:
        """Answer snapshot calls, of one symbol or of all, with something else, which costs no weight.

        A status selects the usual answer: 403 an HTML page of the edge, 429 "busy", 500 "error", 503 "unavailable".
        `reset` seconds are sent in `gw-ratelimit-reset`; without it a 429 means an overloaded server. For a business
        code under HTTP 200 use `refuse_books("wrong code", code="400100")`.
        """
        name = "refuse_books" if symbol is None else f"refuse_books {symbol}"
        self._put(name, times, answer=STATUSES.get(answer, answer), status=status, code=code, reset=reset)

    def slow_books(self, seconds: float, *, symbol: str | None = None, times: int | None = None) -> None:
        """Answer snapshot calls late, each with the book as it stood when the call came."""
        self._put("slow_books" if symbol is None else f"slow_books {symbol}", times, seconds=seconds)

    def lag_book(
        self, symbol: str, *, moves: int | None = None, seconds: float | None = None, times: int | None = None
    ) -> None:
        """Answer snapshot calls with the book as it stood some moves or seconds ago; with neither, as it stands now.

        The last 100 moves of every book are kept; of this one, from now on, as many as the lag needs. Until they have
        been made, the oldest known book is the answer.
        """

        def act() -> None:
            frozen = moves is None and seconds is None
            book = self._exchange.books.remember(symbol, 0 if frozen else moves)
            self._put(f"lag_book {symbol}", times, moves=moves, seconds=seconds, book=book if frozen else None)

        self._run(act)

    def empty_book(self, symbol: str, how: EmptyBook = "null", *, times: int | None = None) -> None:
        """Answer as if the symbol had no book: null sides, empty sides, no sequence, or null in place of it all."""
        self._put(f"empty_book {symbol}", times, how=how)

    # Changes, from now on.

    def overlap(self, topic: str, count: int = 1) -> None:
        """Begin each of the next ranges of a level 2 topic too early, with the rows of the range before.

        On futures, where a range is one change, the change before is sent once more.
        """
        self._run(lambda: self._exchange.overlap(topic, count))

    def lossy(self, topic: str | None, share: float) -> None:
        """Lose this share of a topic's messages, or of all level 2 topics'; which ones follows from the seed."""
        self._put(_lose(topic), None, losses=Losses(self._seed, share=share))

    def lose_every(self, topic: str | None, n: int) -> None:
        """Lose every n-th message of a topic, or of each level 2 topic. Replaces `lossy` of the same topic."""
        self._put(_lose(topic), None, losses=Losses(self._seed, every=n))

    def quirks(
        self,
        symbol: str | None = None,
        *,
        respell: float = 0.0,
        repeat: float = 0.0,
        crowd: float = 0.0,
        shuffle: float = 0.0,
    ) -> None:
        """Make changes odd but valid, on one symbol or all; each argument is the share that an oddity affects.

        Args:
            symbol: `None` for all.
            respell: of prices that are written otherwise, 1.50 for 1.5.
            repeat: of changes that repeat the size which a level already has.
            crowd: of spot rows whose level changes three more times within the range, and is gone meanwhile.
            shuffle: of spot ranges whose rows come in random order.
        """
        name = "quirks" if symbol is None else f"quirks {symbol}"
        self._put(name, None, respell=respell, repeat=repeat, crowd=crowd, shuffle=shuffle)

    # Books, at once: each returns the book's sequence.

    def cross(self, symbol: str, ticks: int = 1) -> int:
        """Push a bid `ticks` above the best ask, or at it (0); it stays, in snapshots too, until `heal`."""
        return self._run(lambda: self._exchange.books.cross(symbol, ticks))

    def heal(self, symbol: str) -> int:
        """Push the removal of the crossing bid."""
        return self._run(lambda: self._exchange.books.heal(symbol))

    def reset_sequence(self, symbol: str, sequence: int = 1) -> int:
        """Refill a book at a low sequence; no push announces it but the changes that follow."""
        return self._run(lambda: self._exchange.books.reset(symbol, sequence))


class Faults(BookFaults):
    """Scripted faults. Every method may be called from any thread; `times=None` lasts until `clear()`.

    `connection` is the index of an open connection in dial order, from 0; `None` means all of them. `line` is the name
    that it had in 0.1.0, kept for one version.
    """

    # At once, on open connections: each returns how many it affected.

    def drop(self, connection: int | None = None, *, abrupt: bool = True, line: int | None = None) -> int:
        """Cut one connection, or all: by a TCP reset, or with a close frame, 1000 "Bye"."""
        index = line if connection is None else connection
        return self._run(lambda: self._exchange.drop(index, abrupt=abrupt))

    def silence(self, connection: int | None = None, *, line: int | None = None) -> int:
        """Send nothing more on one connection, or all, not even pongs; the sockets stay open."""
        index = line if connection is None else connection
        return self._run(lambda: self._exchange.mute(index, muted=True))

    def speak(self, connection: int | None = None, *, line: int | None = None) -> int:
        """End the silence. Frames that were not sent meanwhile are lost."""
        index = line if connection is None else connection
        return self._run(lambda: self._exchange.mute(index, muted=False))

    def garbage(self, kind: Garbage = "not json", connection: int | None = None, *, line: int | None = None) -> int:
        """Send one senseless frame."""
        index = line if connection is None else connection
        return self._run(lambda: self._exchange.send_raw(index, GARBAGE[kind]))

    # Topics: what happens to the next messages.

    def silence_topic(self, topic: str) -> None:
        """Push nothing on a topic, although its sequence goes on."""
        self._run(lambda: self._exchange.silence_topic(topic, silent=True))

    def speak_topic(self, topic: str) -> None:
        """End a topic's silence."""
        self._run(lambda: self._exchange.silence_topic(topic, silent=False))

    def gap(self, topic: str, count: int = 1) -> None:
        """Lose the next messages of a topic."""
        self._run(lambda: self._exchange.add_fault(topic, "lose", count))

    def duplicate(self, topic: str, count: int = 1) -> None:
        """Send each of the next messages of a topic twice."""
        self._run(lambda: self._exchange.add_fault(topic, "twice", count))

    def swap(self, topic: str) -> None:
        """Send the next message of a topic after the one that follows it."""
        self._run(lambda: self._exchange.add_fault(topic, "swap", 1))

    # Calls, dials and requests that are still to come.

    def refuse_tokens(
        self,
        answer: RefusedToken = "busy",
        *,
        times: int | None = None,
        status: int | None = None,
        code: str | None = None,
        reset: float | None = None,
    ) -> None:
        """Answer token calls with something else; `reset` seconds are sent in `gw-ratelimit-reset`."""
        self._put("answer_tokens", times, answer=answer, status=status, code=code, reset=reset)

    def refuse_signed(
        self,
        code: SignedCode = "400006",
        *,
        times: int | None = None,
        status: int | None = None,
        text: str | None = None,
    ) -> None:
        """Refuse signed calls, the private token's too; status and text are the exchange's unless given.

        400006: the caller's address is not on the key's list. 400007: a permission is missing. 400301: a restricted
        region. 411100: a frozen user. 400001 to 400005, 400008 and 400009: what is wrong with headers and keys.
        """
        usual = FAULTS[code]
        self._put("refuse_signed", times, status=status or usual.status, code=code, text=text or usual.text)

    def refuse_dials(self, status: int = 429, *, times: int | None = None) -> None:
        """Refuse the upgrade with an HTTP status."""
        self._put("refuse_dials", times, status=status)

    def refuse_sockets(self, code: int = 401, text: str = "token is expired", *, times: int | None = None) -> None:
        """Accept the upgrade, send an error in place of the welcome, and drop the connection."""
        self._put("refuse_sockets", times, code=code, text=text)

    def slow_welcome(self, seconds: float, *, times: int | None = None) -> None:
        """Send the welcome late."""
        self._put("welcome", times, seconds=seconds)

    def no_welcome(self, *, times: int | None = None) -> None:
        """Accept the upgrade and never send a welcome."""
        self._put("welcome", times, seconds=None)

    def late_acks(self, seconds: float, *, times: int | None = None) -> None:
        """Acknowledge late; data is pushed meanwhile."""
        self._put("acks", times, seconds=seconds)

    def lose_acks(self, *, times: int | None = None) -> None:
        """Carry requests out and never acknowledge them."""
        self._put("acks", times, seconds=None)

    def limit_topics(self, limit: int, *, says: int | None = None) -> None:
        """Accept fewer topics on a connection than documented; the error may name another number."""
        self._put("topic_limit", None, limit=limit, says=limit if says is None else says)

    def refuse_topic(
        self, topic: str, code: int = 404, text: str = "topic does not exist", *, times: int | None = None
    ) -> None:
        """Refuse every request that names this topic, the whole batch."""
        self._put(f"refuse_topic {topic}", times, code=code, text=text)

    def late_pushes(self, seconds: float = 0.2) -> None:
        """Go on pushing for a while after an unsubscribe was acknowledged."""
        self._put("late_pushes", None, seconds=seconds)

    def __repr__(self) -> str:
        return f"<Faults {', '.join(sorted(self._set)) or 'none'}>"


def _lose(topic: str | None) -> str:
    return "lose" if topic is None else f"lose {topic}"
