"""Books through the front door, in virtual time: right, or stale and soon right again, or ended with a reason."""

from typing import Any

import msgspec
import pytest
from book_market import Books, causes
from reactivex.subject import Subject

from rx_kucoin import CalibrationFailed, KuCoin, OrderBook, events
from rx_kucoin.errors import ApiError, PermissionMissing, RateLimited, RestUnavailable, UnexpectedAnswer
from rx_kucoin.operators import Uncalibrated

SPOT, FUTURES = "BTC-USDT", "XBTUSDTM"


def opened(symbol: str = SPOT, **settings: Any) -> tuple[Books, Any]:
    """A book that is live."""
    books = Books(symbol, **settings)
    seen = books.book(symbol)
    books.pass_time(1)
    books.move(symbol)
    books.pass_time(0.5)
    assert seen.is_right()
    return books, seen


@pytest.mark.parametrize("symbol", [SPOT, FUTURES])
def test_the_first_change_brings_a_snapshot_and_every_further_one_a_book(symbol: str) -> None:
    books, seen = opened(symbol)
    assert (seen.states, books.snapshots) == ("l", 1)
    for _ in range(200):
        books.move(symbol)
        assert seen.is_right()
    assert (seen.states, books.snapshots) == ("l" * 201, 1)
    assert [event for event in books.told if isinstance(event, events.BookLive)] == [
        events.BookLive(0, seen_topic(symbol), seen.books[0].sequence, 1)
    ]


def seen_topic(symbol: str) -> str:
    return f"{'/market' if '-' in symbol else '/contractMarket'}/level2:{symbol}"


def test_changes_that_come_while_the_snapshot_is_on_its_way_are_in_the_first_book() -> None:
    books = Books(SPOT)
    seen = books.book(SPOT)
    books.pass_time(1)
    books.move(SPOT, 5)
    books.pass_time(0.05)
    books.move(SPOT, 5)
    assert not seen.books
    books.pass_time(0.1)
    books.move(SPOT)
    assert seen.is_right()


def test_a_snapshot_older_than_the_first_change_is_asked_for_again() -> None:
    books = Books(SPOT)
    books.move(SPOT, 30)
    seen = books.book(SPOT)
    books.pass_time(1)
    ages = [30, 20, 14]
    books.age = lambda: ages.pop(0) if ages else 0
    books.move(SPOT, 12)
    assert not seen.books
    books.pass_time(20)
    assert seen.is_right()
    assert books.snapshots == 4
    assert not books.told_of(events.BookStale)


def test_a_book_of_a_silent_symbol_is_shown_as_stale_until_a_change_confirms_it() -> None:
    books = Books(SPOT)
    seen = books.book(SPOT)
    books.pass_time(5)
    assert (seen.states, seen.wrong) == ("s", [])
    books.move(SPOT)
    assert (seen.states, books.snapshots) == ("sl", 1)
    assert seen.is_right()


def test_a_silent_symbols_snapshot_that_was_too_old_is_found_out_by_the_first_change() -> None:
    books = Books(SPOT)
    books.move(SPOT, 6)
    books.age = lambda: 4
    seen = books.book(SPOT)
    books.pass_time(5)
    books.age = lambda: 0
    books.move(SPOT)
    assert seen.last.stale
    books.pass_time(5)
    assert seen.is_right()


@pytest.mark.parametrize("symbol", [SPOT, FUTURES])
def test_a_gap_calibrates_this_book_alone_anew(symbol: str) -> None:
    books, seen = opened(symbol)
    books.move(symbol, 3, lost=True)
    before = seen.last
    books.move(symbol)
    assert seen.last == msgspec.structs.replace(before, stale=True)
    books.pass_time(1)
    assert (seen.states, books.snapshots) == ("lsl", 2)
    assert seen.is_right()
    assert len(causes(books.told)) == 1
    assert str(before.sequence) in causes(books.told)[0]


def test_a_line_that_goes_down_makes_the_book_stale_at_once() -> None:
    books, seen = opened()
    books.exchange.drop()
    assert seen.states == "ls"
    books.pass_time(0.01)
    assert len(causes(books.told)) == 1


