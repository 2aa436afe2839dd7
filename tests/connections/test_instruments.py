"""What a market lists is asked for once, kept for a while, and asked for anew when that may help."""

import json
import logging

import pytest
from engines import live_engine
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin.connections.instruments import Listing
from rx_kucoin.errors import ApiError, Closed, KuCoinError, RestUnavailable
from rx_kucoin.protocol.limits import Market
from rx_kucoin.testing import VirtualTransport

HOUR = 3600.0


class Desk:
    """An engine, and an exchange with a list that changes."""

    def __init__(self, *names: str) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.exchange = VirtualTransport(self.clock)
        self.exchange.answers = self.answer
        self.names = list(names)
        self.failure: KuCoinError | None = None
        self.engine = live_engine(lambda market, private: self.exchange, self.clock, random=lambda: 0.5)
        self.told: list[object] = []

    def answer(self, path: str) -> bytes:
        if self.failure is not None:
            raise self.failure
        assert path in {"/api/v2/symbols", "/api/v1/contracts/active"}
        return json.dumps([{"symbol": name} for name in self.names]).encode()

    def listing(self, market: Market = "spot") -> Listing:
        return self.engine._source.listing(market)

    def ask(self, *symbols: str, wait: float = 1.0) -> object:
        """What is told of these symbols, and "|" when it ends."""
        told: list[object] = []
        self.listing().unlisted(symbols).subscribe(told.append, told.append, lambda: told.append("|"))
        self.clock.advance_by(wait)
        return told

    @property
    def asked(self) -> int:
        return len(self.exchange.fetches)


@pytest.fixture
def market() -> Desk:
    return Desk("BTC-USDT", "ETH-USDT")


def test_a_listed_symbol_is_looked_up_once_an_hour(market: Desk) -> None:
    for _ in range(3):
        assert market.ask("BTC-USDT", "ETH-USDT") == [{}, "|"]
    assert market.asked == 1
    market.clock.advance_by(HOUR)
    assert market.ask("BTC-USDT") == [{}, "|"]
    assert market.asked == 2
    assert repr(market.listing()) == "<Listing of 2 spot symbols>"


def test_an_unlisted_one_is_told_with_what_was_meant(market: Desk) -> None:
    assert market.ask("BTC-USDT", "BTCUSDT", "NOPE-USDT") == [{"BTCUSDT": "BTC-USDT", "NOPE-USDT": None}, "|"]


def test_an_unlisted_one_is_looked_up_anew_but_not_within_a_minute(market: Desk) -> None:
    unlisted = [{"NEW-USDT": None}, "|"]
    assert market.ask("NEW-USDT") == unlisted
    market.names.append("NEW-USDT")
    assert market.ask("NEW-USDT", wait=57) == unlisted
    assert market.asked == 1
    market.clock.advance_by(3)
    assert market.ask("NEW-USDT") == [{}, "|"]
    assert market.asked == 2


def test_all_who_ask_at_once_share_an_answer(market: Desk) -> None:
    told: list[object] = []
    for symbol in ("BTC-USDT", "NOPE-USDT", "ETH-USDT"):
        market.listing().unlisted([symbol]).subscribe(told.append)
    assert told == []
    market.clock.advance_by(1)
    assert told == [{}, {"NOPE-USDT": None}, {}]
    assert market.asked == 1


def test_who_leaves_takes_nothing_from_the_others(market: Desk) -> None:
    told: list[object] = []
    first, second = (market.listing().unlisted(["NOPE-USDT"]).subscribe(told.append) for _ in range(2))
    first.dispose()
    market.clock.advance_by(1)
    second.dispose()
    assert told == [{"NOPE-USDT": None}]


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [(RestUnavailable("down"), 6), (ApiError("400301", "no", "GET"), 1)],
    ids=["heals", "does not"],
)
def test_one_that_cannot_be_had_says_nothing_and_is_asked_for_again_after_a_minute(
    market: Desk, failure: KuCoinError, attempts: int, caplog: pytest.LogCaptureFixture
) -> None:
    market.failure = failure
    with caplog.at_level(logging.INFO):
        assert market.ask("NOPE-USDT", wait=300) == ["|"]
    assert market.asked == attempts
    assert [record.name for record in caplog.records] == ["rx_kucoin.connections.instruments"]
    market.failure = None
    assert market.ask("NOPE-USDT") == [{"NOPE-USDT": None}, "|"]


def test_a_failure_is_not_followed_by_another_attempt_at_once(market: Desk) -> None:
    market.failure = ApiError("400301", "no", "GET")
    for _ in range(3):
        assert market.ask("NOPE-USDT") == ["|"]
    assert market.asked == 1


def test_an_empty_one_says_nothing(market: Desk) -> None:
    market.names.clear()
    assert market.ask("BTC-USDT") == ["|"]


def test_what_is_known_survives_a_failure(market: Desk) -> None:
    market.ask("BTC-USDT")
    market.failure = ApiError("400301", "no", "GET")
    market.clock.advance_by(100)
    assert market.ask("NOPE-USDT") == ["|"]
    assert market.ask("BTC-USDT") == [{}, "|"]


def test_rows_are_asked_for_anew_each_time_and_are_kept(market: Desk) -> None:
    told: list[object] = []
    rows = market.engine.listing("spot")
    assert market.asked == 0
    for number in (1, 2):
        rows.subscribe(lambda rows: told.append([row.symbol for row in rows]), on_completed=lambda: told.append("|"))
        market.clock.advance_by(1)
        assert market.asked == number
        market.names.append("NEW-USDT")
    assert told == [["BTC-USDT", "ETH-USDT"], "|", ["BTC-USDT", "ETH-USDT", "NEW-USDT"], "|"]
    assert market.ask("NEW-USDT") == [{}, "|"]
    assert market.asked == 2


def test_rows_of_an_empty_listing_are_none_and_nothing_is_forgotten(market: Desk) -> None:
    market.ask("BTC-USDT")
    market.names.clear()
    told: list[object] = []
    market.engine.listing("spot").subscribe(told.append)
    market.clock.advance_by(1)
    assert told == [()]
    assert market.ask("BTC-USDT") == [{}, "|"]


def test_each_market_has_its_own(market: Desk) -> None:
    told: list[object] = []
    market.engine.listing("futures").subscribe(told.append)
    market.clock.advance_by(1)
    assert [type(row).__name__ for rows in told for row in rows] == ["Contract", "Contract"]  # type: ignore[attr-defined]
    assert [path for _, path in market.exchange.fetches] == ["/api/v1/contracts/active"]
    assert market.ask("BTC-USDT") == [{}, "|"]
    assert market.asked == 2


def test_rows_tell_of_a_failure(market: Desk) -> None:
    market.failure = ApiError("400301", "no", "GET")
    errors: list[Exception] = []
    market.engine.listing("spot").subscribe(on_error=errors.append)
    market.clock.advance_by(1)
    market.engine.close()
    market.engine.listing("spot").subscribe(on_error=errors.append)
    market.clock.advance_by(1)
    assert [type(error) for error in errors] == [type(market.failure), Closed]


def test_rows_that_are_waited_for_complete_when_all_is_closed(market: Desk) -> None:
    market.failure = RestUnavailable("down")
    told: list[object] = []
    market.engine.listing("spot").subscribe(told.append, told.append, lambda: told.append("|"))
    market.clock.advance_by(1)
    market.engine.close()
    assert told == ["|"]
    attempts = market.asked
    market.clock.advance_by(HOUR)
    assert (told, market.asked) == (["|"], attempts)
