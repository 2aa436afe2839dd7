import re
import time
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from rich.cells import cell_len

from rx_kucoin import events
from rx_kucoin.cli._channels import CHANNELS
from rx_kucoin.cli._clock_check import ClockDifference
from rx_kucoin.cli._columns import COLUMNS, Glyphs, RowView
from rx_kucoin.cli._footer import Totals
from rx_kucoin.cli._layout import Layout
from rx_kucoin.cli._line_status import RecentEvent
from rx_kucoin.cli._rows import SymbolRow
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.levels import Ladder
from rx_kucoin.protocol.messages.base import Change, Level, Message
from rx_kucoin.protocol.messages.closed import ClosedCandle
from rx_kucoin.protocol.messages.margin import Indicator
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker

WIDTHS = (40, 60, 80, 120, 200)
GLYPHS = Glyphs()
SUMS = Totals(up=1, lines=1, topics=3, rate=47.0, drops=2, seconds=3723.0)
RECENT = [RecentEvent(0.0, events.LineUp(1, "ws-api-spot.kucoin.com")), RecentEvent(1.0, events.TopicLive(1, "a:b"), 3)]


def message(channel: str, symbol: str, price: Decimal) -> Message:
    tick, size = Decimal(1).scaleb(int(price.as_tuple().exponent)), Decimal("0.01183133")
    below, above = price - tick, price + tick
    bid, ask, now = Level(below, size), Level(above, size), time.time_ns()
    bar = {"open": below, "close": price, "high": above, "low": below, "volume": size, "start_ns": now, "time_ns": now}
    return {
        "ticker": lambda: Ticker(symbol, 1, price, size, above, size, below, size, now),
        "match": lambda: Match(symbol, price=price, size=size, time_ns=now),
        "candles": lambda: Candle(symbol, **bar),
        "closed-candles": lambda: ClosedCandle(symbol, **bar),
        "level1": lambda: Level1(symbol, ask, bid, now),
        "depth5": lambda: Depth(symbol, (ask,), (bid,), now),
        "depth50": lambda: Depth(symbol, (ask,), (bid,), now),
        "level2": lambda: Level2Change(symbol, 1, 1, (Change(price, size, 1),), (), now),
        "snapshot": lambda: Snapshot(
            symbol, last_traded_price=price, buy=below, sell=above, change_rate=size, time_ns=now
        ),
        "book": lambda: OrderBook(symbol, 1, Ladder([bid], falls=True), Ladder([ask]), now),
    }.get(channel, lambda: Indicator(symbol, value=price, time_ns=now))()


def sight(channel: str, symbol: str, *prices: str, word: str = "live") -> RowView:
    row = SymbolRow()
    for price in prices:
        row.take(message(channel, symbol, Decimal(price)))
        row.look(time.monotonic())
    return RowView(symbol, row, (word, "green"), time.monotonic(), 0, GLYPHS)


def three(channel: str) -> list[RowView]:
    return [
        sight(channel, "BTC-USDT", "84521.3", "84521.4"),
        sight(channel, "SHIB-USDT", "0.000012345678", "0.000012345677"),
        sight(channel, "NEVER-USDT", word="redial 12s"),
    ]


def shot(
    channel: str,
    width: int,
    views: Sequence[RowView],
    *,
    height: int = 24,
    difference: ClockDifference | None = None,
    hidden: int = 0,
) -> list[str]:
    layout = Layout(channel, GLYPHS)
    lines = layout.rows(
        views, ["live"] * hidden, SUMS, RECENT, difference or ClockDifference(0.001, 0.004), (width, height)
    )
    return ["".join(text for text, _ in line) for line in lines]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_stands_straight_at_every_width(channel: str, width: int) -> None:
    head, *rows = shot(channel, width, three(channel))[:4]
    assert {cell_len(line) for line in (head, *rows)} == {cell_len(head)}
    assert cell_len(head) <= width
    assert [row.split()[0] for row in rows] == ["BTC-USDT", "SHIB-USDT", "NEVER-USDT"]
    assert rows[2].rstrip().endswith("redial 12s")
    ends = [place for place, (here, there) in enumerate(pairwise(f"{head} ")) if here != " " and there == " "]
    rights = [end for end in ends if head[: end + 1].endswith(("change", "spread", "msg/s", " lag", " age"))]
    assert all(row[end] != " " for row in rows for end in rights)  # their digits end below their heads
    assert "…" not in "".join((head, *rows))


def heads(channel: str, width: int) -> set[str]:
    head = shot(channel, width, three(channel))[0]
    known = {column.head.strip() for column in COLUMNS.values()}
    return {each for each in known if re.search(rf"(?<!\S){re.escape(each)}(?!\S)", head)}


SHOWN = {
    "ticker": [
        "symbol price change line",
        "symbol price change last_60_s lag line",
        "symbol price change last_60_s msg/s lag age line",
        "symbol price size change last_60_s bid ask spread msg/s lag age line",
    ],
    "book": [
        "symbol bid ask line",
        "symbol bid ask spread imbal. line",
        "symbol last_60_s bid ask spread imbal. depth lag line",
        "symbol change last_60_s bid ask spread imbal. depth msg/s lag age line",
    ],
    "closed-candles": ["symbol close bar line"],
    "match": ["symbol price change line"],
    "mark-price": ["symbol value change line", "symbol value change last_60_s lag line"],
}


@pytest.mark.parametrize(("channel", "shown"), SHOWN.items())
def test_columns_give_way_by_their_importance(channel: str, shown: list[str]) -> None:
    for width, words in zip(WIDTHS, shown, strict=False):
        head = shot(channel, width, three(channel))[0].replace("last 60 s", "last_60_s")
        assert head.split() == words.split()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_wider_terminal_never_shows_less(channel: str) -> None:
    shown = [heads(channel, width) for width in (*range(30, 99), *range(100, 221, 5))]  # at 100 cells move apart
    narrow = shown[:69]
    assert all(less <= more for less, more in pairwise(narrow))
    assert all(less <= more for less, more in pairwise(shown[69:]))
    assert len(shown[-1]) >= len(narrow[-1]) > len(narrow[0])


