"""Ways of keeping a book, each as quick as it goes: typed changes come, best bid and best ask are read after each."""

from bisect import bisect_left
from collections.abc import Iterable
from importlib.util import find_spec
from operator import itemgetter
from typing import Any, Final, Protocol

from benchmarks.books.work import Levels
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.levels import Ladder
from rx_kucoin.protocol.messages.spot import Level2Change

__all__ = ["FLOOR", "OURS", "WAYS", "Way", "missing"]


class Way(Protocol):
    """One way; it starts with these levels."""

    label: str
    needs: str
    """What has to be installed: its name of import and of the package index."""

    def __init__(self, bids: Levels, asks: Levels) -> None: ...

    def play(self, changes: Iterable[Level2Change]) -> None:
        """Apply changes, and read the best of both sides after each."""
        ...

    def sides(self) -> tuple[Levels, Levels]:
        """Give what it holds now, in rising order."""
        ...


def missing(way: type[Way]) -> str | None:
    """Tell what is not installed that this way needs."""
    return None if not way.needs or find_spec(way.needs) else way.needs


class Dicts:
    label = "dict (no order, no best: the floor)"
    needs = ""

    def __init__(self, bids: Levels, asks: Levels) -> None:
        self._bids, self._asks = dict(bids), dict(asks)

    def play(self, changes: Iterable[Level2Change]) -> None:
        bids, asks = self._bids, self._asks
        for change in changes:
            for price, size, _ in change.bids:
                if size:
                    bids[price] = size
                else:
                    bids.pop(price, None)
            for price, size, _ in change.asks:
                if size:
                    asks[price] = size
                else:
                    asks.pop(price, None)

    def sides(self) -> tuple[Levels, Levels]:
        return sorted(self._bids.items()), sorted(self._asks.items())


class Books:
    label = "rx_kucoin: OrderBook.after"
    needs = ""

    def __init__(self, bids: Levels, asks: Levels) -> None:
        self.book = OrderBook("BTC-USDT", 0, Ladder(bids, falls=True), Ladder(asks))

    def play(self, changes: Iterable[Level2Change]) -> None:
        book = self.book
        for change in changes:
            book = book.after(change)
            _ = book.best_bid, book.best_ask
        self.book = book

    def sides(self) -> tuple[Levels, Levels]:
        return list(reversed(self.book.bids)), list(self.book.asks)


class Ladders:
    label = "  Ladder.put alone"
    needs = ""

    def __init__(self, bids: Levels, asks: Levels) -> None:
        self._bids, self._asks = Ladder(bids, falls=True), Ladder(asks)

    def play(self, changes: Iterable[Level2Change]) -> None:
        bids, asks = self._bids, self._asks
        for change in changes:
            for price, size, _ in change.bids:
                bids = bids.put(price, size)
            for price, size, _ in change.asks:
                asks = asks.put(price, size)
            _ = bids.best, asks.best
        self._bids, self._asks = bids, asks

    def sides(self) -> tuple[Levels, Levels]:
        return list(reversed(self._bids)), list(self._asks)


class Sorted:
    label = "SortedDict, in place"
    needs = "sortedcontainers"

    def __init__(self, bids: Levels, asks: Levels) -> None:
        from sortedcontainers import SortedDict  # noqa: PLC0415  where it is installed

        self._bids: Any = SortedDict(bids)
        self._asks: Any = SortedDict(asks)

    def play(self, changes: Iterable[Level2Change]) -> None:
        bids, asks = self._bids, self._asks
        for change in changes:
            for price, size, _ in change.bids:
                if size:
                    bids[price] = size
                else:
                    bids.pop(price, None)
            for price, size, _ in change.asks:
                if size:
                    asks[price] = size
                else:
                    asks.pop(price, None)
            _ = bids.peekitem(-1), asks.peekitem(0)

    def sides(self) -> tuple[Levels, Levels]:
        return list(self._bids.items()), list(self._asks.items())


class SortedCopied(Sorted):
    label = "SortedDict, copied before it is changed"

    def play(self, changes: Iterable[Level2Change]) -> None:
        for change in changes:
            if change.bids:
                self._bids = self._bids.copy()
            if change.asks:
                self._asks = self._asks.copy()
            super().play((change,))


class Bisected:
    label = "bisect on a list, sizes in a dict, in place"
    needs = ""

    def __init__(self, bids: Levels, asks: Levels) -> None:
        self._bids, self._asks = dict(bids), dict(asks)
        self._bid_prices, self._ask_prices = sorted(self._bids), sorted(self._asks)

    def play(self, changes: Iterable[Level2Change]) -> None:
        for change in changes:
            for rows, prices, sizes in (
                (change.bids, self._bid_prices, self._bids),
                (change.asks, self._ask_prices, self._asks),
            ):
                for price, size, _ in rows:
                    if size:
                        if price not in sizes:
                            prices.insert(bisect_left(prices, price), price)
                        sizes[price] = size
                    elif price in sizes:
                        del prices[bisect_left(prices, price)], sizes[price]
            bid, ask = self._bid_prices[-1], self._ask_prices[0]
            _ = (bid, self._bids[bid]), (ask, self._asks[ask])

    def sides(self) -> tuple[Levels, Levels]:
        bids, asks = self._bids, self._asks
        return [(price, bids[price]) for price in self._bid_prices], [
            (price, asks[price]) for price in self._ask_prices
        ]


class BisectedCopied(Bisected):
    label = "bisect and dict, copied before"

    def play(self, changes: Iterable[Level2Change]) -> None:
        for change in changes:
            if change.bids:
                self._bids, self._bid_prices = self._bids.copy(), self._bid_prices.copy()
            if change.asks:
                self._asks, self._ask_prices = self._asks.copy(), self._ask_prices.copy()
            super().play((change,))


class Cryptofeeds:
    label = "order_book (C, of cryptofeed), in place"
    needs = "order_book"

    def __init__(self, bids: Levels, asks: Levels) -> None:
        from order_book import OrderBook as Book  # noqa: PLC0415  # where it is installed

        self._book: Any = Book()
        self._book.bids, self._book.asks = dict(bids), dict(asks)

    def play(self, changes: Iterable[Level2Change]) -> None:
        bids, asks = self._book.bids, self._book.asks
        for change in changes:
            for price, size, _ in change.bids:
                if size:
                    bids[price] = size
                elif price in bids:
                    del bids[price]
            for price, size, _ in change.asks:
                if size:
                    asks[price] = size
                elif price in asks:
                    del asks[price]
            _ = bids.index(0), asks.index(0)

    def sides(self) -> tuple[Levels, Levels]:
        told = self._book.to_dict()
        return sorted(told["bid"].items(), key=itemgetter(0)), sorted(told["ask"].items(), key=itemgetter(0))


FLOOR: Final = Dicts
OURS: Final = Books
WAYS: Final[tuple[type[Way], ...]] = (
    Dicts,
    Books,
    Ladders,
    Sorted,
    SortedCopied,
    Bisected,
    BisectedCopied,
    Cryptofeeds,
)
"""The floor, ours, and others."""
