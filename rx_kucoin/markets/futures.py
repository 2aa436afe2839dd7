"""The futures market: public streams, and those of one's own account. Sizes are in contracts, but where it is said."""

from typing import Literal

from reactivex import Observable

from rx_kucoin.markets.base import MarketStreams, followable
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.snapshots import WHOLE
from rx_kucoin.orderbook.top_of_book import of_ticker
from rx_kucoin.protocol.listings import Contract
from rx_kucoin.protocol.messages.balances import AvailableBalance, FuturesBalance, OrderMargin, WithdrawHold
from rx_kucoin.protocol.messages.base import Unknown
from rx_kucoin.protocol.messages.futures import (
    FundingRate,
    FundingSettlement,
    FuturesSnapshot,
    FuturesTicker,
    FuturesTickerV1,
    MarkPrice,
)
from rx_kucoin.protocol.messages.orders import FuturesOrder, FuturesStopOrder
from rx_kucoin.protocol.messages.positions import (
    CrossLeverageChange,
    MarginModeChange,
    Position,
    PositionSettlement,
    RiskLimitChange,
)
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level2Change, Match

__all__ = ["Futures"]


class Futures(MarketStreams):
    """Streams of the futures market, as `kucoin.futures`. Bitcoin is XBT there: "XBTUSDTM".

    Every method raises `ValueError` where a symbol is malformed, or none is named.
    """

    _market = "futures"
    _top = ("ticker", of_ticker)

    def __repr__(self) -> str:
        return "<Futures of KuCoin>"

    def ticker(self, *symbols: str) -> Observable[FuturesTicker]:
        """Stream best bid and ask of these contracts, at every change of the book."""
        return self.channel("ticker", *symbols)

    def ticker_v1(self, *symbols: str) -> Observable[FuturesTickerV1]:
        """Stream last trade and best bid and ask of these contracts, at every trade. KuCoin advises `ticker`."""
        return self.channel("ticker_v1", *symbols)

    def match(self, *symbols: str) -> Observable[Match]:
        """Stream the trades of these contracts."""
        return self.channel("match", *symbols)

    def candles(self, symbol: str, interval: str = "1min") -> Observable[Candle]:
        """Stream the candle of a contract as it forms, every second. See `closed_candles` for those that are final.

        Raises:
            ValueError: a malformed symbol, or an interval that KuCoin does not have.
        """
        return self.channel("candles", symbol, interval=interval)

    @followable
    def depth(self, symbol: str, levels: Literal[5, 50] = 5) -> Observable[Depth]:
        """Stream the best 5 or 50 levels of a contract, every 100 ms, changed or not.

        Raises:
            ValueError: a malformed symbol, or another number of levels.
        """
        return self._depth(symbol, levels)

    def level2(self, *symbols: str) -> Observable[Level2Change]:
        """Stream every change of the books of these contracts, one level each, without a hole."""
        return self.channel("level2", *symbols)

    @followable
    def book(
        self, symbol: str, depth: Literal[1, 5, 50] | None = None, *, every: float | None = None
    ) -> Observable[OrderBook]:
        """Stream the order book of a contract, sizes in contracts: see `KuCoin.book`. It needs no key.

        Args:
            symbol: Whose book.
            depth: How many levels a side; None: all that can be had, which have been 1,000 at most.
            every: Seconds: the latest book at most that often. The first one and one that is stale come at once, the
                others on a thread that all such books share: who is slow holds up no line.

        Raises:
            ValueError: a malformed symbol, another depth, or a time that is not above 0.
        """
        return self._book(symbol, depth, every, {None: WHOLE["futures"]})

    def instrument(self, *symbols: str) -> Observable[MarkPrice | FundingRate]:
        """Stream mark and index price of these contracts every second, and the funding rate every minute."""
        return self.channel("instrument", *symbols)

    def announcements(self, *symbols: str) -> Observable[FundingSettlement]:
        """Stream the beginning and the end of each funding settlement, of these contracts or of all."""
        return self.channel("announcements", *symbols)

    def snapshot(self, *symbols: str) -> Observable[FuturesSnapshot]:
        """Stream the 24 h statistics of these contracts, every 5 s each."""
        return self.channel("snapshot", *symbols)

    def orders(self, *symbols: str) -> Observable[FuturesOrder]:
        """Stream every change of one's own orders, in these contracts or in all. Private."""
        return self.channel("orders", *symbols)

    def stop_orders(self) -> Observable[FuturesStopOrder]:
        """Stream every change of one's own stop orders. Private."""
        return self.channel("stop_orders")

    def balances(self) -> Observable[FuturesBalance | OrderMargin | AvailableBalance | WithdrawHold | Unknown]:
        """Stream every change of one's own futures account, one currency each. Private.

        All but `FuturesBalance` are older kinds, which KuCoin advises against and may still send.
        """
        return self.channel("balances")

    @followable
    def positions(self, *symbols: str) -> Observable[Position | PositionSettlement | RiskLimitChange | Unknown]:
        """Stream every change of one's own positions, in these contracts or in all. Private."""
        return self.channel("position", *symbols) if symbols else self.channel("all_positions")

    def margin_mode(self) -> Observable[MarginModeChange]:
        """Stream every change between cross and isolated margin. Private."""
        return self.channel("margin_mode")

    def cross_leverage(self) -> Observable[CrossLeverageChange]:
        """Stream every change of a contract's leverage in cross margin. Private."""
        return self.channel("cross_leverage")

    def contracts(self) -> Observable[tuple[Contract, ...]]:
        """Ask the exchange for the contracts that are open, with their rules: emits them all at once, and completes."""
        return self._engine.listing("futures")
