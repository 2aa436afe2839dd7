"""The columns of the table: how each formats its cells, and which columns a channel has, most important first."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from rx_kucoin.cli._numbers import ago, number, per_second, percent
from rx_kucoin.cli._quotes import Quote
from rx_kucoin.cli._rows import SymbolRow

__all__ = ["COLUMNS", "Cell", "ColumnSpec", "Glyphs", "RowView", "groups"]

Cell = tuple[str, str]
"""A text and its style."""


class Glyphs(NamedTuple):
    """The characters that are drawn with."""

    steps: str = "▁▂▃▄▅▆▇█"
    rise: str = "▲"
    fall: str = "▼"
    more: str = "…"
    dot: str = "·"


class RowView(NamedTuple):
    """One row of the table at a point in time."""

    symbol: str
    row: SymbolRow
    state: Cell
    now: float
    ahead_ns: int | None
    """How far this machine's clock is ahead of the exchange's; None if unknown."""
    glyphs: Glyphs

    @property
    def quote(self) -> Quote:
        """The facts of its last message."""
        return self.row.quote


class ColumnSpec(NamedTuple):
    """One column: its title, its cells, and its width in characters."""

    head: str
    cell: Callable[[RowView], Cell]
    least: int
    most: int = 10
    is_right: bool = True


def groups(channel: str) -> list[tuple[str, ...]]:
    """Return the columns of a channel; columns of one group are only shown together."""
    return [tuple(group.split()) for group in _SHOWN.get(channel, _ANY).split(", ")]


def _plain(read: Callable[[Quote], Decimal | None], width: int = 10) -> Callable[[RowView], Cell]:
    return lambda view: (number(read(view.quote), width), "")


def _symbol(view: RowView) -> Cell:
    return view.symbol, "bold"


def _nothing(_: RowView) -> Cell:
    return "", ""  # drawn by the table, which knows its width


def _price(view: RowView) -> Cell:
    move = view.row.moved(view.now)
    mark = (" ", view.glyphs.rise, view.glyphs.fall)[move]
    return number(view.quote.price) + mark, ("", "bold green", "bold red")[move]


def _change(view: RowView) -> Cell:
    return percent(_ratio(view.quote.price, view.row.first))


def _day(view: RowView) -> Cell:
    return percent(view.quote.day, places=2)


def _bar(view: RowView) -> Cell:
    return percent(_ratio(view.quote.price, view.quote.open))


def _ratio(price: Decimal | None, base: Decimal | None) -> Decimal | None:
    return price / base - 1 if price is not None and base else None


def _side(view: RowView) -> Cell:
    side = view.quote.side
    return side or "-", {"buy": "green", "sell": "red"}.get(side or "", "")


def _spread(view: RowView) -> Cell:
    bid, ask = view.quote.bid, view.quote.ask
    if bid is None or ask is None:
        return "-", ""
    return number(ask - bid, 8), "bold red" if ask <= bid else ""


def _imbalance(view: RowView) -> Cell:
    share = view.quote.imbalance
    if share is None:
        return "-", ""
    return f"{share:+.2f}", "green" if share > 0 else "red" if share else ""


def _levels(view: RowView) -> Cell:
    levels = view.quote.levels
    return ("-", "") if levels is None else (f"{levels[0]}+{levels[1]}", "")


def _start(view: RowView) -> Cell:
    start = view.quote.start_ns
    if start is None:
        return "-", ""
    return f"{datetime.fromtimestamp(start / 1e9, UTC):%d. %H:%M}", ""


def _origin(view: RowView) -> Cell:
    return view.quote.origin or "-", ""


def _count(view: RowView) -> Cell:
    return str(view.row.count), ""


def _rate(view: RowView) -> Cell:
    return per_second(view.row.rate(view.now)), ""


def _lag(view: RowView) -> Cell:
    lag = None if view.quote.is_stale else view.row.lag_ns(view.ahead_ns or 0)
    if lag is None:
        return "-", ""
    text = f"{round(lag / 1e6)}ms" if abs(lag) < _TEN_SECONDS else f"{round(lag / 1e9)}s"
    return text, "dim" if view.ahead_ns is None else "yellow" if lag > _SLOW else ""


def _age(view: RowView) -> Cell:
    age = view.row.age(view.now)
    return ("-", "") if age is None else (ago(age), "")


def _state(view: RowView) -> Cell:
    if view.quote.is_stale and view.state[0] == "live":
        return "stale", "bold yellow"
    return view.state


_SLOW: Final = 1_000_000_000
_TEN_SECONDS: Final = 10_000_000_000
COLUMNS: Final[dict[str, ColumnSpec]] = {
    "symbol": ColumnSpec("symbol", _symbol, 8, 20, is_right=False),
    "price": ColumnSpec("price ", _price, 8, 11),
    "close": ColumnSpec("close ", _price, 8, 11),
    "middle": ColumnSpec("middle ", _price, 8, 11),
    "value": ColumnSpec("value ", _price, 8, 11),
    "changed": ColumnSpec("changed ", _price, 8, 11),
    "side": ColumnSpec("side", _side, 4, 5),
    "size": ColumnSpec("size", _plain(lambda it: it.size), 6),
    "change": ColumnSpec("change", _change, 8),
    "day": ColumnSpec("24 h", _day, 7, 8),
    "bar": ColumnSpec("bar", _bar, 8),
    "minute": ColumnSpec("last 60 s", _nothing, 10, 60, is_right=False),
    "bid_size": ColumnSpec("bid size", _plain(lambda it: it.bid_size), 8),
    "bid": ColumnSpec("bid", _plain(lambda it: it.bid), 7),
    "ask": ColumnSpec("ask", _plain(lambda it: it.ask), 7),
    "ask_size": ColumnSpec("ask size", _plain(lambda it: it.ask_size), 8),
    "spread": ColumnSpec("spread", _spread, 6, 8),
    "imbalance": ColumnSpec("imbal.", _imbalance, 6, 6),
    "levels": ColumnSpec("depth", _levels, 7, 11),
    "start": ColumnSpec("bar of", _start, 9, 9),
    "origin": ColumnSpec("from", _origin, 6, 8),
    "open": ColumnSpec("open", _plain(lambda it: it.open), 7),
    "high": ColumnSpec("high", _plain(lambda it: it.high), 7),
    "low": ColumnSpec("low", _plain(lambda it: it.low), 7),
    "volume": ColumnSpec("volume", _plain(lambda it: it.volume), 7),
    "count": ColumnSpec("count", _count, 6),
    "rate": ColumnSpec("msg/s", _rate, 5, 5),
    "lag": ColumnSpec("lag", _lag, 6, 7),
    "age": ColumnSpec("age", _age, 3, 4),
    "line": ColumnSpec("line", _state, 9, 10, is_right=False),
}
"""In the order in which the table shows them."""

_TOP: Final = "symbol, bid ask, line, change, minute, spread, lag, rate, age, middle, bid_size ask_size, count"
_DEPTH: Final = (
    "symbol, bid ask, line, spread, imbalance, minute, lag, rate, change, age, middle, bid_size ask_size, count"
)
_ANY: Final = "symbol, value, change, line, minute, lag, rate, age, count"
"""The columns of a channel that is not listed below."""
_SHOWN: Final = {
    "ticker": "symbol, price, change, line, minute, lag, rate, age, bid ask, spread, size, bid_size ask_size, count",
    "match": "symbol, price, change, line, minute, side size, lag, rate, age, count",
    "candles": "symbol, close, bar, line, minute, high low, lag, rate, age, open, volume, start, count",
    "closed-candles": "symbol, close, bar, line, start, high low, volume, origin, age, open, change, count",
    "level1": _TOP,
    "depth5": _DEPTH,
    "depth50": _DEPTH,
    "level2": "symbol, changed, change, line, minute, size, lag, rate, age, bid ask, count",
    "snapshot": "symbol, price, day, line, minute, lag, high low, rate, volume, age, bid ask, change, open, count",
    "book": "symbol, bid ask, line, spread, imbalance, levels, minute, lag, rate, age, change, middle, "
    "bid_size ask_size, count",
}
