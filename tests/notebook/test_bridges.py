"""Streams that are drawn by others: a function, bokeh, streamz."""

import asyncio
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import reactivex
from reactivex import operators as ops
from reactivex.subject import Subject
from waiting import eventually, nothing_left

from rx_kucoin.messages import Ticker
from rx_kucoin.notebook import to_bokeh, to_callback, to_streamz


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    with nothing_left():
        yield


def test_a_function_is_given_everything_in_order_on_the_thread_of_the_charts() -> None:
    calls: list[tuple[str, list[int]]] = []
    reactivex.range(0, 1_000).pipe(
        to_callback(lambda batch: calls.append((threading.current_thread().name, batch)), fps=100)
    ).run()
    assert [each for _, batch in calls for each in batch] == list(range(1_000))
    assert {name for name, _ in calls} == {"rx_kucoin charts"}


def test_a_function_that_is_slow_finds_the_newest_when_it_is_done() -> None:
    source, drawing, seen = Subject[int](), threading.Event(), list[list[int]]()

    def draw(batch: list[int]) -> None:
        seen.append(batch)
        assert drawing.wait(10)

    with source.pipe(to_callback(draw, fps=50, points=5)).subscribe():
        source.on_next(-1)
        assert eventually(lambda: seen)
        for each in range(100):
            source.on_next(each)
        drawing.set()
        assert eventually(lambda: len(seen) == 2)
    assert seen == [[-1], [95, 96, 97, 98, 99]]


def test_calls_come_no_faster_than_asked_for_and_none_without_news() -> None:
    source, when = Subject[int](), list[float]()
    with source.pipe(to_callback(lambda _: when.append(time.monotonic()), fps=20)).subscribe():
        begun = time.monotonic()
        while time.monotonic() < begun + 0.5:
            source.on_next(1)
        assert eventually(lambda: len(when) >= 5)
        assert len(when) <= 12
        settled = len(when)
        assert not eventually(lambda: len(when) > settled + 1, within=0.3)


def test_a_function_that_raises_ends_its_stream_and_no_other() -> None:
    source, errors, seen = Subject[int](), list[Exception](), list[int]()
    source.pipe(to_callback(lambda _: 1 / 0, fps=50)).subscribe(on_error=errors.append)
    with source.pipe(to_callback(seen.extend, fps=50)).subscribe():
        source.on_next(1)
        assert eventually(lambda: errors and seen == [1])
        assert len(source.observers) == 1
    assert isinstance(errors[0], ZeroDivisionError)


def test_who_raises_where_nobody_takes_the_error_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    source, seen = Subject[int](), list[int]()
    source.pipe(to_callback(lambda _: 1 / 0, fps=50)).subscribe()
    source.pipe(to_callback(lambda _: None, fps=50)).subscribe(lambda _: 1 / 0)
    with source.pipe(to_callback(seen.extend, fps=50)).subscribe():
        source.on_next(1)
        assert eventually(lambda: len(source.observers) == 1)
        source.on_next(2)
        assert eventually(lambda: seen == [1, 2])
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


def test_an_error_of_the_stream_comes_after_what_came_before_it() -> None:
    seen: list[int] = []
    source = reactivex.concat(reactivex.of(1, 2), reactivex.throw(OSError("gone")))
    with pytest.raises(OSError, match="gone"):
        source.pipe(to_callback(seen.extend)).run()
    assert seen == [1, 2]


@pytest.mark.ci
def test_bokeh_is_given_what_is_new_and_keeps_so_many_rows() -> None:
    models = pytest.importorskip("bokeh.models")
    source = models.ColumnDataSource({"time_ns": [], "price": [], "double": []})
    prices = [Ticker("BTC-USDT", price=Decimal(each), time_ns=each) for each in range(100)]
    columns = {"time_ns": "time_ns", "price": "price", "double": lambda ticker: 2 * ticker.price}
    reactivex.from_iterable(prices).pipe(to_bokeh(source, columns, rollover=10)).run()
    assert list(source.data["price"]) == list(range(90, 100))
    assert list(source.data["double"]) == list(range(180, 200, 2))


@pytest.mark.ci
def test_bokeh_of_a_document_is_told_in_its_ticks_one_at_a_time() -> None:
    models, document = pytest.importorskip("bokeh.models"), pytest.importorskip("bokeh.document").Document()
    source, stream = models.ColumnDataSource({"price": []}), Subject[Any]()
    document.add_root(models.plots.Plot(renderers=[models.GlyphRenderer(data_source=source, glyph=models.Line())]))

    def ticks() -> list[Any]:
        return list(document.session_callbacks)

    with stream.pipe(to_bokeh(source, fps=100)).subscribe():
        stream.on_next(Ticker(price=Decimal(1)))
        assert eventually(ticks)
        stream.on_next(Ticker(price=Decimal(2)))
        stream.on_next(Ticker(price=Decimal(3)))
        assert not eventually(lambda: len(ticks()) > 1, within=0.1)
        assert list(source.data["price"]) == []
        ticks()[0].callback()
        assert list(source.data["price"]) == [1]
        assert eventually(lambda: len(ticks()) == 1)
        ticks()[0].callback()
    assert list(source.data["price"]) == [1, 2, 3]


@pytest.mark.ci
def test_bokeh_whose_session_has_ended_is_given_no_more() -> None:
    models, document = pytest.importorskip("bokeh.models"), pytest.importorskip("bokeh.document").Document()
    source, stream, over = models.ColumnDataSource({"price": []}), Subject[Any](), threading.Event()
    stream.pipe(to_bokeh(source, fps=100)).subscribe(on_completed=over.set)
    document.add_root(models.plots.Plot(renderers=[models.GlyphRenderer(data_source=source, glyph=models.Line())]))
    stream.on_next(Ticker(price=Decimal(1)))
    assert eventually(lambda: document.session_callbacks)
    for destroyed in document.session_destroyed_callbacks:  # as a server does
        destroyed(document.session_context)
    assert over.wait(5)
    assert not stream.observers


@pytest.mark.ci
def test_streamz_without_a_loop_is_given_everything() -> None:
    stream = pytest.importorskip("streamz").Stream()
    seen = stream.map(lambda each: each * 2).sink_to_list()
    reactivex.range(0, 100).pipe(to_streamz(stream)).run()
    assert seen == list(range(0, 200, 2))


@pytest.mark.ci
def test_streamz_is_given_everything_on_its_loop_and_holds_the_source_back() -> None:
    streamz = pytest.importorskip("streamz")

    async def run() -> tuple[list[int], set[str]]:
        stream = streamz.Stream(asynchronous=True)
        seen: list[int] = []
        threads: set[str] = set()
        stream.rate_limit(0.001).sink(lambda each: (seen.append(each), threads.add(threading.current_thread().name)))
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        source = reactivex.range(0, 50).pipe(to_streamz(stream), ops.flat_map(reactivex.from_iterable))
        subscription = source.subscribe(on_completed=lambda: loop.call_soon_threadsafe(over.set))
        async with asyncio.timeout(10):
            await over.wait()
        subscription.dispose()
        return seen, threads

    seen, threads = asyncio.run(run())
    assert seen == list(range(50))
    assert threads == {threading.main_thread().name}


@pytest.mark.parametrize("make", [lambda: to_callback(print, 0), lambda: to_callback(print, points=0)])
def test_settings_that_nothing_can_have_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="above 0"):
        make()