def test_a_line_that_comes_back_without_a_loss_costs_no_snapshot() -> None:
    books, seen = opened()
    books.exchange.drop()
    books.pass_time(1.5)
    books.move(SPOT)
    assert (seen.states, books.snapshots) == ("lsl", 1)
    assert seen.is_right()


def test_a_line_that_comes_back_with_a_loss_costs_one() -> None:
    books, seen = opened()
    books.exchange.drop()
    books.move(SPOT, 9)
    books.pass_time(1.5)
    books.move(SPOT)
    books.pass_time(1)
    assert (seen.states, books.snapshots) == ("lsl", 2)
    assert seen.is_right()


def test_an_outage_ends_no_book_and_asks_for_a_snapshot_now_and_then_only() -> None:
    books, seen = opened(max_reconnects=None)
    books.exchange.down = True
    books.exchange.drop()
    books.pass_time(3_600)
    in_outage = books.snapshots - 1
    assert not seen.errors
    books.exchange.down = False
    books.move(SPOT, 50)
    books.pass_time(120)
    books.move(SPOT)
    books.pass_time(10)
    assert seen.is_right()
    assert in_outage <= 300


def test_a_renewal_costs_nothing_and_shows_nowhere() -> None:
    books, seen = opened(renew_every=60.0)
    for _ in range(600):
        books.pass_time(1)
        books.move(SPOT)
    assert len(books.told_of(events.Renewed)) >= 9
    assert (seen.states, books.snapshots) == ("l" * 601, 1)
    assert seen.is_right()


def test_a_sequence_that_begins_anew_begins_the_book_anew() -> None:
    books, seen = opened()
    books.models[SPOT].sequence = 10
    books.models[SPOT].past = [books.models[SPOT].standing()]
    books.move(SPOT, 10)
    books.pass_time(10)
    books.move(SPOT)
    assert seen.is_right()
    assert seen.last.sequence < 100


def begin_anew(books: Books, sequence: int) -> None:
    model = books.models[SPOT]
    model.sequence = sequence
    model.past = [model.standing()]


def test_so_does_one_that_begins_anew_among_numbers_that_were_there_before() -> None:
    books, seen = opened()
    begun = books.models[SPOT].sequence
    books.move(SPOT, 50)
    begin_anew(books, begun + 5)
    for _ in range(60):
        books.move(SPOT)
        books.pass_time(1)
    assert seen.is_right()
    assert len(books.told_of(events.SequenceReset)) == 1


def test_a_snapshot_of_before_it_began_anew_is_never_taken_for_one_of_now() -> None:
    books, seen = opened()
    old, books.models[SPOT].past = books.models[SPOT].past[-1], []
    begin_anew(books, 10)
    now = books.models[SPOT].past
    books.age = lambda: len(books.models[SPOT].past) - 1
    now.insert(0, old)
    books.move(SPOT, 10)
    books.pass_time(30)
    assert seen.states == "ls"
    assert books.snapshots > 3
    books.age = lambda: 0
    books.pass_time(60)
    books.move(SPOT)
    assert seen.is_right()
    assert seen.last.sequence < 100


def pushed(books: Books, symbol: str, **data: object) -> None:
    """Push something odd."""
    topic = seen_topic(symbol)
    frame = {"topic": topic, "type": "message", "subject": "trade.l2update", "data": data}
    books.exchange.push(topic, msgspec.json.encode(frame).decode())


def test_what_has_no_number_confirms_no_book() -> None:
    books, seen = opened()
    books.exchange.drop()
    books.move(SPOT, 9)
    books.pass_time(1.5)
    pushed(books, SPOT, changes={"asks": [], "bids": []})
    assert seen.states == "ls"
    books.move(SPOT)
    books.pass_time(1)
    assert seen.is_right()


def test_nor_makes_it_a_snapshot_true() -> None:
    books = Books(SPOT)
    books.move(SPOT, 20)
    books.age = lambda: 15
    seen = books.book(SPOT)
    books.pass_time(1)
    pushed(books, SPOT, changes={"asks": [], "bids": []})
    books.pass_time(0.5)
    assert "l" not in seen.states


