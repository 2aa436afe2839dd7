import time
from decimal import Decimal

import pytest

from rx_kucoin.simulator import Simulator
from tests.simulator.ledgers import FULL, FUTURES, MARKETS, SPOT, TOPICS, changes, fetch, follow, rows, span, standing
from tests.simulator.raw import dialled, token

pytestmark = pytest.mark.socket

BOTH = pytest.mark.parametrize("symbol", [SPOT, FUTURES])


@BOTH
def test_a_book_can_be_looked_at_and_is_what_rest_hands_out(symbol: str) -> None:
    with Simulator(rate=0) as exchange:
        exchange.move(symbol, 50)
        book = exchange.book(symbol)
        assert book == standing(fetch(exchange, symbol))
        assert (len(book.bids), len(book.asks)) > (60, 60)
        assert book.bids[0][0] < book.asks[0][0]
        assert exchange.book(symbol, "spot" if symbol == SPOT else "futures") == book
        assert hash(book) == hash(exchange.book(symbol))


def test_a_symbol_that_is_not_listed_has_no_book() -> None:
    with Simulator(rate=0) as exchange:
        for market in (None, "spot", "futures"):
            with pytest.raises(ValueError, match="NO-SUCH"):
                exchange.book("NO-SUCH", market)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=FUTURES):
            exchange.book(FUTURES, "spot")


@BOTH
def test_each_move_is_told_and_leads_to_the_book_as_it_stands(symbol: str) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, MARKETS[symbol]) as caller:
        caller.subscribe(TOPICS[symbol])
        start = exchange.book(symbol)
        last = exchange.move(symbol, 1_200)
        told = changes(caller)
        assert len(told) == 1_200
        assert follow(start, told) == exchange.book(symbol)
        assert exchange.book(symbol).sequence == last


@BOTH
def test_numbers_without_rows_and_rows_without_a_price_are_on_spot_alone(symbol: str) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, MARKETS[symbol]) as caller:
        caller.subscribe(TOPICS[symbol])
        exchange.move(symbol, 1_000)
        told = changes(caller)
        numbers = sum(span(change)[1] - span(change)[0] + 1 for change in told)
        all_rows = [row for change in told for row in rows(change)]
        hidden, missing = sum(not row[2] for row in all_rows) / numbers, 1 - len(all_rows) / numbers
        if symbol == SPOT:
            assert 0.03 < hidden < 0.1
            assert 0.03 < missing < 0.1
        else:
            assert (hidden, missing, numbers) == (0, 0, 1_000)


@BOTH
def test_changes_of_one_s_own_are_told_as_they_are_written_and_stand_in_the_book(symbol: str) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, MARKETS[symbol]) as caller:
        caller.subscribe(TOPICS[symbol])
        start = exchange.book(symbol)
        size = "3"
        last = exchange.change(symbol, ("bids", "80000.00", size), ("asks", "90000.50", size), ("bids", "80000", "0"))
        told = changes(caller)
        assert last == start.sequence + 3
        assert len(told) == (1 if symbol == SPOT else 3)
        written = str(told)
        assert all(price in written for price in ("80000.00", "90000.50"))
        book = exchange.book(symbol)
        assert follow(start, told) == book == standing(fetch(exchange, symbol))
        assert (Decimal("90000.5"), Decimal(3)) in book.asks
        assert Decimal(80000) not in dict(book.bids)


def test_a_range_of_one_s_own_may_have_hidden_rows_and_numbers_without_any_in_no_order() -> None:
    with Simulator(rate=0, seed=3) as exchange, dialled(exchange) as caller:
        caller.subscribe(TOPICS[SPOT])
        start = exchange.book(SPOT)
        many = [("bids", "80000", str(size)) for size in range(1, 10)]
        exchange.change(SPOT, ("bids", "0", "0"), *many, skip=4, shuffle=True)  # type: ignore[arg-type]
        (told,) = changes(caller)
        assert span(told) == (start.sequence + 1, start.sequence + 14)
        numbers = [row[0] for row in rows(told)]
        assert sorted(numbers) == list(range(start.sequence + 1, start.sequence + 11)) != numbers
        assert dict(exchange.book(SPOT).bids)[Decimal(80000)] == 9
        assert follow(start, [told]) == exchange.book(SPOT)


