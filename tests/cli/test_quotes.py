from decimal import Decimal

import pytest

from rx_kucoin.cli._quotes import WEIGHED, Quote, quote
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.levels import Ladder
from rx_kucoin.protocol.messages.base import Change, Level, Message, Unknown
from rx_kucoin.protocol.messages.closed import ClosedCandle, Origin
from rx_kucoin.protocol.messages.futures import (
    FundingRate,
    FundingSettlement,
    FuturesSnapshot,
    FuturesTicker,
    FuturesTickerV1,
)
from rx_kucoin.protocol.messages.margin import Indicator
from rx_kucoin.protocol.messages.spot import CallAuction, Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker
from rx_kucoin.protocol.messages.words import Side

ONE, TWO, THREE, FOUR = (Decimal(number) for number in (1, 2, 3, 4))


BAR = {"open": ONE, "close": TWO, "low": ONE, "high": THREE, "volume": FOUR}
SEEN = Quote(TWO, open=ONE, low=ONE, high=THREE, volume=FOUR)
TOP = Quote(TWO, ONE, THREE, None, THREE, ONE)


@pytest.mark.parametrize(
    ("message", "facts"),
    [
        (
            Ticker(price=TWO, best_bid=ONE, best_ask=THREE, size=FOUR, best_bid_size=TWO, best_ask_size=ONE),
            Quote(TWO, ONE, THREE, FOUR, TWO, ONE),
        ),
        (Match(price=TWO, size=FOUR, side=Side.SELL), Quote(TWO, size=FOUR, side="sell")),
        (Candle(**BAR, start_ns=60), SEEN._replace(start_ns=60)),
        (ClosedCandle(**BAR, start_ns=60, origin=Origin.REST), SEEN._replace(start_ns=60, origin="rest")),
        (FuturesTicker(best_bid_price=ONE, best_bid_size=THREE, best_ask_price=THREE, best_ask_size=ONE), TOP),
        (FuturesTicker(best_bid_price=ONE), Quote()),
        (
            FuturesSnapshot(last_price=TWO, low_price=ONE, high_price=THREE, volume=FOUR, price_chg_pct=ONE),
            Quote(TWO, low=ONE, high=THREE, volume=FOUR, day=ONE),
        ),
        (Level1(ask=Level(THREE, ONE), bid=Level(ONE, THREE)), TOP),
        (Level1(ask=Level(THREE, ONE)), Quote(None, None, THREE, None, None, ONE)),
        (
            Depth(asks=(Level(THREE, ONE), Level(FOUR, ONE)), bids=(Level(ONE, THREE),)),
            TOP._replace(imbalance=Decimal("0.2"), levels=(1, 2)),
        ),
        (Depth(), Quote(levels=(0, 0))),
        (
            OrderBook("X", 7, Ladder([(ONE, THREE)], falls=True), Ladder([(THREE, ONE)]), stale=True),
            TOP._replace(imbalance=Decimal("0.5"), levels=(1, 1), is_stale=True),
        ),
        (Level2Change(asks=(Change(THREE, FOUR, 8),), bids=(Change(ONE, TWO, 7),)), Quote(THREE, ONE, THREE, FOUR)),
        (Level2Change(bids=(Change(ONE, TWO, 7),)), Quote(ONE, ONE, None, TWO)),
        (Level2Change(), Quote()),
        (
            Snapshot(
                last_traded_price=TWO, buy=ONE, sell=THREE, bid_size=THREE, ask_size=ONE, vol=FOUR, change_rate=ONE
            ),
            Quote(TWO, ONE, THREE, None, THREE, ONE, volume=FOUR, day=ONE),
        ),
    ],
)
def test_a_message_says_what_it_knows(message: Message, facts: Quote) -> None:
    assert quote(message) == facts


def test_only_the_best_ten_levels_of_a_book_are_weighed() -> None:
    bids = Ladder([(Decimal(100 - place), ONE) for place in range(30)], falls=True)
    asks = Ladder([(Decimal(200 + place), ONE if place < WEIGHED else FOUR) for place in range(30)])
    assert quote(OrderBook("X", 7, bids, asks)).imbalance == 0
    depth = Depth(bids=bids[:], asks=asks[:])
    assert quote(depth).imbalance == 0


@pytest.mark.parametrize(
    ("message", "value"),
    [
        (Indicator(value=TWO, granularity=5), TWO),
        (CallAuction(estimated_price=TWO, estimated_size=ONE), TWO),
        (FuturesTickerV1(size=ONE, price=TWO, best_bid_price=THREE), TWO),
        (FundingSettlement(funding_rate=TWO), TWO),
        (FundingRate(funding_rate=TWO), None),
        (Unknown(), None),
    ],
)
def test_a_message_without_a_reader_of_its_own_shows_its_price_or_its_first_number(
    message: Message, value: Decimal | None
) -> None:
    assert quote(message) == Quote(value)


@pytest.mark.parametrize("kind", [Ticker, Match, Candle, Level1, Level2Change, Snapshot, FuturesSnapshot])
def test_a_message_without_anything_leaves_them_empty(kind: type[Message]) -> None:
    assert quote(kind()) == Quote()
