"""Which columns a message has: those that one expects, for every type there is."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import pytest
import reactivex as rx
from tables.frames import Library, rows_of, times_of

from rx_kucoin import Change, Depth, Level, Level1, Level2Change, Match, OrderBook, Push, Snapshot, events, messages
from rx_kucoin.messages import Ladder, Message
from rx_kucoin.operators import Bar
from rx_kucoin.protocol.messages.spot import MarketChange
from rx_kucoin.tables import to_frame, to_frames

Row = Callable[..., dict[str, Any]]

ONE, TWO = Level(Decimal(10), Decimal(1)), Level(Decimal(9), Decimal(2))
KINDS = [kind for _, kind in inspect.getmembers(messages, inspect.isclass) if issubclass(kind, Message)]


@dataclass
class Timed:
    price: int
    time_ns: int
    inner: Level = ONE


@pytest.fixture
def row(library: Library) -> Row:
    """The only row, without what is missing."""

    def read(message: Any, **more: Any) -> dict[str, Any]:
        table = to_frame(rx.of(message), **more)
        assert table.error is None, table.error
        [found] = rows_of(table, library)
        return {name: value for name, value in found.items() if value is not None}

    return read


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_type_of_message_has_a_column_for_each_of_its_fields(kind: type[Message]) -> None:
    frame = to_frame(rx.of(kind("X"))).pandas()
    assert len(frame) == 1
    for field in kind.__struct_fields__:
        short = field.removesuffix("_ns")
        told = any(name == short or name.startswith(f"{short}_") for name in frame.columns)
        if not issubclass(kind, OrderBook):
            assert told or field in {"extra", "time_ns"} or (kind.__name__, field) == ("ClosedCandle", "start_ns"), (
                field
            )


def test_what_is_nested_has_names_of_several_words(row: Row) -> None:
    assert row(Level1("X", ask=ONE)) == {"symbol": "X", "ask_price": 10, "ask_size": 1}
    snapshot = Snapshot("X", market_change1h=MarketChange(high=Decimal(3)))
    assert row(snapshot)["market_change1h_high"] == 3


@pytest.mark.parametrize(("levels", "columns"), [(None, 5), (1, 1), (50, 50)])
def test_as_many_levels_are_shown_as_one_asks_for(levels: int | None, columns: int, row: Row) -> None:
    frame = to_frame(rx.of(Depth("X", asks=(ONE,), bids=(TWO, TWO))), levels=levels).pandas()
    assert sum(name.startswith("bids_") for name in frame.columns) == 2 * columns
    assert (frame["asks_0_price"].iloc[0], frame["bids_0_size"].iloc[0]) == (10, 2)
    changes = row(Level2Change("X", 1, 2, asks=(Change(Decimal(1), Decimal(2), 3),)), levels=levels)
    assert (changes["asks_0_size"], changes["asks_0_sequence"], changes["sequence_end"]) == (2, 3, 2)


BOOK = OrderBook("X", 7, Ladder([TWO], falls=True), Ladder([ONE]), 5, True)


def test_a_book_shows_its_best_levels_and_what_follows_from_them(row: Row) -> None:
    best = {"best_bid_price": 9, "best_bid_size": 2, "best_ask_price": 10, "best_ask_size": 1}
    whole = {"symbol": "X", "sequence": 7, **best, "mid": 9.5, "spread": 1, "stale": True}
    assert row(BOOK) == whole
    assert row(OrderBook("X")) == {"symbol": "X", "stale": False}
    deep = {"bids_0_price": 9, "bids_0_size": 2, "asks_0_price": 10, "asks_0_size": 1}
    assert row(BOOK, levels=2) == whole | deep


def test_one_chooses_columns_by_name_by_path_and_by_function(row: Row) -> None:
    assert row(BOOK, fields=["mid", "microprice", "best_bid.price"]).keys() == {"mid", "microprice", "best_bid_price"}
    made = {"px": "price", "value": lambda match: match.price * match.size}
    assert row(Match("X", price=Decimal(3), size=Decimal(2)), fields=made) == {"px": 3, "value": 6}
    assert row(Level1("X", ONE, TWO), fields=["bid_price", "ask_price"]) == {"bid_price": 9, "ask_price": 10}
    assert row({"a": {"b": 1}, "c": 2}, fields=["a_b", "d"]) == {"a_b": 1}
    assert row({"a": {"b": 1}}, fields=["a.b"]) == {"a_b": 1}
    assert row((1, 2), fields=["bid", "ask"]) == {"bid": 1, "ask": 2}
    assert row(Decimal("1.5"), fields=["price"]) == {"price": 1.5}


def test_one_says_what_the_time_is() -> None:
    for time in ("start_ns", lambda bar: bar.start_ns):
        frame = to_frame(rx.of(messages.Candle("X", "1min", start_ns=5, time_ns=9)), time=time).pandas()
        assert frame.index[0].value == 5
    assert to_frame(rx.of({"ts": 8, "a": 1}), time="ts").pandas().index[0].value == 8


@pytest.mark.parametrize("message", [Timed(3, 5_000), {"price": 3, "time_ns": 5_000}])
def test_the_time_may_be_a_column_too(message: Any, library: Library) -> None:
    table = to_frame(rx.of(message), fields=["time_ns", "price"])
    [seen] = rows_of(table, library)
    assert (seen["time_ns"], seen["price"]) == (datetime(1970, 1, 1, microsecond=5, tzinfo=UTC), 3)
    assert times_of(table, library) == [5_000]
    assert rows_of(to_frame(rx.of(message), fields={"time": "price"}), library) == [{"time_": 3}]


@dataclass
class Outer:
    timed: Timed


def test_a_path_leads_into_a_type_without_defaults(row: Row) -> None:
    assert row(Outer(Timed(3, 5)), fields=["timed.price", "timed.inner.size"]) == {
        "timed_price": 3,
        "timed_inner_size": 1,
    }


def test_a_bar_that_is_over_was_when_it_began(row: Row) -> None:
    closed = messages.ClosedCandle("X", "1min", start_ns=5, time_ns=9)
    frame = to_frame(rx.of(closed)).pandas()
    assert (frame.index[0].value, frame["time_ns"].iloc[0].value) == (5, 9)
    bar = Bar(5, 1.0, 2.0, 1.0, 2.0, 3.0, 1.5, 4)
    assert to_frame(rx.of(bar)).pandas().index[0].value == 5
    assert row(bar) == {"open": 1, "high": 2, "low": 1, "close": 2, "volume": 3, "vwap": 1.5, "count": 4}


def test_a_push_shows_its_payload_and_where_it_belongs(row: Row) -> None:
    push = Push("/market/ticker:X", "message", "trade.ticker", {"price": "1.5", "time": 3, "sequence": "7"})
    assert row(push) == {
        "topic": "/market/ticker:X",
        "subject": "trade.ticker",
        "symbol": "X",
        "sequence": "7",
        "price": "1.5",
        "time_": 3,
    }
    assert row(Push("/a:X", "message", "", [1]))["data"] == [1]


class Named(NamedTuple):
    price: Decimal
    inner: "Named | None" = None


@dataclass
class Sized:
    size: float
    time_ns: int


class Own(NamedTuple):
    extra: str
    start: int
    start_ns: int
    time_ns: int


class Loose(msgspec.Struct):
    anything: Any


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Sized(2.5, 8), {"size": 2.5}),
        (Loose("a"), {"anything": "a"}),
        ({"a": 1, "b": {"c": Decimal("2.5"), "d": {"e": "x"}}}, {"a": 1, "b_c": 2.5, "b_d_e": "x"}),
        (
            Own("a", 1, 2_000, 3),
            {"extra": "a", "start": 1, "start_": datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=2)},
        ),
        ({"time": 1, "time_": 2}, {"time_": 1, "time__": 2}),
        (events.LineUp(3, "here"), {"event": "LineUp", "line": 3, "host": "here"}),
        (messages.Unknown("X", {"new": 1}), {"symbol": "X", "subject": "", "extra": {"new": 1}}),
        ((1, "x"), {"value_0": 1, "value_1": "x"}),
        ([1.5], {"value_0": 1.5}),
        (3, {"value": 3}),
        (True, {"value": True}),
        ("word", {"value": "word"}),
        (None, {}),
    ],
)
def test_anything_else_has_columns_too(value: Any, expected: dict[str, Any], row: Row) -> None:
    assert row(value) == expected


def moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, microsecond=microseconds, tzinfo=UTC)


PAIR = (Match("X", price=Decimal(3), size=Decimal(2)), Level1("Y", ask=ONE, bid=TWO))


def test_a_tuple_of_messages_has_the_columns_of_each(row: Row) -> None:
    found = row(PAIR)
    assert (found["value_0_symbol"], found["value_0_price"], found["value_0_size"]) == ("X", 3, 2)
    assert (found["value_1_symbol"], found["value_1_ask_price"], found["value_1_bid_size"]) == ("Y", 10, 2)
    bar = row((messages.ClosedCandle("X", "1min", start_ns=5_000, time_ns=9_000), 1))
    assert (bar["value_0_start"], bar["value_0_time"], bar["value_1"]) == (moment(5), moment(9), 1)
    assert row(((1, "x"), {"a": {"b": 2}}, [3, [4]])) == {
        "value_0_0": 1,
        "value_0_1": "x",
        "value_1_a_b": 2,
        "value_2_0": 3,
        "value_2_1_0": 4,
    }


def test_a_path_begins_with_a_place_of_a_tuple(row: Row) -> None:
    assert row(PAIR, fields={"ask": "1.ask.price", "px": "0.price"}) == {"ask": 10, "px": 3}
    assert row(PAIR, fields=["0.price", "1.bid.size"]) == {"0_price": 3, "1_bid_size": 2}
    assert row((1, 2), fields={"second": "1", "first": "0"}) == {"second": 2, "first": 1}
    assert row(({"a": [5, 6]},), fields={"six": "0.a.1"}) == {"six": 6}
    assert row((Level1("X"), 1), fields={"ask": "0.ask.price", "one": "1"}) == {"one": 1}
    both = {"px": "0.price", "sum": lambda pair: pair[0].price + pair[1].ask.price}
    assert row(PAIR, fields=both) == {"px": 3, "sum": 13}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"x": "2.price"}, "'2.price' leads nowhere in 2 items: there is no '2'"),
        ({"x": "0.prize"}, "'0.prize' leads nowhere in 2 items: there is no 'prize'"),
        ({"x": "0.price", "y": "bid"}, "'bid' leads nowhere in 2 items: there is no 'bid'"),
        ({"x": "btc.price"}, "a path in a tuple begins with a place, as '0.price' does, not 'btc.price'"),
    ],
)
def test_a_path_that_leads_nowhere_in_a_tuple_is_an_error(fields: dict[str, str], told: str) -> None:
    table = to_frame(rx.of(PAIR), fields=fields)
    assert isinstance(table.error, ValueError)
    assert str(table.error) == told
    errors: list[Exception] = []
    rx.of(PAIR).pipe(to_frames(fields=fields)).subscribe(on_error=errors.append)
    assert [str(error) for error in errors] == [told]


def test_dicts_that_grow_have_columns_that_begin_later() -> None:
    frame = to_frame(rx.of(*[{"a": 1}] * 300, {"a": 2, "b": 3})).pandas()
    assert frame["b"].isna().sum() == 300
    assert frame.iloc[-1].tolist() == [2, 3]
