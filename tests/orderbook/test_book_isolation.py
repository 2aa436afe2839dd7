"""Books beside others: who is slow, who raises, who closes, who comes with a key later, and who has no market."""

from threading import Event
from typing import Any

import pytest
from book_market import Books
from reactivex.subject import BehaviorSubject
from waiting import eventually, nothing_left

from rx_kucoin import KuCoin, OrderBook, UnknownSymbol, events
from rx_kucoin.errors import RestUnavailable
from rx_kucoin.operators.internal.timers import after
from rx_kucoin.simulator import Simulator

SPOT = "BTC-USDT"


def live(symbol: str = SPOT, **settings: Any) -> tuple[Books, Any]:
    books = Books(symbol, **settings)
    seen = books.book(symbol)
    books.pass_time(1)
    books.move(symbol)
    books.pass_time(0.5)
    assert seen.is_right()
    return books, seen


def test_a_snapshot_that_is_wanted_while_all_is_closed_is_no_failure() -> None:
    books, seen = live()
    books.refusal = lambda: RestUnavailable("GET: HTTP 503", 503)
    books.move(SPOT, lost=True)
    books.move(SPOT)
    books.pass_time(0.11)
    books.kucoin._engine.context.open_streams.shut()
    books.pass_time(60)  # the next snapshot is asked for while all is being closed
    assert not seen.errors
    books.kucoin.close()
    assert seen.is_over
    assert not seen.errors


def test_who_raises_at_a_book_of_now_and_then_is_ended_alone_and_told_of() -> None:
    books, seen = live()
    errors: list[Exception] = []
    calls: list[OrderBook] = []

    def fail(book: OrderBook) -> None:
        calls.append(book)
        if len(calls) > 1:
            raise ArithmeticError("a subscriber raised")

    books.kucoin.book(SPOT, every=1.0).subscribe(fail, errors.append)
    for _ in range(20):
        books.move(SPOT)
        books.pass_time(0.5)
    assert len(calls) == 2
    assert [type(error) for error in errors] == [ArithmeticError]
    assert [told.error for told in books.told_of(events.SubscriberFailed)] == errors
    assert seen.is_right()


@pytest.mark.socket
def test_who_is_slow_with_a_book_of_now_and_then_does_not_hold_the_clock_up() -> None:
    with nothing_left(), Simulator(seed=3, rate=200) as exchange, KuCoin(rest_url=exchange.rest_url) as kucoin:
        entered, left, rang = Event(), Event(), Event()
        calls: list[OrderBook] = []

        def dawdle(book: OrderBook) -> None:
            calls.append(book)
            if len(calls) == 2:
                entered.set()
                left.wait(20)

        kucoin.book(SPOT, every=0.05).subscribe(dawdle)
        assert entered.wait(10)
        after(kucoin._engine.clock, 0, rang.set)
        try:
            assert rang.wait(5)
        finally:
            left.set()


def test_a_key_that_comes_later_brings_the_whole_book(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(SPOT, key=False)
    best = books.kucoin.book(SPOT)
    assert books.kucoin.book(SPOT, 100) is best
    for name in ("KUCOIN_API_KEY", "KUCOIN_API_SECRET", "KUCOIN_API_PASSPHRASE"):
        monkeypatch.setenv(name, "x")
    assert books.kucoin.book(SPOT, 100) is best
    shown: list[OrderBook] = []
    books.kucoin.book(SPOT).subscribe(shown.append)
    books.pass_time(5)
    books.move(SPOT)
    books.pass_time(1)
    assert [book.depth for book in shown[-1:]] == [None]


@pytest.mark.socket
@pytest.mark.parametrize(
    ("market", "known", "unknown"), [("spot", SPOT, "NOPE-USDT"), ("futures", "XBTUSDTM", "NOPEM")]
)
def test_a_symbol_without_a_market_is_unknown_and_those_beside_it_go_on(market: str, known: str, unknown: str) -> None:
    with nothing_left(), Simulator(seed=3, rate=200) as exchange:
        urls = {"rest_url": exchange.rest_url, "futures_rest_url": exchange.futures_rest_url}
        with KuCoin(**urls, silent_after=None) as kucoin:  # type: ignore[arg-type]
            streams: Any = kucoin if market == "spot" else kucoin.futures
            errors: list[Exception] = []
            ended: list[Exception] = []
            shown: list[OrderBook] = []
            streams.book(unknown).subscribe(print, errors.append)
            BehaviorSubject({known, unknown}).pipe(streams.follow("book")).subscribe(shown.append, ended.append)
            assert eventually(lambda: errors)
            (error,) = errors
            assert isinstance(error, UnknownSymbol)
            assert error.symbol == unknown
            count = len(shown)
            assert eventually(lambda: len(shown) > count + 10)
            assert not ended


def test_no_more_changes_wait_for_a_snapshot_than_memory_allows() -> None:
    books = Books(SPOT, levels=2, max_calibrations=None)
    books.refusal = lambda: RestUnavailable("GET: HTTP 503", 503)
    seen = books.book(SPOT)
    books.pass_time(1)
    books.move(SPOT, 10_600)
    books.refusal, books.age = lambda: None, lambda: 10_300
    books.pass_time(60)
    assert not seen.books
    books.age = lambda: 9_000
    books.pass_time(60)
    assert seen.is_right()
