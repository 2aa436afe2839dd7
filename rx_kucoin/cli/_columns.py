"""The columns of the table: what each shows, and which a channel has, the most important first."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from rx_kucoin.cli._numbers import ago, number, per_second, percent
from rx_kucoin.cli._quotes import Quote
from rx_kucoin.cli._rows import Row

__all__ = ["COLUMNS", "Cell", "Column", "Glyphs", "Sight", "groups"]

Cell = tuple[str, str]
"""A text and its style."""


class Glyphs(NamedTuple):
    """What is drawn with."""

    steps: str = "▁▂▃▄▅▆▇█"
    rise: str = "▲"
    fall: str = "▼"
    more: str = "…"
    dot: str = "·"


class Sight(NamedTuple):
    """A row as it is seen at a moment."""

    symbol: str
    row: Row
    state: Cell
    now: float
    ahead_ns: int | None
    """How far this machine's clock is ahead of the exchange's; None: nobody knows."""
    glyphs: Glyphs

    @property
    def quote(self) -> Quote:
        """What its last message said."""
        return self.row.quote


class Column(NamedTuple):
    """One column."""

    head: str
    cell: Callable[[Sight], Cell]
    least: int
    most: int = 10
    is_right: bool = True


def groups(channel: str) -> list[tuple[str, ...]]:
    """Name the columns of a channel, those together that make sense only so."""
    return [tuple(group.split()) for group in _SHOWN[channel].split(", ")]


def _plain(read: Callable[[Quote], Decimal | None], width: int = 10) -> Callable[[Sight], Cell]:
    return lambda sight: (number(read(sight.quote), width), "")


def _symbol(sight: Sight) -> Cell:
    return sight.symbol, "bold"


def _nothing(_: Sight) -> Cell:
    return "", ""  # it is drawn when its width is known


def _price(sight: Sight) -> Cell:
    move = sight.row.moved(sight.now)
    mark = (" ", sight.glyphs.rise, sight.glyphs.fall)[move]
    return number(sight.quote.price) + mark, ("", "bold green", "bold red")[move]


def _change(sight: Sight) -> Cell:
    return percent(_ratio(sight.quote.price, sight.row.first))


def _day(sight: Sight) -> Cell:
    return percent(sight.quote.day, places=2)


def _bar(sight: Sight) -> Cell:
    return percent(_ratio(sight.quote.price, sight.quote.open))


def _ratio(price: Decimal | None, base: Decimal | None) -> Decimal | None:
    return price / base - 1 if price is not None and base else None


def _side(sight: Sight) -> Cell:
    side = sight.quote.side
    return side or "-", {"buy": "green", "sell": "red"}.get(side or "", "")


def _spread(sight: Sight) -> Cell:
    bid, ask = sight.quote.bid, sight.quote.ask
    if bid is None or ask is None:
        return "-", ""
    return number(ask - bid, 8), "bold red" if ask <= bid else ""


def _imbalance(sight: Sight) -> Cell:
    share = sight.quote.imbalance
    if share is None:
        return "-", ""
    return f"{share:+.2f}", "green" if share > 0 else "red" if share else ""


def _levels(sight: Sight) -> Cell:
    levels = sight.quote.levels
    return ("-", "") if levels is None else (f"{levels[0]}+{levels[1]}", "")


def _start(sight: Sight) -> Cell:
    start = sight.quote.start_ns
    if start is None:
        return "-", ""
    return f"{datetime.fromtimestamp(start / 1e9, UTC):%d. %H:%M}", ""


def _origin(sight: Sight) -> Cell:
    return sight.quote.origin or "-", ""


def _count(sight: Sight) -> Cell:
    return str(sight.row.count), ""


def _rate(sight: Sight) -> Cell:
    return per_second(sight.row.rate(sight.now)), ""


def _lag(sight: Sight) -> Cell:
    lag = None if sight.quote.is_stale else sight.row.lag_ns(sight.ahead_ns or 0)
    if lag is None:
        return "-", ""
    text = f"{round(lag / 1e6)}ms" if abs(lag) < _TEN_SECONDS else f"{round(lag / 1e9)}s"
    return text, "dim" if sight.ahead_ns is None else "yellow" if lag > _SLOW else ""


def _age(sight: Sight) -> Cell:
    age = sight.row.age(sight.now)
    return ("-", "") if age is None else (ago(age), "")


def _state(sight: Sight) -> Cell:
    if sight.quote.is_stale and sight.state[0] == "live":
        return "stale", "bold yellow"
    return sight.state


_SLOW: Final = 1_000_000_000
_TEN_SECONDS: Final = 10_000_000_000
COLUMNS: Final[dict[str, Column]] = {
    "symbol": Column("symbol", _symbol, 8, 20, is_right=False),
    "price": Column("price ", _price, 8, 11),
    "close": Column("close ", _price, 8, 11),
    "middle": Column("middle ", _price, 8, 11),
    "changed": Column("changed ", _price, 8, 11),
    "side": Column("side", _side, 4, 5),
    "size": Column("size", _plain(lambda it: it.size), 6),
    "change": Column("change", _change, 8),
    "day": Column("24 h", _day, 7, 8),
    "bar": Column("bar", _bar, 8),
    "minute": Column("last 60 s", _nothing, 10, 60, is_right=False),
    "bid_size": Column("bid size", _plain(lambda it: it.bid_size), 8),
    "bid": Column("bid", _plain(lambda it: it.bid), 7),
    "ask": Column("ask", _plain(lambda it: it.ask), 7),
    "ask_size": Column("ask size", _plain(lambda it: it.ask_size), 8),
    "spread": Column("spread", _spread, 6, 8),
    "imbalance": Column("imbal.", _imbalance, 6, 6),
    "levels": Column("depth", _levels, 7, 11),
    "start": Column("bar of", _start, 9, 9),
    "origin": Column("from", _origin, 6, 8),
    "open": Column("open", _plain(lambda it: it.open), 7),
    "high": Column("high", _plain(lambda it: it.high), 7),
    "low": Column("low", _plain(lambda it: it.low), 7),
    "volume": Column("volume", _plain(lambda it: it.volume), 7),
    "count": Column("count", _count, 6),
    "rate": Column("msg/s", _rate, 5, 5),
    "lag": Column("lag", _lag, 6, 7),
    "age": Column("age", _age, 3, 4),
    "line": Column("line", _state, 9, 10, is_right=False),
}
"""In the order of the table."""

_TOP: Final = "symbol, bid ask, line, change, minute, spread, lag, rate, age, middle, bid_size ask_size, count"
_DEPTH: Final = (
    "symbol, bid ask, line, spread, imbalance, minute, lag, rate, change, age, middle, bid_size ask_size, count"
)
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
