"""Tables: the latest rows of a stream, typed and in time, and what becomes of them at its end."""

import subprocess
import sys
import threading
import time
from decimal import Decimal
from typing import Any, cast

import pandas as pd
import pytest
import reactivex as rx
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject
from tables.frames import Library, rows_of, times_of, values_of

from rx_kucoin import Level, Level1, Match, Ticker
from rx_kucoin.messages import Side
from rx_kucoin.recording.replay.clock import ReplayClock
from rx_kucoin.recording.replay.observable import Clocked
from rx_kucoin.tables import Table, to_frame, to_frames

SECOND = 1_000_000_000


def ticker(at: int, price: str = "67000.1") -> Ticker:
    return Ticker("BTC-USDT", at, Decimal(price), Decimal("0.01"), time_ns=at * SECOND)


def filled(*messages: Any, **more: Any) -> Table:
    return to_frame(rx.from_iterable(messages), **more)


@pytest.mark.parametrize("rows", [1, 3, 255, 256, 257, 600, 10_000])
def test_the_latest_rows_are_kept_and_no_more(rows: int, library: Library) -> None:
    source: Subject[Ticker] = Subject()
    table = to_frame(source, rows)
    for at in range(1, 701):
        source.on_next(ticker(at))
        if at in {1, 2, 256, 300, 512, 700}:
            kept = list(range(max(1, at - rows + 1), at + 1))
            assert values_of(table, library, "sequence") == kept
            assert (len(table), table.seen) == (len(kept), at)
    ring = table._ring
    assert sum(len(block.times) for block in ring._blocks) < rows + 256 + len(ring._pending)


def test_the_index_is_the_message_s_time_to_the_nanosecond_in_utc() -> None:
    table = filled(Ticker("BTC-USDT", time_ns=1_700_000_000_123_456_789))
    frame = table.pandas()
    assert str(frame.index.dtype) == "datetime64[ns, UTC]"
    assert frame.index.name == "time"
    assert frame.index[0] == pd.Timestamp(1_700_000_000_123_456_789, tz="UTC")
    assert frame.attrs["time"] == table.origin == "event"


@pytest.mark.ci
def test_polars_has_the_message_s_time_to_the_nanosecond_in_utc() -> None:
    pl = pytest.importorskip("polars")
    time = filled(Ticker("BTC-USDT", time_ns=1_700_000_000_123_456_789)).polars()["time"]
    assert time.dtype == pl.Datetime("ns", "UTC")
    assert time.to_physical().to_list() == [1_700_000_000_123_456_789]


def test_what_has_no_time_is_as_old_as_its_receipt_and_the_table_says_so(library: Library) -> None:
    clock, source = VirtualTimeScheduler(100.0), Subject[Any]()
    table = to_frame(source, scheduler=clock)
    source.on_next(1.5)
    assert (times_of(table, library), table.origin) == ([100 * SECOND], "receipt")
    source.on_next({"time_ns": "yesterday"})
    assert (times_of(table, library), table.origin) == ([100 * SECOND] * 2, "receipt")
    assert values_of(table, library, "time_ns") == [None, "yesterday"]
    source.on_next(ticker(1))
    assert table.origin == "mixed"
    if library == "pandas":
        assert table.pandas().attrs["time"] == "mixed"


def test_in_a_replay_what_has_no_time_is_as_old_as_its_receipt_was() -> None:
    source: Subject[Ticker] = Subject()
    replayed: Clocked[Ticker] = Clocked(source, ReplayClock(100 * SECOND), cast("Any", None))
    table = to_frame(replayed.pipe(ops.map(lambda message: message.price)))
    source.on_next(ticker(1))
    assert (table.pandas().index[0].timestamp(), table.origin) == (100, "receipt")


def test_columns_have_types_and_keep_them_when_everything_is_missing() -> None:
    full = Match("A", 1, Side.BUY, Decimal("1.5"), Decimal(2), "id", time_ns=SECOND)
    for message in (full, Match("A", time_ns=SECOND)):
        frame = filled(message).pandas()
        shown = {name: str(frame[name].dtype) for name in ("symbol", "sequence", "side", "price", "trade_id")}
        assert shown == {
            "symbol": "category",
            "sequence": "Int64",
            "side": "category",
            "price": "float64",
            "trade_id": "string",
        }
    assert filled(full).pandas().iloc[0][["side", "price", "trade_id"]].tolist() == ["buy", 1.5, "id"]
    assert filled(Match("A")).pandas()[["sequence", "side", "price", "trade_id"]].isna().all(axis=None)