def test_a_range_that_does_not_tell_where_it_begins_hides_no_gap() -> None:
    books, seen = opened()
    books.move(SPOT, 5, lost=True)
    model = books.models[SPOT]
    model.sequence += 1
    model.keep()
    pushed(books, SPOT, changes={"asks": [], "bids": []}, sequenceEnd=model.sequence)
    assert seen.states == "ls"
    books.pass_time(1)
    assert seen.is_right()


@pytest.mark.parametrize(("symbol", "numbers"), [(SPOT, ("sequenceStart", "sequenceEnd")), (FUTURES, ("sequence",))])
def test_a_number_without_what_changed_is_a_gap(symbol: str, numbers: tuple[str, ...]) -> None:
    books, seen = opened(symbol)
    model = books.models[symbol]
    model.change()
    model.keep()
    pushed(books, symbol, **dict.fromkeys(numbers, model.sequence))
    books.move(symbol)
    assert seen.states == "ls"
    books.pass_time(1)
    assert seen.is_right()
    assert len(books.told_of(events.Malformed)) == 1


def test_a_side_of_which_nothing_known_is_left_makes_the_book_stale() -> None:
    books = Books(SPOT, levels=300)
    seen = books.book(SPOT, depth=100)
    books.pass_time(1)
    books.move(SPOT)
    books.pass_time(0.5)
    books.refusal = lambda: RestUnavailable("HTTP 503", 503)
    model = books.models[SPOT]
    for price in sorted(model.bids, reverse=True)[:120]:
        del model.bids[price]
        model.sequence += 1
        model.keep()
        books.push(SPOT, model.sequence, model.sequence, [("bids", price, 0, model.sequence)])
    assert seen.last.best_bid is None
    assert all(book.stale == (not book.bids) for book in seen.books)
    books.refusal = lambda: None
    books.pass_time(60)
    assert seen.is_right()
    assert not seen.wrong


def test_a_snapshot_that_is_too_old_for_ever_ends_this_stream_alone() -> None:
    books = Books(SPOT, "ETH-USDT")
    books.move(SPOT, 10)
    seen, other = books.book(SPOT), books.book("ETH-USDT")
    books.pass_time(1)
    books.move("ETH-USDT")
    books.pass_time(1)
    books.age = lambda: 10**6
    oldest = books.models[SPOT].sequence
    books.move(SPOT, 20)
    started = oldest + 1
    for _ in range(600):
        books.pass_time(1)
        books.move("ETH-USDT")
    (error,) = seen.errors
    assert isinstance(error, CalibrationFailed)
    assert isinstance(error.cause, Uncalibrated)
    assert (error.symbol, error.attempts) == (SPOT, 10)
    assert error.known is not None
    assert error.came is not None
    assert error.known < error.came - 1
    assert str(error.known) in str(error)
    assert str(error.came) in str(error)
    assert not seen.books
    assert started <= error.came
    assert other.is_right()


def test_a_crossed_book_is_never_shown_and_ends_in_the_end() -> None:
    books, seen = opened()
    model = books.models[SPOT]
    model.bids[min(model.asks) + 3] = 5
    model.sequence += 1
    model.keep()
    books.push(SPOT, model.sequence, model.sequence, [("bids", min(model.asks) + 3, 5, model.sequence)])
    assert seen.states == "ls"
    books.pass_time(900)
    (error,) = seen.errors
    assert isinstance(error, CalibrationFailed)
    assert "a bid meets an ask" in str(error)
    assert error.came == model.sequence
    assert not any(book.is_crossed for book in seen.books)


def test_a_book_that_is_crossed_for_a_moment_heals() -> None:
    books, seen = opened()
    model = books.models[SPOT]
    price = min(model.asks) + 3
    books.push(SPOT, model.sequence + 1, model.sequence + 1, [("bids", price, 5, model.sequence + 1)])
    model.sequence += 1
    model.keep()
    assert seen.last.stale
    books.pass_time(60)
    books.move(SPOT)
    books.pass_time(60)
    assert seen.is_right()


