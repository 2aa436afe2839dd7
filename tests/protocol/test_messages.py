"""What users receive."""

import copy
import gc
import pickle
from decimal import Decimal

import pytest

from rx_kucoin.protocol.messages.base import Change, Level, Message
from rx_kucoin.protocol.messages.futures import (
    FundingRate,
    FundingSettlement,
    FuturesSnapshot,
    FuturesTicker,
    FuturesTickerV1,
    MarkPrice,
)
from rx_kucoin.protocol.messages.margin import Indicator
from rx_kucoin.protocol.messages.spot import (
    CallAuction,
    Candle,
    Depth,
    Level1,
    Level2Change,
    MarketChange,
    Match,
    Snapshot,
    Ticker,
)
from rx_kucoin.protocol.messages.words import FundingEvent, Side
from rx_kucoin.protocol.raw import Push

ALL = [
    Ticker("BTC-USDT", price=Decimal("1.5")),
    Match("BTC-USDT", side="buy"),
    Level1("BTC-USDT", ask=Level(Decimal(1), Decimal(2))),
    Depth("BTC-USDT", asks=(Level(Decimal(1), Decimal(2)),)),
    Level2Change("BTC-USDT", 1, 2, bids=(Change(Decimal(1), Decimal(0), 2),)),
    Candle("BTC-USDT", "1min", close=Decimal(1)),
    Snapshot("BTC-USDT", markets=("USDS",), market_change1h=MarketChange(vol=Decimal(1)), extra={"new": 1}),
    CallAuction("BTC-USDT", estimated_price=Decimal(1)),
    Indicator("BTC-USDT", value=Decimal(1)),
    FuturesTicker("BTC-USDT", sequence=1),
    FuturesTickerV1("BTC-USDT", side=Side("new")),
    MarkPrice("BTC-USDT", mark_price=Decimal(1)),
    FundingRate("BTC-USDT", funding_rate=Decimal(1)),
    FundingSettlement("BTC-USDT", event=FundingEvent.END),
    FuturesSnapshot("BTC-USDT", price24_hours_before=Decimal(1)),
    Push(topic="/market/ticker:BTC-USDT", data={"price": Decimal(1)}),
]


@pytest.mark.parametrize("message", ALL, ids=lambda message: type(message).__name__)
def test_a_message_cannot_be_changed(message: Message) -> None:
    with pytest.raises(AttributeError):
        message.symbol = "ETH-USDT"  # type: ignore[misc]
    assert message.symbol == "BTC-USDT"


@pytest.mark.parametrize("message", ALL, ids=lambda message: type(message).__name__)
def test_a_message_equals_its_copy_and_survives_a_pickle(message: Message) -> None:
    assert copy.deepcopy(message) == message
    assert pickle.loads(pickle.dumps(message)) == message  # noqa: S301


@pytest.mark.parametrize("message", ALL, ids=lambda message: type(message).__name__)
def test_the_collector_need_not_walk_a_message(message: Message) -> None:
    assert not gc.is_tracked(message)


def test_what_the_exchange_left_out_is_none() -> None:
    ticker = Ticker()
    assert (ticker.symbol, ticker.price, ticker.time_ns) == ("", None, None)
    assert (Depth().asks, Level2Change().bids, Snapshot().markets) == ((), (), ())


def test_prices_of_a_book_have_names() -> None:
    price, size = level = Level(Decimal(1), Decimal(2))
    assert (level.price, level.size) == (price, size)
    assert Change(Decimal(1), Decimal(0), 7).sequence == 7
