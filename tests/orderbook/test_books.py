"""Books over real sockets: many at once, through losses, drops and renewals, and opened all together."""

import time
from typing import Any

import pytest
from books_run import run
from waiting import eventually, nothing_left

from rx_kucoin import CalibrationFailed, Credentials, KuCoin, OrderBook, events
from rx_kucoin.errors import PermissionMissing, RestUnavailable, UnexpectedAnswer
from rx_kucoin.events import Event
from rx_kucoin.simulator import Simulator, busiest

pytestmark = pytest.mark.socket

SPOT, FUTURES = "BTC-USDT", "XBTUSDTM"


@pytest.mark.ci
def test_many_books_are_the_exchanges_through_losses_drops_and_renewals() -> None:
    outcome = run(100_000, 60, drop_every=4.0)
    print(f"\n{outcome}")
    assert not outcome.wrong, outcome.wrong[:3]
    assert not outcome.unequal, outcome.unequal[:3]
    assert not outcome.ended
    assert (outcome.crossed, outcome.backwards) == (0, 0)
    assert outcome.checked > 100
    assert outcome.told["BookStale"] > 10
    assert outcome.told["Renewed"] > 0
    assert outcome.drops > 0


@pytest.mark.parametrize("key", [True, False], ids=["whole", "best 100"])
def test_a_hundred_books_opened_at_once_keep_the_quota_and_are_soon_live(*, key: bool) -> None:
    with nothing_left(), Simulator(seed=4, symbols=100, futures_symbols=4, rate=1_000, book_levels=200) as exchange:
        symbols = exchange.listed["spot"]
        credentials = Credentials(exchange.api_key, exchange.api_secret, exchange.api_passphrase) if key else None
        with KuCoin(rest_url=exchange.rest_url, credentials=credentials) as kucoin:
            live: dict[str, float] = {}
            opened: dict[str, int] = {}
            began = time.monotonic()

            def note(book: OrderBook) -> None:
                if not book.stale:
                    live.setdefault(book.symbol, time.monotonic() - began)

            def tell(event: Event) -> None:
                if isinstance(event, events.BookLive):
                    opened.setdefault(event.topic, event.snapshots)

            kucoin.events.subscribe(tell)

            for symbol in symbols:
                kucoin.book(symbol, None if key else 100).subscribe(note)
            assert eventually(lambda: len(live) == len(opened) == 100, 30.0), f"only {len(live)}"
            pool = "spot" if key else "public"
            calls = [call for call in exchange.calls if "level2" in call.request]
            median = sorted(live.values())[50]
            spent, busy = exchange.log.spent(pool), busiest((call.at for call in calls), 1.0)
            times = f"{min(live.values()):.2f} s, half after {median:.2f} s, all after {max(live.values()):.2f} s"
            print(
                f"\n100 books, {'whole' if key else 'best 100'}: {sum(opened.values())} snapshots, {spent} weight of "
                f"the {pool} pool within 30 s, {busy} calls in the busiest second; first live after {times}"
            )
            assert all(call.status == 200 for call in calls)
            assert sum(opened.values()) < 200  # of all calls, some are of books that were live and ran thin


class Watched:
    """One book, while things go wrong with it."""

    def __init__(self, kucoin: KuCoin, symbol: str) -> None:
        self.books: list[OrderBook] = []
        self.errors: list[Exception] = []
        stream = (kucoin if "-" in symbol else kucoin.futures).book(symbol)
        self.subscription = stream.subscribe(self.books.append, self.errors.append)

    @property
    def is_live(self) -> bool:
        return bool(self.books) and not self.books[-1].stale

    def is_at(self, exchange: Simulator, symbol: str) -> bool:
        """Whether it is the exchange's book as it stands now."""
        if not self.is_live:
            return False
        book, standing = self.books[-1], exchange.book(symbol)
        return (book.sequence, tuple(book.bids), tuple(book.asks)) == standing


