"""A live view of a stream, for a person on a terminal."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, Self

from reactivex import Observable
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rx_kucoin.cli._quotes import Quote, quote
from rx_kucoin.cli._words import in_words
from rx_kucoin.connection import Connection
from rx_kucoin.events import Event

__all__ = ["Screen"]

_RATE_OVER: Final = 3.0
"""Seconds that a rate is counted over."""
_AROUND: Final = 5
"""Lines of the screen that are no row: the head of the table, the status, what did not fit, and the cursor's."""
_WIDTH: Final = 10
"""Characters of a number, so that a row of any symbol fits 80 columns."""
_SMALL: Final = Decimal("0.001")
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "candles": ("close", "low", "high", "volume"),
    "closed-candles": ("close", "low", "high", "volume"),
    "level1": ("middle", "bid", "ask", "size"),
    "depth5": ("middle", "bid", "ask", "size"),
    "depth50": ("middle", "bid", "ask", "size"),
    "level2": ("changed", "bid", "ask", "size"),
}


class Screen:
    """A row for each symbol, and a line on the lines. Told on any thread; drawn on the main one."""

    every: Final = 1 / 8

    def __init__(self, connections: Observable[Connection], channel: str, symbols: Sequence[str]) -> None:
        self._names = _COLUMNS.get(channel, ("price", "bid", "ask", "size"))
        self._lock = threading.Lock()
        self._rows = {symbol: _Row() for symbol in symbols}  # one that never speaks is seen to be silent
        self._lines: dict[int, Connection] = {}
        self._latest = "dialling"
        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False, get_renderable=self._draw)
        self._connections = connections

    def paced(self, messages: Observable[Any]) -> Observable[Any]:
        """As they come: a row takes no time."""
        return messages

    def message(self, message: Any) -> None:
        """Take a message in."""
        with self._lock:
            row = self._rows.get(message.symbol)
            if row is None:
                row = self._rows[message.symbol] = _Row()
            row.take(quote(message), time.monotonic())

    def event(self, event: Event) -> None:
        """Take in what happened last."""
        self._latest = in_words(event)

    def refresh(self) -> None:
        """Draw all of it anew."""
        self._live.refresh()

    def __enter__(self) -> Self:
        self._watching = self._connections.subscribe(self._connected)
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watching.dispose()
        self._live.stop()

    def _connected(self, connection: Connection) -> None:
        self._lines[connection.line] = connection

    def _draw(self) -> Group:
        now = time.monotonic()
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column("symbol", no_wrap=True)
        price, *others = self._names
        for name in (price, "change", *others, "msg/s", "age"):
            table.add_column(name, justify="right", no_wrap=True)
        with self._lock:
            fit = max(self._console.height - _AROUND, 1)
            rows = {symbol: self._rows[symbol].cells(now) for symbol in sorted(self._rows)[:fit]}
            hidden = len(self._rows) - len(rows)
        for symbol, cells in rows.items():
            table.add_row(symbol, *cells)
        more = [Text(f"and {hidden} symbols that do not fit")] if hidden else []
        return Group(table, *more, Text(self._status(), style="dim", no_wrap=True, overflow="ellipsis"))

    def _status(self) -> str:
        open_ = [connection for connection in list(self._lines.values()) if connection.is_open]
        topics = sum(len(connection.topics) for connection in open_)
        return f"{len(open_)} open, {topics} live | {self._latest}"


class _Row:
    """What is known of a symbol."""

    def __init__(self) -> None:
        self._quote = Quote()
        self._first: Decimal | None = None
        self._times: deque[float] = deque()
        self._since: float | None = None

    def take(self, news: Quote, now: float) -> None:
        self._quote = news
        self._first = news.price if self._first is None else self._first
        self._since = now if self._since is None else self._since
        self._times.append(now)
        while self._times[0] < now - _RATE_OVER:
            self._times.popleft()

    def cells(self, now: float) -> tuple[str | Text, ...]:
        if self._since is None:
            return ("-",) * 7
        price, bid, ask, size = self._quote
        recent = sum(arrived >= now - _RATE_OVER for arrived in self._times)
        span = min(max(now - self._since, 1.0), _RATE_OVER)
        age = now - self._times[-1]
        texts = (_number(bid), _number(ask), _number(size), f"{recent / span:.0f}", f"{age:.0f}s")
        return _number(price), self._change(price), *texts

    def _change(self, price: Decimal | None) -> Text:
        if price is None or not self._first:
            return Text("-")
        percent = round((price / self._first - 1) * 100, 3)
        return Text(f"{percent:+.3f}%" if percent else "0", style="green" if percent > 0 else "red" if percent else "")


def _number(value: Decimal | None) -> str:
    """As it is, less the decimals that do not fit; in powers of ten where that would say nothing or too little."""
    if value is None:
        return "-"
    text = f"{value:f}"
    if len(text) <= _WIDTH:
        return text
    whole = text.index(".") if "." in text else len(text)
    return f"{value:.3e}" if abs(value) < _SMALL or whole > _WIDTH else text[:_WIDTH].rstrip(".")
