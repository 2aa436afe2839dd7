"""The spot market, with margin: public streams, and those of one's own account."""

from typing import Literal

from reactivex import Observable

from rx_kucoin.markets.base import MarketStreams, followable
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.snapshots import BEST, WHOLE
from rx_kucoin.orderbook.top_of_book import of_level1
from rx_kucoin.protocol.listings import Symbol
from rx_kucoin.protocol.messages.balances import Balance, DebtRatio, IsolatedMarginPosition, MarginStatus
from rx_kucoin.protocol.messages.base import Unknown
from rx_kucoin.protocol.messages.margin import Indicator
from rx_kucoin.protocol.messages.orders import Order, StopOrder
from rx_kucoin.protocol.messages.spot import CallAuction, Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker

__all__ = ["Spot"]


class Spot(MarketStreams):
    """Streams of the spot market. Every method raises `ValueError` where a symbol is malformed, or none is named."""

    _market = "spot"
    _top = ("level1", of_level1)

    def ticker(self, *symbols: str) -> Observable[Ticker]:
        """Stream last trade and best bid and ask of these symbols, at most every 100 ms each."""
        return self.channel("ticker", *symbols)

    def tickers(self) -> Observable[Ticker]:
        """Stream the tickers of all symbols."""
        return self.channel("ticker", "all")

    def match(self, *symbols: str) -> Observable[Match]:
        """Stream the trades of these symbols."""
        return self.channel("match", *symbols)

    def candles(self, symbol: str, interval: str = "1min") -> Observable[Candle]:
        """Stream the candle of a symbol as it forms. See `closed_candles` for those that are final.

        Raises:
            ValueError: a malformed symbol, or an interval that KuCoin does not have.
        """
        return self.channel("candles", symbol, interval=interval)

    def level1(self, *symbols: str) -> Observable[Level1]:
        """Stream best bid and ask of these symbols, at most every 10 ms each."""
        return self.channel("level1", *symbols)

    @followable
    def depth(self, symbol: str, levels: Literal[5, 50] = 5) -> Observable[Depth]:
        """Stream the best 5 or 50 levels of a symbol, every 100 ms.

        Raises:
            ValueError: a malformed symbol, or another number of levels.
        """
        return self._depth(symbol, levels)

    def level2(self, *symbols: str) -> Observable[Level2Change]:
        """Stream every change of the books of these symbols, in ranges without a hole."""
        return self.channel("level2", *symbols)

    @followable
    def book(
        self, symbol: str, depth: Literal[1, 5, 50, 100] | None = None, *, every: float | None = None
    ) -> Observable[OrderBook]:
        """Stream the order book of a symbol: an immutable one after every change, calibrated and never wrong.

        Where something is lost (the line went down, a change is missing) the last one comes once more with `stale` set,
        until the book is right again; a renewal loses nothing. `kucoin.events` tells why. All who ask share the book,
        and whoever comes later is given the latest one.

        The whole book is asked for by REST with a key: the one of this `KuCoin` or of the environment. Without any, it
        is the best 100 levels of each side: right as far as they go (`known_from`, `known_to`), and asked for anew when
        fewer than half of them are left. 1, 5 and 50 levels come from channels that bring them whole.

        Args:
            symbol: Whose book.
            depth: How many levels a side; None: all that can be had, and 100: without a key in any case.
            every: Seconds: the latest book at most that often. The first one and one that is stale come at once, the
                others on a thread that all such books share: who is slow holds up no line.

        Raises:
            ValueError: a malformed symbol, another depth, or a time that is not above 0.
        """
        sources = {None: WHOLE["spot"] if self._has_key() else BEST, 100: BEST}
        return self._book(symbol, depth, every, sources)

    def snapshot(self, *symbols: str) -> Observable[Snapshot]:
        """Stream the 24 h statistics of these symbols, every 2 s each."""
        return self.channel("snapshot", *symbols)

    def snapshots(self, *markets: str) -> Observable[Snapshot]:
        """Stream the 24 h statistics of all symbols of these markets ("BTC", "USDS", "ALTS" ...), every 2 s each."""
        return self.channel("snapshot", *markets)

    def call_auction(self, *symbols: str) -> Observable[CallAuction]:
        """Stream the estimated price and size of a symbol that is about to be listed, every 100 ms of its auction."""
        return self.channel("call_auction", *symbols)

    def call_auction_depth(self, *symbols: str) -> Observable[Depth]:
        """Stream the best 50 levels of a symbol that is about to be listed, every 100 ms of its auction."""
        return self.channel("call_auction_depth", *symbols)

    def mark_price(self, *symbols: str) -> Observable[Indicator]:
        """Stream the mark prices of margin trading ("USDT-BTC", "ETH-BTC" ...), every second each."""
        return self.channel("mark_price", *symbols)

    def index_price(self, *symbols: str) -> Observable[Indicator]:
        """Stream the index prices of margin trading ("USDT-BTC", "ETH-BTC" ...), every second each."""
        return self.channel("index_price", *symbols)

    def orders(self) -> Observable[Order]:
        """Stream every change of one's own orders, from the moment that the exchange received them. Private."""
        return self.channel("orders")

    def orders_v1(self) -> Observable[Order]:
        """Stream every change of one's own orders from when they are open; `orders` tells more. Private."""
        return self.channel("orders_v1")

    def stop_orders(self) -> Observable[StopOrder]:
        """Stream every change of one's own stop orders. Private."""
        return self.channel("stop_orders")

    def balances(self) -> Observable[Balance]:
        """Stream every change of one's own balances, one currency of one account each. Private."""
        return self.channel("balances")

    def margin_position(self) -> Observable[DebtRatio | MarginStatus | Unknown]:
        """Stream one's own cross margin position: the debt every 4 s while there is any, and each change of status.

        Private.
        """
        return self.channel("margin_position")

    def margin_isolated_position(self, *symbols: str) -> Observable[IsolatedMarginPosition]:
        """Stream every change of one's own isolated margin positions in these symbols. Private."""
        return self.channel("margin_isolated_position", *symbols)

    def symbols(self) -> Observable[tuple[Symbol, ...]]:
        """Ask the exchange for the symbols that it lists, with their rules: emits them all at once, and completes."""
        return self._engine.listing("spot")
