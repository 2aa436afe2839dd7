"""Faults of books by script: snapshots that lag, are refused or empty, and changes that are lost, told twice or odd."""

from collections.abc import Mapping
from typing import Final, Literal, Protocol

from rx_kucoin.simulator._books import Books
from rx_kucoin.simulator._losses import Losses
from rx_kucoin.simulator._script import Run, Script

__all__ = ["BookFaults", "Emptiness", "Exchange", "NoBook"]

NoBook = Literal["busy", "unavailable", "error", "html", "wrong code", "hang", 403, 429, 500, 503]
Emptiness = Literal["null", "empty sides", "no sequence", "nothing"]

STATUSES: Final[Mapping[NoBook, str]] = {403: "html", 429: "busy", 500: "error", 503: "unavailable"}
"""What comes with a status, as a rule."""


class Exchange(Protocol):
    """What these faults do at once. `line` counts connections in the order of their dials, from 0."""

    books: Books

    def drop(self, line: int | None, *, abrupt: bool) -> int: ...
    def mute(self, line: int | None, *, muted: bool) -> int: ...
    def blurt(self, line: int | None, garbage: str | bytes) -> int: ...
    def silence_topic(self, topic: str, *, silent: bool) -> None: ...
    def mishap(self, topic: str, kind: str, count: int) -> None: ...
    def overlap(self, topic: str, count: int) -> None: ...


class BookFaults(Script):
    """What goes wrong with books. Symbols of both markets are known by their names."""

    def __init__(self, exchange: Exchange, run: Run, *, seed: int = 0) -> None:
        super().__init__(run)
        self._exchange = exchange
        self._seed = seed

    # On snapshots: every REST call that answers with a book.

    def refuse_books(
        self,
        answer: NoBook = "busy",
        *,
        symbol: str | None = None,
        times: int | None = None,
        status: int | None = None,
        code: str | None = None,
        reset: float | None = None,
    ) -> None:
        """Answer calls for a book, or for one symbol's, with something else, which costs no weight.

        A status stands for what comes with it: 403 for an edge's HTML, 429 for "busy", 500 for "error", 503 for
        "unavailable". `reset` seconds are told in `gw-ratelimit-reset`; without them a 429 tells of a server that has
        too much to do. A business code under HTTP 200 is `refuse_books("wrong code", code="400100")`.
        """
        name = "refuse_books" if symbol is None else f"refuse_books {symbol}"
        self._put(name, times, answer=STATUSES.get(answer, answer), status=status, code=code, reset=reset)

    def slow_books(self, seconds: float, *, symbol: str | None = None, times: int | None = None) -> None:
        """Hand snapshots out late: each as the book stood when it was asked for."""
        self._put("slow_books" if symbol is None else f"slow_books {symbol}", times, seconds=seconds)

    def lag_book(
        self, symbol: str, *, moves: int | None = None, seconds: float | None = None, times: int | None = None
    ) -> None:
        """Hand a symbol's snapshots out as they stood some moves or seconds ago; with neither, as this one stands now.

        The last 100 moves of every book are known; of this one, from now on, as many as the lag needs. Until they have
        been made, the oldest book that is known is handed out.
        """

        def act() -> None:
            frozen = moves is None and seconds is None
            stood = self._exchange.books.stood(symbol, 0 if frozen else moves)
            self._put(f"lag_book {symbol}", times, moves=moves, seconds=seconds, stood=stood if frozen else None)

        self._run(act)

    def empty_book(self, symbol: str, how: Emptiness = "null", *, times: int | None = None) -> None:
        """Answer as if the symbol had no book: with null for its sides, empty ones, no sequence, or null for it all."""
        self._put(f"empty_book {symbol}", times, how=how)

    # On changes, from now on.

    def overlap(self, topic: str, count: int = 1) -> None:
        """Let each of the next ranges of a level 2 topic begin too early, with the rows of the one before in it.

        On futures, where a range is one change, that change is told once more before the next.
        """
        self._run(lambda: self._exchange.overlap(topic, count))

    def lossy(self, topic: str | None, share: float) -> None:
        """Lose this share of a topic's messages, or of all level 2 topics'; which ones follows from the seed."""
        self._put(_lose(topic), None, losses=Losses(self._seed, share=share))

    def lose_every(self, topic: str | None, n: int) -> None:
        """Lose every n-th message of a topic, or of each level 2 topic. Goes before what `lossy` said of the same."""
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
        """Let changes be odd though right, on one symbol or all, each oddity in its share.

        Args:
            symbol: `None` for all.
            respell: of prices that are written otherwise, 1.50 for 1.5.
            repeat: of changes that tell the size which a level has already.
            crowd: of spot rows whose level changes thrice more within the range, and goes meanwhile.
            shuffle: of spot ranges whose rows stand in no order.
        """
        name = "quirks" if symbol is None else f"quirks {symbol}"
        self._put(name, None, respell=respell, repeat=repeat, crowd=crowd, shuffle=shuffle)

    # On books, at once: each returns the book's sequence.

    def cross(self, symbol: str, ticks: int = 1) -> int:
        """Push a bid above the best ask, by so many ticks, or at it; it stands, in snapshots too, until `heal`."""
        return self._run(lambda: self._exchange.books.cross(symbol, ticks))

    def heal(self, symbol: str) -> int:
        """Push that the crossing bid is gone."""
        return self._run(lambda: self._exchange.books.heal(symbol))

    def reset_sequence(self, symbol: str, sequence: int = 1) -> int:
        """Empty a book and fill it anew at a low sequence; no push tells of it but those that follow."""
        return self._run(lambda: self._exchange.books.reset(symbol, sequence))


def _lose(topic: str | None) -> str:
    return "lose" if topic is None else f"lose {topic}"