@pytest.mark.parametrize(
    "answer",
    [
        b"null",
        b'{"sequence":null,"bids":null,"asks":null,"time":0}',
        b'{"sequence":"0","bids":[],"asks":[]}',
        b'{"bids":[["1","1"]],"asks":[["2","1"]]}',
        b'{"sequence":"7","bids":[["1","-1"]],"asks":[["2","1"]]}',
        b'{"sequence":"7","bids":[["1","NaN"]],"asks":[["NaN","1"]]}',
        b'["nonsense"]',
    ],
)
def test_a_symbol_without_a_book_ends_its_stream(answer: bytes) -> None:
    books = Books(SPOT)
    books.refusal = lambda: answer
    seen = books.book(SPOT)
    books.pass_time(1)
    books.move(SPOT)
    books.pass_time(900)
    (error,) = seen.errors
    assert isinstance(error, CalibrationFailed)
    assert isinstance(error.cause, UnexpectedAnswer)
    assert (error.attempts, books.snapshots) == (10, 10)


@pytest.mark.parametrize("refusal", [RestUnavailable("HTTP 503", 503), RateLimited("wait", 3.0)])
def test_a_snapshot_that_is_refused_is_asked_for_a_bounded_number_of_times(refusal: Exception) -> None:
    books = Books(SPOT)
    books.refusal = lambda: refusal
    seen = books.book(SPOT)
    books.pass_time(1)
    books.move(SPOT)
    books.pass_time(900)
    (error,) = seen.errors
    assert isinstance(error, CalibrationFailed)
    assert error.cause is refusal
    assert (error.attempts, books.snapshots) == (10, 10)


def test_a_snapshot_that_is_refused_for_a_while_is_waited_for() -> None:
    books = Books(SPOT)
    refusals = [RestUnavailable("HTTP 503", 503)] * 5
    books.refusal = lambda: refusals.pop() if refusals else None
    seen = books.book(SPOT)
    books.pass_time(1)
    for _ in range(200):
        books.move(SPOT)
        books.pass_time(0.5)
    assert seen.is_right()


def test_what_asking_again_would_not_change_ends_the_stream_at_once() -> None:
    books = Books(SPOT)
    books.refusal = lambda: ApiError.of("400007", "Access denied", "GET")
    seen = books.book(SPOT)
    books.pass_time(1)
    books.move(SPOT)
    books.pass_time(1)
    (error,) = seen.errors
    assert isinstance(error, CalibrationFailed)
    assert isinstance(error.cause, PermissionMissing)
    assert books.snapshots == 1


def test_a_change_that_no_book_can_have_is_made_up_for() -> None:
    books, seen = opened()
    model = books.models[SPOT]
    model.sequence += 1
    model.keep()
    frame = (
        '{"topic":"/market/level2:BTC-USDT","type":"message","subject":"trade.l2update","data":{"changes":{"asks":[],'
        f'"bids":[["NaN","1","{model.sequence}"]]}},"sequenceStart":{model.sequence},"sequenceEnd":{model.sequence}}}}}'
    )
    books.exchange.push("/market/level2:BTC-USDT", frame)
    books.pass_time(60)
    books.move(SPOT)
    books.pass_time(60)
    assert seen.is_right()


def test_all_who_ask_share_a_book_and_latecomers_are_given_the_latest() -> None:
    books, first = opened()
    second = books.book(SPOT)
    assert second.books == [first.last]
    books.move(SPOT)
    assert second.last is first.last
    assert books.snapshots == 1


def test_coming_and_going_costs_no_snapshot() -> None:
    books, seen = opened(linger=0.5)
    for _ in range(10):
        seen.subscription.dispose()
        books.pass_time(0.2)
        seen = books.book(SPOT)
        books.move(SPOT)
    assert books.snapshots == 1
    assert seen.is_right()


def test_the_last_ones_leaving_ends_it() -> None:
    books, seen = opened()
    seen.subscription.dispose()
    books.pass_time(10)
    assert not books.exchange.open_wires


