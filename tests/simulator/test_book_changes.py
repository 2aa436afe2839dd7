import itertools
from decimal import Decimal

import pytest

from rx_kucoin.simulator import Simulator
from tests.simulator.ledgers import FUTURES, MARKETS, SPOT, TOPICS, changes, fetch, follow, rows, span, standing
from tests.simulator.raw import dialled

pytestmark = pytest.mark.socket

BOTH = pytest.mark.parametrize("symbol", [SPOT, FUTURES])


@BOTH
def test_changes_are_lost_told_twice_and_swapped(symbol: str) -> None:
    topic = TOPICS[symbol]
    with Simulator(rate=0) as exchange, dialled(exchange, MARKETS[symbol]) as caller:
        caller.subscribe(topic)
        exchange.faults.gap(topic, 2)
        exchange.faults.duplicate(topic)
        exchange.faults.swap(topic)
        exchange.faults.swap(topic)
        start = exchange.book(symbol)
        exchange.move(symbol, 8)
        ends = exchange.sent(topic).sequences
        told = changes(caller)
        assert [span(change)[1] for change in told] == [ends[place] for place in (2, 2, 4, 3, 6, 5, 7)]
        with pytest.raises(LookupError):
            follow(start, told)


def test_a_range_that_overlaps_begins_too_early_and_repeats_rows() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TOPICS[SPOT])
        start = exchange.book(SPOT)
        exchange.move(SPOT)
        exchange.faults.overlap(TOPICS[SPOT], 2)
        exchange.move(SPOT, 4)
        first, second, third, fourth, _ = told = changes(caller)
        assert span(second)[0] == span(first)[0]
        assert span(third)[0] == span(first)[1] + 1 <= span(second)[1]
        assert span(fourth)[0] == span(third)[1] + 1
        assert set(rows(first)) < set(rows(second))
        assert set(rows(second)) - set(rows(first)) < set(rows(third))
        assert follow(start, told) == exchange.book(SPOT)


def test_a_futures_change_that_overlaps_comes_after_the_one_before_it() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, "futures") as caller:
        caller.subscribe(TOPICS[FUTURES])
        start = exchange.book(FUTURES)
        exchange.move(FUTURES)
        exchange.faults.overlap(TOPICS[FUTURES])
        exchange.move(FUTURES, 2)
        told = changes(caller)
        assert [span(change)[0] - start.sequence for change in told] == [1, 1, 2, 3]
        assert told[0]["change"] == told[1]["change"]
        assert follow(start, told) == exchange.book(FUTURES)


def test_only_level_2_topics_overlap() -> None:
    with Simulator(rate=0) as exchange, pytest.raises(ValueError, match="no ranges"):
        exchange.faults.overlap("/market/ticker:BTC-USDT")


@BOTH
def test_every_so_manyth_change_is_lost(symbol: str) -> None:
    topic = TOPICS[symbol]
    with Simulator(rate=0) as exchange, dialled(exchange, MARKETS[symbol]) as caller:
        caller.subscribe(topic)
        exchange.move(symbol, 2)
        exchange.faults.lose_every(topic, 3)
        exchange.move(symbol, 8)
        exchange.faults.clear()
        exchange.move(symbol, 3)
        ends = exchange.sent(topic).sequences
        kept = [end for place, end in enumerate(ends) if place not in {4, 7}]
        assert [span(change)[1] for change in changes(caller)] == kept


def lost(exchange: Simulator, topic: str | None, share: float, symbol: str = SPOT) -> list[int]:
    with dialled(exchange, MARKETS[symbol]) as caller:
        caller.subscribe(TOPICS[symbol])
        exchange.faults.lossy(topic, share)
        exchange.move(symbol, 400)
        heard = {span(change)[1] for change in changes(caller)}
        return [place for place, end in enumerate(exchange.sent(TOPICS[symbol]).sequences) if end not in heard]


@BOTH
def test_changes_are_lost_at_random_on_one_topic_or_all_and_always_the_same_ones(symbol: str) -> None:
    found = list[list[int]]()
    for topic, seed in ((TOPICS[symbol], 7), (None, 7), (None, 8)):
        with Simulator(rate=0, seed=seed) as exchange:
            found.append(lost(exchange, topic, 0.1, symbol))
    assert 15 < len(found[0]) < 80
    assert found[0] == found[1] != found[2]


def test_a_lossy_topic_leaves_the_others_alone() -> None:
    with Simulator(rate=0) as exchange:
        assert lost(exchange, TOPICS[FUTURES], 1.0) == []


