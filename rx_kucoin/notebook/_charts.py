"""The three kinds of chart: `live_chart`, `candle_chart`, `book_chart`."""

from collections.abc import Sequence
from typing import Any

from reactivex import Observable

from rx_kucoin.notebook._candle_series import CandleSeries
from rx_kucoin.notebook._chart import Chart
from rx_kucoin.notebook._depth_series import DepthSeries
from rx_kucoin.notebook._fields import Field
from rx_kucoin.notebook._line_series import LineSeries

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
    """Draw a stream of numbers, messages or tuples as moving lines.

        live_chart(kucoin.ticker("BTC-USDT"), y=["best_bid", "best_ask"])
        live_chart(kucoin.match("BTC-USDT", "ETH-USDT"), y="price", by="symbol")

    Args:
        observable: The stream. Pairs are x and y; dates are times.
        y: The value of an item: a field ("price", "bid.price"), an index into a tuple, a function, or a list of these
            with a line for each. `None`: the item itself.
        x: The position of an item. `None`: its `time_ns`, or else the time of its receipt.
        by: A field, such as "symbol", each value of which has a line of its own.
        points: Points that are kept, of all lines together.
        fps: Most frames a second.
        title: The title. `None`: the symbols and fields.
        height: Height in pixels.
        name: A running chart with this name is stopped.

    Raises:
        ValueError: Fewer than 2 points, or an invalid height or frame rate.
        ImportError: In a notebook, without the packages of the extra.
    """
    several: Any = y
    if y is None or isinstance(y, str) or not isinstance(y, Sequence):
        several = [] if y is None else [y]
    return Chart(observable, LineSeries(several, x, by, points), title=title, height=height, fps=fps, name=name)


def candle_chart(
    candles: Observable[Any],
    bars: int = 200,
    *,
    fps: float = 10,
    title: str | None = None,
    height: int = 380,
    name: str | None = None,
) -> Chart:
    """Draw the candles of a symbol, closed ones or those in progress, with their volume.

        candle_chart(kucoin.candles("BTC-USDT", "1min"))

    Args:
        candles: `Candle`s, `ClosedCandle`s, or both merged: the latest state of each bar is drawn.
        bars: Bars that are kept.
        fps: Most frames a second.
        title: The title. `None`: symbol and interval.
        height: Height in pixels.
        name: A running chart with this name is stopped.

    Raises:
        ValueError, ImportError: As in `live_chart`.
    """
    return Chart(candles, CandleSeries(bars), title=title, height=height, fps=fps, name=name)


def book_chart(
    books: Observable[Any],
    levels: int = 50,
    *,
    fps: float = 10,
    title: str | None = None,
    height: int = 320,
    name: str | None = None,
) -> Chart:
    """Draw an order book: the cumulated size up to each price, and the best prices.

    A stale book is grey and marked as stale.

        book_chart(kucoin.book("BTC-USDT", every=0.1))

    Args:
        books: `OrderBook`s, or `Depth`s.
        levels: Levels of each side that are drawn.
        fps: Most frames a second.
        title: The title. `None`: the symbol.
        height: Height in pixels.
        name: A running chart with this name is stopped.

    Raises:
        ValueError, ImportError: As in `live_chart`.
    """
    return Chart(books, DepthSeries(levels), title=title, height=height, fps=fps, name=name)