def both(exchange: Simulator, **settings: object) -> KuCoin:
    key = Credentials(exchange.api_key, exchange.api_secret, exchange.api_passphrase)
    urls = {"rest_url": exchange.rest_url, "futures_rest_url": exchange.futures_rest_url}
    return KuCoin(**urls, credentials=key, random=lambda: 0.2, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("symbol", [SPOT, FUTURES])
def test_what_goes_wrong_with_one_book_is_made_up_for(symbol: str) -> None:
    topic = f"{'/market' if symbol == SPOT else '/contractMarket'}/level2:{symbol}"
    with nothing_left(), Simulator(seed=3, rate=0) as exchange, both(exchange) as kucoin:
        faults = exchange.faults

        def soon_right() -> bool:
            def right() -> bool:
                exchange.move(symbol)
                return eventually(lambda: watched.is_at(exchange, symbol), 0.2)

            return eventually(right, 8.0)

        faults.refuse_books(503, times=1)
        faults.lag_book(symbol, moves=40, times=1)
        exchange.move(symbol, 60)
        watched = Watched(kucoin, symbol)
        assert eventually(lambda: exchange.listeners(topic))
        assert soon_right(), watched.errors
        for trouble in (
            lambda: faults.gap(topic, 3),
            lambda: faults.duplicate(topic, 3),
            lambda: faults.swap(topic),
            lambda: faults.overlap(topic, 3),
            exchange.faults.drop,
            lambda: (faults.cross(symbol, 2), faults.heal(symbol)),
            lambda: faults.reset_sequence(symbol, 5),
            lambda: (faults.gap(topic), faults.refuse_books(429, times=1, reset=0.3)),
            lambda: (faults.gap(topic), faults.refuse_books("html", times=1)),
            lambda: (faults.gap(topic), faults.empty_book(symbol, times=1)),
            lambda: (faults.gap(topic), faults.lag_book(symbol, moves=9, times=1)),
        ):
            trouble()
            exchange.move(symbol, 5)
            assert soon_right(), (watched.books[-3:], watched.errors)
        assert not any(book.is_crossed for book in watched.books)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [(403, UnexpectedAnswer), (429, RestUnavailable), (503, RestUnavailable), ("html", UnexpectedAnswer)],
)
def test_snapshots_that_are_refused_for_good_end_the_stream_with_a_reason(answer: Any, cause: type[Exception]) -> None:
    with nothing_left(), Simulator(seed=3, rate=200) as exchange, both(exchange, max_calibrations=3) as kucoin:
        exchange.faults.refuse_books(answer, symbol=SPOT)
        refused, other = Watched(kucoin, SPOT), Watched(kucoin, "ETH-USDT")
        assert eventually(lambda: refused.errors, 20.0)
        (error,) = refused.errors
        assert isinstance(error, CalibrationFailed)
        assert isinstance(error.cause, cause)
        assert (error.symbol, error.attempts) == (SPOT, 3)
        assert eventually(lambda: other.is_live)
        assert not other.errors


def test_a_key_without_the_permission_ends_it_at_once_and_says_so() -> None:
    with nothing_left(), Simulator(seed=3, rate=200) as exchange, both(exchange) as kucoin:
        exchange.faults.refuse_signed("400007")
        watched = Watched(kucoin, SPOT)
        assert eventually(lambda: watched.errors)
        (error,) = watched.errors
        assert isinstance(error, CalibrationFailed)
        assert isinstance(error.cause, PermissionMissing)
        assert exchange.api_secret not in str(error)


def test_leaving_while_a_snapshot_hangs_leaves_nothing_behind() -> None:
    with nothing_left(), Simulator(seed=3, rate=200) as exchange, both(exchange) as kucoin:
        exchange.faults.refuse_books("hang")
        watched = Watched(kucoin, SPOT)
        assert eventually(lambda: any("level2" in call.request for call in exchange.calls))
        watched.subscription.dispose()
        began = time.monotonic()
        assert eventually(lambda: not exchange.open_connections)
        assert kucoin.close()
        assert time.monotonic() - began < 3.0