@BOTH
def test_a_crossed_book_is_pushed_and_handed_out_crossed_until_it_is_healed(symbol: str) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, MARKETS[symbol]) as caller:
        caller.subscribe(TOPICS[symbol])
        start, best = exchange.book(symbol), exchange.book(symbol).asks[0][0]
        assert exchange.faults.cross(symbol, 3) == start.sequence + 1
        exchange.move(symbol, 500)
        told = changes(caller)
        crossed = exchange.book(symbol)
        assert crossed.bids[0][0] == best + Decimal("0.3")
        assert crossed.asks[0][0] == best, "it stays as it is"
        assert follow(start, told) == crossed == standing(fetch(exchange, symbol))
        exchange.faults.heal(symbol)
        assert exchange.book(symbol).bids[0][0] < best
        exchange.move(symbol, 500)
        book = exchange.book(symbol)
        assert book.bids[0][0] < book.asks[0][0]
        assert follow(crossed, changes(caller)) == book
        assert exchange.faults.heal(symbol) == book.sequence, "there is nothing to heal"


@BOTH
def test_a_book_that_is_crossed_again_is_healed_at_once(symbol: str) -> None:
    with Simulator(rate=0) as exchange:
        for ticks in (5, 2, 0):
            exchange.faults.cross(symbol, ticks)
            book = exchange.book(symbol)
            assert book.bids[0][0] - book.asks[0][0] == Decimal(ticks) / 10
        exchange.faults.heal(symbol)
        assert exchange.book(symbol).bids[0][0] < exchange.book(symbol).asks[0][0]


@pytest.mark.parametrize("ticks", [-1, 20])
def test_a_book_is_crossed_by_a_few_ticks_alone(ticks: int) -> None:
    with Simulator(rate=0) as exchange, pytest.raises(ValueError, match="ticks"):
        exchange.faults.cross(SPOT, ticks)


@BOTH
def test_a_book_that_begins_anew_is_another_one_at_a_low_sequence(symbol: str) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, MARKETS[symbol]) as caller:
        caller.subscribe(TOPICS[symbol])
        exchange.move(symbol, 10)
        changes(caller)
        old = exchange.book(symbol)
        assert exchange.faults.reset_sequence(symbol, 5) == 5
        fresh = exchange.book(symbol)
        assert (fresh.sequence, fresh.bids[0][0]) == (5, old.bids[0][0])
        assert fresh.bids != old.bids
        exchange.move(symbol, 50)
        told = changes(caller)
        assert span(told[0])[0] == 6
        assert follow(fresh, told) == exchange.book(symbol) == standing(fetch(exchange, symbol))
        exchange.faults.lag_book(symbol, moves=51)
        assert standing(fetch(exchange, symbol)) == old, (
            "a snapshot that lags is of the old book, and seems to be ahead"
        )


@BOTH
def test_prices_may_be_spelt_otherwise_now_and_then(symbol: str) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, MARKETS[symbol]) as caller:
        caller.subscribe(TOPICS[symbol])
        exchange.faults.quirks(respell=0.3)
        start = exchange.book(symbol)
        exchange.move(symbol, 400)
        told = changes(caller)
        prices = [row[2] for change in told for row in rows(change) if row[2]]
        odd = sum(str(price) != f"{price.normalize():f}" for price in prices)
        assert 0.2 < odd / len(prices) < 0.4
        assert follow(start, told) == exchange.book(symbol)


@BOTH
def test_a_size_may_be_told_again(symbol: str) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, MARKETS[symbol]) as caller:
        caller.subscribe(TOPICS[symbol])
        exchange.faults.quirks(symbol, repeat=0.5)
        start = exchange.book(symbol)
        exchange.move(symbol, 200)
        told = changes(caller)
        again, book = 0, start
        for change in told:
            later = follow(book, [change])
            again += bool(rows(change)) and (later.bids, later.asks) == (book.bids, book.asks)
            book = later
        assert again > 40
        assert book == exchange.book(symbol)


def test_a_level_may_change_often_within_a_range_whose_rows_stand_in_no_order() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TOPICS[SPOT])
        exchange.faults.quirks(SPOT, crowd=0.5, shuffle=0.5)
        start = exchange.book(SPOT)
        exchange.move(SPOT, 400)
        told = changes(caller)
        assert follow(start, told) == exchange.book(SPOT)
        crowded = [rows(change) for change in told if len({row[1:3] for row in rows(change)}) < len(rows(change))]
        numbers = [[row[0] for row in rows(change) if row[1] == "bids"] for change in told]
        assert len(crowded) > 100
        assert sum(each != sorted(each) for each in numbers) > 30
        bids, asks = zip(*((book.bids[0][0], book.asks[0][0]) for book in (start, exchange.book(SPOT))), strict=True)
        assert all(bid < ask for bid, ask in zip(bids, asks, strict=True))


def test_quirks_end_with_everything_else() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TOPICS[SPOT])
        exchange.faults.quirks(respell=1.0)
        exchange.faults.lossy(None, 1.0)
        assert repr(exchange.faults) == "<Faults lose, quirks>"
        exchange.faults.clear()
        exchange.move(SPOT, 50)
        told = changes(caller)
        assert len(told) == 50
        assert all(later[0] == earlier[1] + 1 for earlier, later in itertools.pairwise(map(span, told)))
        prices = [row[2] for change in told for row in rows(change) if row[2]]
        assert all(str(price) == f"{price.normalize():f}" for price in prices)
