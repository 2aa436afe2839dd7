"""Data of the frames of futures orders. Sizes are strings on orders and numbers on stop orders."""

from typing import Any

from rx_kucoin.simulator._account import PlacedOrder, PlacedStopOrder, plain
from rx_kucoin.simulator._position import MarginMode

__all__ = ["order_data", "stop_data"]


def order_data(order: PlacedOrder, mode: MarginMode, kind: str, status: str, now_ns: int) -> dict[str, Any]:
    """Return the data of `orderChange` and `symbolOrderChange`; both times in ns."""
    return {
        "symbol": order.symbol,
        "orderType": "market" if order.price is None else "limit",
        "side": order.side,
        "canceledSize": "0",
        "orderId": order.order_id,
        "positionSide": "BOTH",
        "marginMode": mode,
        "type": kind,
        "orderTime": order.placed_ns,
        "size": plain(order.size),
        "filledSize": plain(order.filled),
        "price": "" if order.price is None else plain(order.price),
        "allCanceledSize": plain(order.canceled),
        "remainSize": plain(order.remain),
        "clientOid": order.client_oid,
        "tradeType": "trade",
        "status": status,
        "ts": now_ns // 1_000_000 * 1_000_000,
    }


def stop_data(stop: PlacedStopOrder, mode: MarginMode, kind: str, now_ns: int) -> dict[str, Any]:
    """Return the data of `stopOrder`; `createdAt` in ms, `ts` in ns."""
    return {
        "createdAt": stop.placed_ns // 1_000_000,
        "marginMode": mode,
        "orderId": stop.order_id,
        "orderPrice": "" if stop.price is None else plain(stop.price),
        "orderType": "stop",
        "side": stop.side,
        "size": int(stop.size),
        "stop": stop.stop,
        "stopPrice": plain(stop.stop_price),
        "stopPriceType": stop.kind,
        "symbol": stop.symbol,
        "ts": now_ns,
        "type": kind,
    }
