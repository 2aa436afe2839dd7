from decimal import Decimal

import pytest

from rx_kucoin.cli._quotes import Quote, quote
from rx_kucoin.protocol.messages.base import Change, Level, Message
from rx_kucoin.protocol.messages.closed import ClosedCandle
from rx_kucoin.protocol.messages.futures import FuturesSnapshot, FuturesTicker
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker

ONE, TWO, THREE, FOUR = (Decimal(number) for number in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("message", "columns"),
    [
        (Ticker(price=TWO, best_bid=ONE, best_ask=THREE, size=FOUR), Quote(TWO, ONE, THREE, FOUR)),
        (Match(price=TWO, size=FOUR), Quote(TWO, None, None, FOUR)),
        (Candle(close=TWO, low=ONE, high=THREE, volume=FOUR), Quote(TWO, ONE, THREE, FOUR)),
        (ClosedCandle(close=TWO, low=ONE, high=THREE, volume=FOUR), Quote(TWO, ONE, THREE, FOUR)),
        (
            FuturesTicker(best_bid_price=ONE, best_bid_size=THREE, best_ask_price=THREE, best_ask_size=ONE),
            Quote(TWO, ONE, THREE, FOUR),
        ),
        (FuturesTicker(best_bid_price=ONE), Quote()),
        (FuturesSnapshot(last_price=TWO, low_price=ONE, high_price=THREE, volume=FOUR), Quote(TWO, ONE, THREE, FOUR)),
        (Level1(ask=Level(THREE, ONE), bid=Level(ONE, THREE)), Quote(TWO, ONE, THREE, FOUR)),
        (Level1(ask=Level(THREE, ONE)), Quote(None, None, THREE, None)),
        (Depth(asks=(Level(THREE, ONE), Level(FOUR, ONE)), bids=(Level(ONE, THREE),)), Quote(TWO, ONE, THREE, FOUR)),
        (Depth(), Quote()),
        (Level2Change(asks=(Change(THREE, FOUR, 8),), bids=(Change(ONE, TWO, 7),)), Quote(THREE, ONE, THREE, FOUR)),
        (Level2Change(bids=(Change(ONE, TWO, 7),)), Quote(ONE, ONE, None, TWO)),
        (Level2Change(), Quote()),
        (Snapshot(last_traded_price=TWO, buy=ONE, sell=THREE, vol=FOUR), Quote(TWO, ONE, THREE, FOUR)),
    ],
)
def test_a_message_fills_the_columns(message: Message, columns: Quote) -> None:
    assert quote(message) == columns


@pytest.mark.parametrize("kind", [Ticker, Match, Candle, Level1, Depth, Level2Change, Snapshot])
def test_a_message_without_anything_leaves_them_empty(kind: type[Message]) -> None:
    assert quote(kind()) == Quote()