@pytest.mark.ci
def test_columns_of_polars_have_types_and_keep_them_when_everything_is_missing() -> None:
    pl = pytest.importorskip("polars")
    kinds = {"symbol": pl.Categorical, "sequence": pl.Int64, "price": pl.Float64, "trade_id": pl.String}
    full = Match("A", 1, Side.BUY, Decimal("1.5"), Decimal(2), "id", time_ns=SECOND)
    for message in (full, Match("A", time_ns=SECOND)):
        frame = filled(message).polars()
        assert {name: frame[name].dtype for name in kinds} == kinds
    assert filled(Match("A")).polars()[["sequence", "side", "price", "trade_id"]].null_count().row(0) == (1, 1, 1, 1)


def test_exact_prices_stay_what_the_exchange_sent(library: Library) -> None:
    table = filled(ticker(1, "67000.10"), Ticker("B"), exact=True)
    prices = values_of(table, library, "price")
    assert prices == [Decimal("67000.10"), None]
    assert str(prices[0]) == "67000.10"


def test_rows_of_several_types_share_a_table(library: Library) -> None:
    rows: list[Any] = [ticker(1), Level1("ETH-USDT", Level(Decimal(3), Decimal(4)), None, SECOND), 7, {"price": 5}]
    found = rows_of(filled(*rows * 200), library)
    assert len(found) == 800
    assert [row["symbol"] for row in found[-4:-2]] == ["BTC-USDT", "ETH-USDT"]
    assert [row["price"] for row in found[-4::3]] == [67000.1, 5.0]
    assert [row["ask_price"] is not None for row in found[-4:]] == [False, True, False, False]
    assert found[-2]["value"] == 7


def test_a_column_of_anything_is_one_of_objects() -> None:
    values: list[Any] = [1, "a", 2**70, None]
    assert filled(*values).pandas()["value"].tolist() == values
    big = filled(*([1] * 300), 2**70).pandas()["value"]
    assert big.tolist()[-2:] == [1, 2**70]


@pytest.mark.parametrize(
    ("end", "state"), [("on_completed", "completed"), ("on_error", "failed"), ("dispose", "disposed"), ("", "live")]
)
def test_it_says_how_things_stand_and_keeps_its_rows(end: str, state: str) -> None:
    source, error = Subject[Ticker](), KeyError("<b>gone</b>")
    table = to_frame(source, 50)
    source.on_next(ticker(1))
    if end == "dispose":
        table.dispose()
    elif end:
        getattr(source, end)(*[error][: end == "on_error"])
    assert (table.state, table.error, table.wait(0)) == (state, error if state == "failed" else None, state != "live")
    assert repr(table).startswith(f"<Table 1 of 50 rows | 1 seen | {state}")
    assert ("gone" in repr(table)) == (state == "failed")
    html = table._repr_html_()
    assert "67000.1" in html
    assert state in html
    assert "<b>" not in html
    assert len(table.pandas()) == 1
    assert bool(source.observers) == (state == "live")


def test_its_block_lets_go_of_the_stream() -> None:
    source: Subject[Ticker] = Subject()
    with to_frame(source) as table:
        source.on_next(ticker(1))
        assert source.observers
    assert not source.observers
    assert (len(table), table.state) == (1, "disposed")


def test_before_anything_came_it_is_an_empty_frame_with_the_columns_that_one_asked_for() -> None:
    assert filled().pandas().shape == (0, 0)
    assert [*filled(fields=["mid", "time"]).pandas().columns] == ["mid", "time_"]


@pytest.mark.ci
def test_before_anything_came_a_frame_of_polars_has_its_time_and_the_columns_that_one_asked_for() -> None:
    pytest.importorskip("polars")
    assert filled().polars().shape == (0, 1)
    assert filled(fields=["mid", "time"]).polars().columns == ["time", "mid", "time_"]


@pytest.mark.parametrize("times", ["x", 1.5, 2**63])
def test_what_is_no_time_ends_it_with_an_error(times: Any) -> None:
    source: Subject[Ticker] = Subject()
    table = to_frame(source, time=lambda _: times)
    source.on_next(ticker(1))
    assert (table.state, len(table.pandas()), source.observers) == ("failed", 0, [])
    named = filled({"ts": times}, time="ts")
    assert isinstance(named.error, TypeError | ValueError)
    assert "nanoseconds" in str(named.error)