@pytest.mark.parametrize("change", [("bids", "80000.01", "1"), ("asks", "90000", "-1"), ("asks", "90000", "1e-9")])
def test_a_change_off_the_grid_is_refused(change: tuple[str, str, str]) -> None:
    with Simulator(rate=0) as exchange:
        before = exchange.book(SPOT)
        with pytest.raises(ValueError, match="smallest unit"):
            exchange.change(SPOT, change)  # type: ignore[arg-type]
        assert exchange.book(SPOT) == before


def test_books_are_as_deep_as_one_likes_and_a_futures_snapshot_has_its_limit() -> None:
    with Simulator(rate=0, book_levels=3_000) as exchange:
        exchange.move(SPOT, 300)
        book = standing(fetch(exchange, SPOT))
        assert min(len(book.bids), len(book.asks)) > 2_800
        assert book == exchange.book(SPOT)
        cut = standing(fetch(exchange, FUTURES))
        whole = exchange.book(FUTURES)
        assert (len(whole.bids), len(cut.bids), len(cut.asks)) == (3_000, 1_000, 1_000)
        assert whole.bids[:1_000] == cut.bids
    with Simulator(rate=0, book_levels=5, futures_book_levels=3) as exchange:
        assert len(exchange.book(SPOT).bids) == 5
        assert len(standing(fetch(exchange, FUTURES)).asks) == 3
        exchange.move(SPOT, 1_000)
        assert len(exchange.book(SPOT).bids) >= 5


@BOTH
def test_a_snapshot_tells_when_it_stood(symbol: str) -> None:
    with Simulator(rate=0, rest_lag=60.0, clock_offset=1_000.0) as exchange:
        before = exchange.now_ns()
        first, again = (fetch(exchange, symbol).json()["data"] for _ in range(2))
        name, unit = ("time", 1_000_000) if symbol == SPOT else ("ts", 1)
        assert before // unit <= first[name] <= exchange.now_ns() // unit
        assert again == first, "one book is handed out again for a while"


def test_the_record_tells_which_weight_was_taken_from_which_pool() -> None:
    with Simulator(rate=0, quotas={"public": 13, "spot": 4_000, "futures": 9}) as exchange:
        token(exchange)
        shallow = "/api/v1/market/orderbook/level2_20"
        assert [fetch(exchange, SPOT, path).status_code for path in (FULL[SPOT], shallow, shallow)] == [200, 200, 429]
        fetch(exchange, FUTURES)
        told = [(call.request.rpartition("/")[2], call.weight, call.pool, call.market) for call in exchange.calls]
        assert told == [
            ("bullet-public", 10, "public", "spot"),
            ("level2", 3, "spot", "spot"),
            ("level2_20", 2, "public", "spot"),
            ("level2_20", 0, "", "spot"),
            ("snapshot", 3, "public", "futures"),
        ]
        assert [call.symbol for call in exchange.calls] == ["", SPOT, SPOT, SPOT, FUTURES]
        log = exchange.log
        assert (log.spent("public"), log.spent("public", market="spot"), log.spent("spot")) == (15, 12, 3)
        assert log.spent("public", per=1e-9) == 10


def test_two_hundred_books_move_thousands_of_times_a_second() -> None:
    with Simulator(rate=0, symbols=200) as exchange, dialled(exchange) as caller:
        names = exchange.listed["spot"]
        for first in (0, 100):
            caller.subscribe(f"/market/level2:{','.join(names[first : first + 100])}")
        started = time.monotonic()
        for name in names:
            exchange.move(name, 20)
        took = time.monotonic() - started
        assert len(changes(caller)) == 4_000
    print(f"{4_000 / took:,.0f} moves a second")
    assert took < 4, "lest tests have to wait: a hundred times slower than it should be"
