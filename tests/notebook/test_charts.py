"""Charts without a notebook: what they keep, what they say, and what they leave behind."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
import reactivex
from reactivex.subject import Subject
from waiting import eventually, nothing_left

from rx_kucoin.messages import Candle, ClosedCandle, Level, Level1, OrderBook, Ticker
from rx_kucoin.notebook import Chart, book_chart, candle_chart, live_chart
from rx_kucoin.orderbook.levels import Ladder

D = Decimal
START = 1_700_000_000


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    with nothing_left():
        yield


def axes_of(chart: Chart) -> Any:
    return chart.figure().axes[0]


def lines(chart: Chart) -> dict[str, list[float]]:
    return {line.get_label(): list(line.get_ydata()) for line in axes_of(chart).get_lines()}


def bar(minute: int, close: int, kind: type = Candle) -> Any:
    prices = {"open": D(100), "close": D(close), "high": D(max(100, close) + 1), "low": D(min(100, close) - 1)}
    start_ns = (START + 60 * minute) * 1_000_000_000
    return kind(symbol="BTC-USDT", interval="1min", start_ns=start_ns, volume=D(2), **prices)


def book(*, stale: bool = False) -> OrderBook:
    bids = Ladder([(D(100), D(1)), (D(99), D(2)), (D(98), D(4))], falls=True)
    asks = Ladder([(D(101), D(3)), (D(102), D(5))])
    return OrderBook("BTC-USDT", 7, bids, asks, None, stale)


def test_a_stream_of_numbers_is_a_line() -> None:
    with live_chart(source := Subject[Any]()) as chart:
        for value in (1, 2.5, D("3.5")):
            source.on_next(value)
        assert lines(chart) == {"value": [1, 2.5, 3.5]}
        assert axes_of(chart).get_xlabel() == "time of receipt (UTC)"


def test_messages_stand_at_their_time_with_their_unit_and_a_line_for_each_symbol() -> None:
    with live_chart(source := Subject[Any](), y="price", by="symbol") as chart:
        for second, symbol in enumerate(("BTC-USDT", "ETH-USDT", "BTC-USDT")):
            source.on_next(Ticker(symbol=symbol, price=D(second), time_ns=(START + second) * 10**9))
        assert lines(chart) == {"BTC-USDT": [0, 2], "ETH-USDT": [1]}
        axes = axes_of(chart)
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (UTC)", "price (USDT)")
        assert list(axes.get_lines()[0].get_xdata() * 86_400) == pytest.approx([START, START + 2])


def test_several_fields_are_several_lines_and_what_is_empty_is_left_out() -> None:
    with live_chart(source := Subject[Any](), y=["bid.price", "ask.price"]) as chart:
        source.on_next(Level1("BTC-USDT", Level(D(11), D(1)), Level(D(9), D(1)), START))
        source.on_next(Level1("BTC-USDT", None, Level(D(10), D(1)), START + 1))
        assert lines(chart) == {"bid price": [9, 10], "ask price": [11]}
        assert axes_of(chart).get_ylabel() == "bid price, ask price (USDT)"


def test_functions_without_a_name_are_lines_of_their_own() -> None:
    with live_chart(source := Subject[Any](), y=[lambda it: it, lambda it: 2 * it, abs]) as chart:
        source.on_next(-3)
        assert lines(chart) == {"value 1": [-3], "value 2": [-6], "abs": [3]}


@pytest.mark.parametrize(
    ("settings", "items", "x", "label"),
    [
        ({}, [(1, 10), (2, 20)], [1, 2], "x"),
        ({}, [(datetime.fromtimestamp(86_400 * at, UTC), 10 * at) for at in (1, 2)], [1, 2], "time (UTC)"),
        ({"x": 2, "y": 1}, [("a", 10, 5), ("b", 20, 6)], [5, 6], "[2]"),
        ({"x": "at", "y": "value"}, [{"at": 3, "value": 10}, {"at": 4, "value": 20}], [3, 4], "at"),
        ({"x": lambda it: it[0], "y": lambda it: it[1]}, [(2, 20), (1, 10)], [1, 2], "x"),
    ],
    ids=["pairs", "pairs with a date", "places", "keys", "functions, in the order of x"],
)
def test_x_and_y_are_fields_places_or_functions(
    settings: dict[str, Any], items: list[Any], x: list[float], label: str
) -> None:
    with live_chart(source := Subject[Any](), **settings) as chart:
        for item in items:
            source.on_next(item)
        (line,) = axes_of(chart).get_lines()
        assert (list(line.get_xdata()), list(line.get_ydata())) == (x, [10, 20])
        assert axes_of(chart).get_xlabel() == label


def test_only_the_newest_points_are_kept_of_all_lines_together() -> None:
    with live_chart(source := Subject[Any](), y=1, x=0, by=2, points=10) as chart:
        for at in range(1_000):
            source.on_next((at, at, at % 2))
        assert len(chart._received) <= 10
        assert lines(chart) == {"0": [990, 992, 994, 996, 998], "1": [991, 993, 995, 997, 999]}
        assert "10 points" in repr(chart)


def test_a_bar_that_forms_takes_the_place_of_itself_and_the_oldest_go() -> None:
    with candle_chart(source := Subject[Any](), bars=3) as chart:
        for minute in range(5):
            source.on_next(bar(minute, 101))
            source.on_next(bar(minute, 90 + minute, ClosedCandle))
        chart.figure()
        bars = chart._series._bars  # type: ignore[attr-defined]
        assert [(at - START, row[4]) for at, row in bars.items()] == [(120, 92), (180, 93), (240, 94)]
        assert axes_of(chart).get_title(loc="left") == "BTC-USDT 1min candles"


def test_only_the_bars_that_changed_are_told() -> None:
    with candle_chart(source := Subject[Any]()) as chart:
        source.on_next(bar(0, 101))
        source.on_next(bar(1, 102))
        with chart._lock:
            chart._consume()
            assert len(chart._series.update(whole=False)[1][0]) == 12
            source.on_next(bar(1, 103))
            chart._consume()
            told, (numbers,) = chart._series.update(whole=False)
        assert (told["whole"], list(numbers)) == (False, [START + 60, 100, 104, 99, 103, 2])


def test_a_bar_that_was_removed_is_not_in_the_next_update() -> None:
    with candle_chart(source := Subject[Any](), bars=3) as chart:
        for minute in range(3):
            source.on_next(bar(minute, 101))
        with chart._lock:
            chart._consume()
            chart._series.update(whole=False)
            source.on_next(bar(0, 102))  # changes once more, and is then the oldest of four
            source.on_next(bar(3, 103))
            chart._consume()
            assert [*chart._series._bars] == [START + 60 * minute for minute in (1, 2, 3)]  # type: ignore[attr-defined]
            told, (numbers,) = chart._series.update(whole=False)
            assert (told["whole"], list(numbers[::6])) == (False, [START + 180])
            told, (numbers,) = chart._series.update(whole=True)
            assert list(numbers[::6]) == [START + 60 * minute for minute in (1, 2, 3)]


def test_a_book_is_summed_up_from_the_best_price() -> None:
    with book_chart(source := Subject[Any](), levels=2) as chart:
        source.on_next(book())
        bids, asks = axes_of(chart).get_lines()
        assert (list(bids.get_xdata()), list(bids.get_ydata())) == ([100, 100, 99], [0, 1, 3])
        assert (list(asks.get_xdata()), list(asks.get_ydata())) == ([101, 101, 102], [0, 3, 8])
        told, (first, second) = chart._series.update(whole=False)
        assert (list(first), list(second)) == ([100, 1, 99, 3], [101, 3, 102, 8])
        assert (told["best"], told["mid"], told["spread"]) == (["100", "1", "101", "3"], "100.5", "1")


def test_a_book_may_be_anybodys_with_numbers_of_any_kind() -> None:
    with book_chart(source := Subject[Any]()) as chart:
        source.on_next(SimpleNamespace(bids=[(99.5, 2), (99, 1)], asks=[]))
        assert "| live | 2 points |" in repr(chart)
        told, sides = chart._series.update(whole=True)
        assert (told["best"], told["mid"]) == (["99.5", "2", None, None], "")
        assert [list(side) for side in sides] == [[99.5, 2, 99, 3], []]


def test_a_book_that_is_stale_says_so_and_loses_its_colours() -> None:
    with book_chart(source := Subject[Any]()) as chart:
        source.on_next(book())
        assert chart.state == "waiting" or "live" in repr(chart)
        live = axes_of(chart).get_lines()[0].get_color()
        source.on_next(book(stale=True))
        axes = axes_of(chart)
        assert "| stale |" in repr(chart)
        assert "may differ" in axes.get_title(loc="right")
        assert axes.get_lines()[0].get_color() != live


def test_the_error_of_a_stream_stays_in_the_chart_after_all_that_came_before_it() -> None:
    source = reactivex.concat(reactivex.of(1, 2), reactivex.throw(OSError("no route")))
    chart = live_chart(source)
    assert eventually(lambda: chart.state == "failed")
    assert lines(chart) == {"value": [1, 2]}
    assert axes_of(chart).get_title(loc="right") == "stream ended: OSError: no route"
    assert repr(chart) == "<Chart values | failed | 2 points | no notebook | stream ended: OSError: no route>"


def test_a_stream_that_completes_leaves_a_chart_that_is_over() -> None:
    chart = live_chart(reactivex.of(1, 2))
    assert eventually(lambda: chart.state == "completed" and chart._over is not None)
    assert len(lines(chart)["value"]) == 2


@pytest.mark.parametrize(
    ("make", "item", "told"),
    [
        (
            lambda it: live_chart(it, y="prce"),
            Ticker(price=D(1)),
            "Ticker has no 'prce'; it has symbol, sequence, price",
        ),
        (live_chart, Ticker(price=D(1)), "Ticker is no number: say y=...; it has symbol"),
        (live_chart, (1, 2, 3), "a tuple of 3: say what is drawn of it"),
        (lambda it: live_chart(it, y=lambda _: 1 / 0), 1, "division by zero"),
        (candle_chart, Ticker(), "Ticker is no candle"),
        (book_chart, Ticker(), "Ticker is no book"),
        (book_chart, SimpleNamespace(bids=[("1", "2")], asks=[]), "cannot be drawn"),
        (lambda it: live_chart(it, y=5), (1, 2), "tuple has no place 5; it has 2 places"),
        (lambda it: live_chart(it, y=0), Ticker(), "Ticker has no place 0; it has symbol, sequence, price"),
    ],
    ids=["a field", "no field", "a tuple", "a function", "no candle", "no book", "words", "no place", "no places"],
)
def test_a_mistake_shows_in_the_chart_and_ends_it(make: Callable[[Any], Chart], item: Any, told: str) -> None:
    source = Subject[Any]()
    chart = make(source)
    source.on_next(item)
    assert eventually(lambda: chart._over is not None)
    assert told in repr(chart)
    assert not source.observers


def test_more_lines_than_anybody_can_read_are_refused() -> None:
    chart = live_chart(reactivex.from_iterable([(0, 1, each) for each in range(41)]), y=1, x=0, by=2)
    assert eventually(lambda: chart.state == "failed")
    assert "more than 40 lines" in repr(chart)


def test_candles_of_two_symbols_are_refused() -> None:
    with candle_chart(source := Subject[Any]()) as chart:
        source.on_next(bar(0, 101))
        source.on_next(Candle("ETH-USDT", "1min", START, D(1), D(1), D(1), D(1)))
        assert eventually(lambda: "a chart shows one symbol" in repr(chart))


def test_a_dollar_is_no_formula() -> None:
    chart = live_chart(reactivex.throw(OSError(r"$\x{")), title=r"in $ and \$", y=lambda it: it)
    assert eventually(lambda: chart.state == "failed")
    chart.figure().savefig(BytesIO())


def test_a_bar_without_a_number_is_left_out() -> None:
    with candle_chart(source := Subject[Any]()) as chart:
        for price in (D("nan"), D("inf"), None, D(1)):
            source.on_next(Candle("BTC-USDT", "1min", START, D(1), price, D(1), D(1)))
        assert "| 1 point |" in repr(chart)


def test_stopping_ends_the_subscription_and_may_be_done_twice() -> None:
    chart = live_chart(source := Subject[Any]())
    assert len(source.observers) == 1
    assert any(thread.name == "rx_kucoin charts" for thread in threading.enumerate())
    chart.stop()
    chart.stop()
    assert not source.observers
    assert chart.state == "stopped"


@pytest.mark.parametrize("settings", [{"points": 1}, {"fps": 0}, {"fps": 61}, {"height": 10}])
def test_settings_that_no_chart_can_have_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a chart has 2 points or more"):
        live_chart(reactivex.never(), **settings)


def test_hearing_a_message_costs_the_stream_next_to_nothing() -> None:
    source = Subject[Any]()
    ticker, rounds = Ticker("BTC-USDT", price=D(1), time_ns=START), 20_000

    def cost() -> float:
        begun = time.perf_counter_ns()
        for _ in range(rounds):
            source.on_next(ticker)
        return (time.perf_counter_ns() - begun) / rounds

    with source.subscribe(lambda item: None):
        bare = min(cost() for _ in range(5))
    with live_chart(source, y="price", fps=1):
        charted = min(cost() for _ in range(5))
    print(f"{charted - bare:.0f} ns a message more than a subscriber that does nothing ({bare:.0f} ns)")
    assert charted < 3 * bare


def test_importing_charts_imports_nothing_large_and_what_is_missing_is_named() -> None:
    program = """
import sys
import rx_kucoin.notebook
assert not {"anywidget", "matplotlib", "bokeh", "streamz", "IPython", "numpy"} & set(sys.modules)
sys.modules["matplotlib.dates"] = None
import reactivex
try:
    rx_kucoin.notebook.live_chart(reactivex.never()).figure()
except ImportError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip().endswith('pip install "rx-kucoin[notebook]"')
    assert said.stderr == ""
