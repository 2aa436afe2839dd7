"""The three charts."""

from collections.abc import Sequence
from typing import Any

from reactivex import Observable

from rx_kucoin.notebook._candles import Candles
from rx_kucoin.notebook._chart import Chart
from rx_kucoin.notebook._depth import Books
from rx_kucoin.notebook._lines import Lines
from rx_kucoin.notebook._reading import Field

__all__ = ["book_chart", "candle_chart", "live_chart"]


def live_chart(
    observable: Observable[Any],
    *,
    y: Field | Sequence[Field] | None = None,
    x: Field | None = None,
    by: Field | None = None,
    points: int = 10_000,
    fps: float = 10,
    title: str | None = None,
    height: int = 320,
    name: str | None = None,
) -> Chart:
    """Draw a stream as lines that move: of numbers, of messages, or of tuples.

        live_chart(kucoin.ticker("BTC-USDT"), y=["best_bid", "best_ask"])
        live_chart(kucoin.match("BTC-USDT", "ETH-USDT"), y="price", by="symbol")

    Args:
        observable: The stream. Pairs are x and y; dates are times.
        y: What is drawn of each item: a field ("price", "bid.price"), a place in a tuple, a function, or a list of
            these, with a line for each. None: the item itself.
        x: Where it stands from left to right. None: at its `time_ns`, or else at the time of its receipt.
        by: What makes lines of their own, such as "symbol".
        points: How many are kept, of all lines together.
        fps: Frames a second, at most.
        title: What stands above; None: what is drawn, in words.
        height: In pixels.
        name: A chart of the same name that lives already is stopped.

    Raises:
        ValueError: fewer than 2 points, or a height or frame rate that none can have.
        ImportError: in a notebook, without the packages of the extra.
    """
    several: Any = y
    if y is None or isinstance(y, str) or not isinstance(y, Sequence):
        several = [] if y is None else [y]
    return Chart(observable, Lines(several, x, by, points), title=title, height=height, fps=fps, name=name)


def candle_chart(
    candles: Observable[Any],
    bars: int = 200,
    *,
    fps: float = 10,
    title: str | None = None,
    height: int = 380,
    name: str | None = None,
) -> Chart:
    """Draw the candles of a symbol, closed ones or one that forms, with their volume.

        candle_chart(kucoin.candles("BTC-USDT", "1min"))

    Args:
        candles: `Candle`s, `ClosedCandle`s, or both merged: the latest state of each bar is drawn.
        bars: How many are kept.
        fps: Frames a second, at most.
        title: What stands above; None: symbol and interval.
        height: In pixels.
        name: A chart of the same name that lives already is stopped.

    Raises:
        ValueError, ImportError: as in `live_chart`.
    """
    return Chart(candles, Candles(bars), title=title, height=height, fps=fps, name=name)


def book_chart(
    books: Observable[Any],
    levels: int = 50,
    *,
    fps: float = 10,
    title: str | None = None,
    height: int = 320,
    name: str | None = None,
) -> Chart:
    """Draw an order book: how much stands up to each price, and the best prices.

    One that is stale is grey, and says so.

        book_chart(kucoin.book("BTC-USDT", every=0.1))

    Args:
        books: `OrderBook`s, or `Depth`s.
        levels: How many of each side are drawn.
        fps: Frames a second, at most.
        title: What stands above; None: the symbol.
        height: In pixels.
        name: A chart of the same name that lives already is stopped.

    Raises:
        ValueError, ImportError: as in `live_chart`.
    """
    return Chart(books, Books(levels), title=title, height=height, fps=fps, name=name)