def test_the_latest_book_comes_as_often_as_is_asked_for_and_a_stale_one_at_once() -> None:
    books = Books(SPOT)
    every, paced = books.book(SPOT), books.book(SPOT, every=0.25)
    books.pass_time(1)
    books.move(SPOT)
    books.pass_time(0.5)
    before = len(paced.books)
    for _ in range(100):
        books.move(SPOT)
        books.pass_time(0.01)
    assert 4 <= len(paced.books) - before <= 6
    books.exchange.drop()
    assert paced.last == every.last
    assert paced.last.stale


@pytest.mark.parametrize("every", [0.0, -1.0, float("nan"), float("inf")])
def test_a_pace_that_is_none_is_an_error_at_the_call(every: float) -> None:
    with pytest.raises(ValueError, match="every"):
        KuCoin().book(SPOT, every=every)


@pytest.mark.parametrize(
    ("key", "depth", "path"),
    [
        (True, None, "/api/v3/market/orderbook/level2"),
        (True, 100, "/api/v1/market/orderbook/level2_100"),
        (False, None, "/api/v1/market/orderbook/level2_100"),
        (False, 100, "/api/v1/market/orderbook/level2_100"),
    ],
)
def test_which_snapshot_is_asked_for(*, key: bool, depth: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEY", "SECRET", "PASSPHRASE"):
        monkeypatch.delenv(f"KUCOIN_API_{name}", raising=False)
    books = Books(SPOT, key=key)
    books.book(SPOT, depth=depth)
    books.pass_time(1)
    books.move(SPOT)
    books.pass_time(1)
    assert books.exchange.fetches[-1][1] == f"{path}?symbol={SPOT}"


def test_without_a_key_the_best_hundred_are_right_and_are_asked_for_anew_when_they_run_thin() -> None:
    books = Books(SPOT, levels=300, seed=5)
    seen = books.book(SPOT, depth=100)
    books.pass_time(1)
    for _ in range(6_000):
        books.move(SPOT)
        books.pass_time(0.02)
    assert seen.is_right(), seen.wrong[:1]
    assert 2 <= books.snapshots < 100
    assert "s" not in seen.states
    fewest = min(min(len(book.bids), len(book.asks)) for book in seen.books)
    print(f"\nbest 100 of 300, 6,000 ranges: {books.snapshots} snapshots, never fewer than {fewest} levels")
    assert fewest > 20
    assert all(book.depth == 100 for book in seen.books)


@pytest.mark.parametrize(("symbol", "depth"), [(SPOT, 7), (FUTURES, 100), (SPOT, 0), (FUTURES, 20)])
def test_another_depth_is_an_error_at_the_call(symbol: str, depth: Any) -> None:
    kucoin = KuCoin()
    with pytest.raises(ValueError, match=f"{depth} levels.*1, 5, 50"):
        (kucoin if "-" in symbol else kucoin.futures).book(symbol, depth=depth)


@pytest.mark.parametrize("symbol", ["", "btc-usdt", "BTC-USDT,ETH-USDT"])
def test_a_symbol_that_is_none_is_an_error_at_the_call(symbol: str) -> None:
    with pytest.raises(ValueError, match="symbol"):
        KuCoin().book(symbol)


def test_closing_completes_the_book() -> None:
    books, seen = opened()
    books.kucoin.close()
    assert seen.is_over
    assert not seen.errors


def test_a_subscriber_that_raises_ends_alone() -> None:
    books, seen = opened()

    def bad(_: OrderBook) -> None:
        raise ZeroDivisionError

    books.kucoin.book(SPOT).subscribe(bad)
    books.move(SPOT, 3)
    assert seen.is_right()
    books.pass_time(0.1)
    (failed,) = books.told_of(events.SubscriberFailed)
    assert failed.stream == f"the book of {SPOT}"


def test_followed_books_come_and_go() -> None:
    books = Books(SPOT, "ETH-USDT")
    universe: Subject[set[str]] = Subject()
    seen: list[OrderBook] = []
    universe.pipe(books.kucoin.follow("book")).subscribe(seen.append)
    universe.on_next({SPOT, "ETH-USDT"})
    books.pass_time(1)
    books.move(SPOT)
    books.move("ETH-USDT")
    books.pass_time(1)
    assert {book.symbol for book in seen} == {SPOT, "ETH-USDT"}