def test_it_is_read_while_it_is_written_and_rows_are_whole(library: Library) -> None:
    source: Subject[Any] = Subject()
    table = to_frame(source, 1_000)
    stop = threading.Event()

    def columns(frame: Any) -> tuple[list[int], list[int], list[int]]:
        if library == "polars":
            return frame["time"].to_physical().to_list(), frame["one"].to_list(), frame["two"].to_list()
        if frame.empty:
            return [], [], []
        return frame.index.as_unit("ns").asi8.tolist(), frame["one"].tolist(), frame["two"].tolist()

    def write() -> None:
        at = 0
        while not stop.is_set():
            at += 1
            source.on_next({"time_ns": at, "one": at, "two": -at})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while table.seen < 5_000:
            times, one, two = columns(getattr(table, library)())
            assert one == list(range(one[0], one[0] + len(one))) if one else True
            assert two == [-each for each in one]
            assert times == one
    finally:
        stop.set()
        writer.join()
    assert len(table) == 1_000


def test_frames_come_at_most_so_often_and_the_last_one_always() -> None:
    clock, source, frames = VirtualTimeScheduler(0.0), Subject[Ticker](), []
    source.pipe(to_frames(rows=3, every=1.0, scheduler=clock)).subscribe(
        lambda frame: frames.append((clock.to_seconds(clock.clock), frame["sequence"].tolist()))
    )
    for tenth in range(25):
        clock.advance_to(tenth / 10)
        source.on_next(ticker(tenth))
    source.on_completed()
    assert frames == [(0, [0]), (1.0, [7, 8, 9]), (2.0, [17, 18, 19]), (2.4, [22, 23, 24])]


def test_each_subscription_to_frames_has_rows_of_its_own(library: Library) -> None:
    frames = rx.of(ticker(1), ticker(2)).pipe(to_frames(library=library))
    assert len(frames.run()) == len(frames.run()) == 2


def test_a_mistake_ends_the_stream_of_frames() -> None:
    errors: list[Exception] = []
    rx.of(ticker(1)).pipe(to_frames(fields=["prise"])).subscribe(on_error=errors.append)
    assert "Ticker has no 'prise'; its columns are symbol" in str(errors[0])


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"rows": 2.5}, {"levels": -1}, {"fields": []}, {"fields": "price"}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        to_frame(rx.never(), **wrong)
    with pytest.raises(ValueError, match="must be"):
        to_frames(**wrong)
    with pytest.raises(ValueError, match="frames are made by"):
        to_frames(library="excel")  # type: ignore[arg-type]


def test_a_number_of_rows_may_be_written_in_any_way() -> None:
    assert len(filled(*range(300), rows=1e2).pandas()) == 100


WITHOUT_PANDAS = """
import sys
assert not {"pandas", "polars", "numpy"} & {*sys.modules}
import reactivex as rx
from rx_kucoin.tables import to_frame, to_frames
assert not {"pandas", "polars", "numpy"} & {*sys.modules}
sys.modules["pandas"] = sys.modules["numpy"] = None
table = to_frame(rx.of(1, 2, None))
"""


def test_without_pandas_there_is_an_error_that_says_what_to_install() -> None:
    program = """
for ask in (table.pandas, to_frames):
    try:
        ask()
    except ImportError as error:
        print(error)
sys.modules["polars"] = None
print("rx-kucoin[tables]" in table._repr_html_())
"""
    ran = subprocess.run([sys.executable, "-c", WITHOUT_PANDAS + program], capture_output=True, text=True, check=True)
    line = 'frames need pandas: pip install "rx-kucoin[tables]"\n'
    assert ran.stdout == f"{line}{line}True\n"


@pytest.mark.ci
def test_polars_needs_no_numpy() -> None:
    pytest.importorskip("polars")
    program = 'print(table.polars()["value"].to_list(), "<table" in table._repr_html_())'
    ran = subprocess.run([sys.executable, "-c", WITHOUT_PANDAS + program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[1, 2, None] True\n"


def test_a_message_costs_little_and_a_frame_of_100_000_rows_is_made_in_an_instant(library: Library) -> None:
    rows = 100_000
    messages = [ticker(at) for at in range(rows)]
    source: Subject[Ticker] = Subject()
    table = to_frame(source, rows)

    def seconds(work: Any) -> float:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin

    filling = seconds(lambda: [source.on_next(message) for message in messages])
    make = getattr(table, library)
    make()  # the first time, the library is loaded
    making = min(seconds(make) for _ in range(3))
    print(f"a Ticker: {filling / rows * 1e9:,.0f} ns")
    print(f"a frame of 100,000 rows: {making * 1e3:.0f} ms with {library}")
    assert making < filling