@pytest.mark.parametrize("width", range(1, 30))
@pytest.mark.parametrize("height", [1, 2, 3, 5, 9])
def test_no_terminal_is_too_small(width: int, height: int) -> None:
    lines = shot("ticker", width, three("ticker"), height=height, difference=ClockDifference(3.0, 0.01), hidden=100)
    assert 1 <= len(lines) <= height
    assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("height", range(3, 40))
def test_rows_and_all_that_stands_below_fill_the_height_and_no_more(height: int) -> None:
    layout = Layout("ticker", GLYPHS)
    room = layout.room(None, (80, height))
    rows = [sight("ticker", f"S{number:02}-USDT", "1") for number in range(room - 1 or 1)]
    lines = layout.rows(rows, ["live"] * 188, SUMS, RECENT * 2, None, (80, height))
    assert len(lines) == height
    texts = ["".join(text for text, _ in line) for line in lines]
    if height > 3:
        assert texts[room] == "and 188 more"
        assert any(text.startswith("1 open · 3 live · 47 msg/s · 2 drops · up 1:02:03") for text in texts)


def test_trouble_among_hidden_rows_is_told() -> None:
    layout = Layout("ticker", GLYPHS)
    lines = layout.rows([], ["live", "waiting", "stale"], SUMS, [], None, (80, 24))
    assert ("and 3 more, 2 of them not live", "yellow") in lines[1]


def test_odd_symbols_leave_the_columns_where_they_are() -> None:
    odd = ["日本円-USDT", "e\u0301\u200b-USDT", "A\x1b[2JB-USDT", "👩\u200d👧-USDT", "L" * 60, "BTC-USDT"]
    for width in WIDTHS:
        lines = shot("ticker", width, [sight("ticker", symbol, "1.5", "1.6") for symbol in odd])[: len(odd) + 1]
        assert len(set(map(cell_len, lines))) == 1
        assert len({cell_len(line[: line.index("1.6▲")]) for line in lines[1:]}) == 1
        assert "\x1b" not in "".join(lines)


def test_a_column_that_has_become_wide_stays_so_until_the_terminal_is_resized() -> None:
    layout = Layout("ticker", GLYPHS)

    def head(price: str, width: int) -> str:
        rows = [sight("ticker", "BTC-USDT", price)]
        return "".join(text for text, _ in layout.rows(rows, [], SUMS, [], None, (width, 24))[0])

    small, wide = head("1.5", 80), head("123456.789", 80)
    assert small.index("price") < wide.index("price")
    assert head("1.5", 80) == wide
    assert head("1.5", 81).index("price") == small.index("price")


def test_a_price_that_moved_has_an_arrow_and_a_colour_for_a_moment() -> None:
    rows = [
        sight("ticker", "UP-USDT", "1", "2"),
        sight("ticker", "DOWN-USDT", "2", "1"),
        sight("ticker", "X-USDT", "2"),
    ]
    later = [each._replace(now=each.now + 3) for each in rows]

    def prices(views: list[RowView]) -> list[tuple[str, str]]:
        lines = Layout("ticker", GLYPHS).rows(views, [], SUMS, [], None, (80, 24))[1:4]
        return [(line[1][0].strip(), line[1][1]) for line in lines]

    assert prices(rows) == [("2▲", "bold green"), ("1▼", "bold red"), ("2", "")]
    assert prices(later) == [("2", ""), ("1", ""), ("2", "")]


def test_a_stale_book_is_marked_and_pale() -> None:
    row = SymbolRow()
    row.take(OrderBook("X", 1, Ladder([(Decimal(1), Decimal(1))], falls=True), Ladder(), stale=True))
    row.look(time.monotonic())
    seen = RowView("BTC-USDT", row, ("live", "green"), time.monotonic(), 0, GLYPHS)
    line = Layout("book", GLYPHS).rows([seen], [], SUMS, [], None, (80, 24))[1]
    assert ("stale", "bold yellow") in [(text.strip(), style) for text, style in line]
    assert {style for text, style in line[1:-1]} == {"dim"}


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (ClockDifference(0.001, 0.004), r"clock right to 4 ms"),
        (
            ClockDifference(1.25, 0.004),
            r"this machine's clock is 1\.25 s ahead of the exchange's, give or take 4 ms; lag allows",
        ),
        (ClockDifference(-0.3, 0.004), r"this machine's clock is 300 ms behind the exchange's"),
        (ClockDifference(0.3, 0.4), r"clock right to 400 ms"),
    ],
)
def test_the_machine_s_clock_is_named_as_it_is(difference: ClockDifference, words: str) -> None:
    assert re.search(words, "\n".join(shot("ticker", 120, three("ticker"), difference=difference)))


def test_a_clock_that_nobody_compared_is_named_so() -> None:
    lines = Layout("ticker", GLYPHS).rows([], [], SUMS, [], None, (120, 24))
    assert ("lag by two clocks, not compared", "dim") in [cell for line in lines for cell in line]


def test_what_happened_is_clipped_and_clean() -> None:
    bad = RecentEvent(0.0, events.Complaint(1, 500, "\x1b[2J" + "x" * 300))
    for width in WIDTHS:
        [(text, _)] = Layout("ticker", GLYPHS).rows([], [], SUMS, [bad], None, (width, 24))[-1]
        assert cell_len(text) == width
        assert text.endswith("…")
        assert "\x1b" not in text
