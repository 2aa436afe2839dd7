"""A scripted spot account: orders, stop orders and balances change, and the changes are published as KuCoin does."""

from decimal import Decimal
from typing import Any, Final, Literal

from rx_kucoin.simulator._account import (
    Account,
    AccountContext,
    Amount,
    PlacedOrder,
    PlacedStopOrder,
    Side,
    exact,
    on_exchange_thread,
    plain,
)
from rx_kucoin.simulator._ledger import Ledger, SpotBalance
from rx_kucoin.simulator._margin_account import MarginAccount

__all__ = ["SpotAccount", "Stop", "TradeType"]

Stop = Literal["loss", "entry", "l_l_o", "l_s_o", "e_l_o", "e_s_o", "tso"]
TradeType = Literal["TRADE", "MARGIN_TRADE", "MARGIN_ISOLATED_TRADE"]

FEE: Final = Decimal("0.001")
V1, V2, STOPS = "/spotMarket/tradeOrders", "/spotMarket/tradeOrdersV2", "/spotMarket/advancedOrders"


class SpotAccount(Account):
    """The spot account of the exchange. It changes only by these methods; each may be called from any thread.

    Amounts are exact: `Decimal`, `int` or `str`. A limit order is a maker, an order without a price a taker. An order
    that cannot be paid for, or is done already, raises `ValueError`, and nothing is published.

    Example:
        >>> from decimal import Decimal
        >>> from rx_kucoin.simulator import Simulator
        >>> exchange = Simulator(rate=0)
        >>> exchange.account.deposit("USDT", "1000")
        >>> order = exchange.account.place("BTC-USDT", "buy", "0.01", "80000")
        >>> exchange.account.fill(order, "0.004")
        >>> exchange.account.balances["USDT"].hold == Decimal("480.48")
        True
    """

    def __init__(self, context: AccountContext) -> None:
        super().__init__(context)
        self._ledger = Ledger(context)
        self.margin = MarginAccount(context, lambda: self._ledger.balances("trade"))
        """The margin account's debts."""
        self.orders: list[PlacedOrder] = []
        """Every order so far, in the order they were placed."""

    @property
    def balances(self) -> dict[str, SpotBalance]:
        """Balances of the trading account."""
        return self._context.run(lambda: self._ledger.balances("trade"))

    @on_exchange_thread
    def deposit(self, currency: str, amount: Amount) -> None:
        """Deposit to the main account and transfer to the trading account: three balance frames."""
        worth = exact(amount)
        if worth <= 0:
            raise ValueError("what is brought in is more than 0")
        self._ledger.move("main", currency, "deposit", available=worth)
        self._ledger.move("main", currency, "transfer", available=-worth)
        self._ledger.move("trade", currency, "transfer", available=worth)

    @on_exchange_thread
    def place(
        self, symbol: str, side: Side, size: Amount, price: Amount | None = None, *, client_oid: str | None = None
    ) -> PlacedOrder:
        """Place an order: a hold, then `received` (V2 only), then `open` unless it is a market order."""
        return self._enter(self._payable(symbol, side, size, price, client_oid))

    @on_exchange_thread
    def fill(self, order: PlacedOrder, size: Amount | None = None, *, price: Amount | None = None) -> None:
        """Match `size` of an order, or all that is left: `match`, `filled` if it is done, then both balances."""
        part, at, match = self._match(order, size, price)
        base, _, quote = order.symbol.partition("-")
        held = _held(order, part)
        rest = held - at * part * (1 + FEE)
        if order.side == "buy" and self._ledger.available("trade", quote) + rest < 0:
            raise ValueError(f"not enough {quote} to pay {plain(at)}")
        order.take(part)
        self._publish(order, "match", "match" if order.price is None else "open", **match)
        if order.is_done:
            self._publish(order, "filled", "done", remainFunds="0")
        context = {**_context(order), "tradeId": match["tradeId"]}
        if order.side == "buy":
            self._ledger.move("trade", quote, "setted", available=rest, hold=-held, context=context)
            self._ledger.move("trade", base, "setted", available=part, context=context)
        else:
            self._ledger.move("trade", base, "setted", hold=-held, context=context)
            self._ledger.move("trade", quote, "setted", available=at * part * (1 - FEE), context=context)

    @on_exchange_thread
    def update(self, order: PlacedOrder, size: Amount) -> None:
        """Reduce an order to `size`: `update`, and part of the hold is released."""
        before = order.size
        finish = order.shrink(size)
        self._publish(order, "update", "open", oldSize=plain(before))
        self._release(order, finish)

    @on_exchange_thread
    def cancel(self, order: PlacedOrder) -> None:
        """Cancel what is left of an order: `canceled`, and the hold is released."""
        finish = order.end()
        funds = finish * order.worth if order.side == "buy" else Decimal(0)
        self._publish(order, "canceled", "done", remainFunds=plain(funds))
        self._release(order, finish)

    @on_exchange_thread
    def place_stop(
        self,
        symbol: str,
        side: Side,
        size: Amount,
        *,
        stop_price: Amount,
        price: Amount | None = None,
        stop: Stop = "loss",
        trade_type: TradeType = "TRADE",
    ) -> PlacedStopOrder:
        """Place a stop order: `open`. Nothing is held for it."""
        name = f"vs{self._name()[:22]}"
        order = self._waiting(symbol, side, size, price, stop_price, order_id=name, stop=stop, kind=trade_type)
        self._publish_stop(order, "open")
        return order

    @on_exchange_thread
    def trigger(self, stop: PlacedStopOrder) -> PlacedOrder:
        """Trigger a stop order: `triggered`, then its order is placed."""
        order = self._payable(stop.symbol, stop.side, stop.size, stop.price)
        stop.end()
        self._publish_stop(stop, "triggered")
        return self._enter(order)

    @on_exchange_thread
    def cancel_stop(self, stop: PlacedStopOrder) -> None:
        """Cancel a stop order: `cancel`."""
        stop.end()
        self._publish_stop(stop, "cancel")

    def _payable(
        self, symbol: str, side: Side, size: Amount, price: Amount | None, client_oid: str | None = None
    ) -> PlacedOrder:
        """Make an order, or raise `ValueError` if it cannot be paid for."""
        common = self._placed(symbol, side, size, price)
        order = PlacedOrder(**common, order_id=self._name(), client_oid=client_oid or self._name())
        currency, held = _pays(order), _held(order, order.size)
        if self._ledger.available("trade", currency) < held:
            raise ValueError(f"not enough {currency}: {plain(held)} is needed")
        return order

    def _enter(self, order: PlacedOrder) -> PlacedOrder:
        held = _held(order, order.size)
        self._ledger.move("trade", _pays(order), "hold", available=-held, hold=held, context=_context(order))
        self.orders.append(order)
        self._publish(order, "received", "new")
        if order.price is not None:
            self._publish(order, "open", "open")
        return order

    def _release(self, order: PlacedOrder, size: Decimal) -> None:
        held = _held(order, size)
        self._ledger.move("trade", _pays(order), "hold", available=held, hold=-held, context=_context(order))

    def _publish(self, order: PlacedOrder, kind: str, status: str, **more: str) -> None:
        data: dict[str, Any] = {
            "clientOid": order.client_oid,
            "orderId": order.order_id,
            "orderTime": order.placed_ns // 1_000_000,
            "orderType": "market" if order.price is None else "limit",
            "originSize": plain(order.origin),
            "side": order.side,
            "status": status,
            "symbol": order.symbol,
            "ts": self._context.clock(),
            "type": kind,
        }
        if order.price is not None:
            data["price"] = plain(order.price)
        if kind == "received":
            self._context.publish(V2, "orderChange", data)
            return
        data |= {
            "size": plain(order.size),
            "filledSize": plain(order.filled),
            "canceledSize": plain(order.canceled),
            "remainSize": plain(order.size - order.filled if kind == "match" else order.remain),
            **more,
        }
        self._context.publish(V2, "orderChange", data)
        self._context.publish(V1, "orderChange", data)

    def _publish_stop(self, stop: PlacedStopOrder, kind: str) -> None:
        data = {
            "orderId": stop.order_id,
            "orderPrice": None if stop.price is None else plain(stop.price),
            "orderType": "stop",
            "side": stop.side,
            "size": plain(stop.size),
            "stop": stop.stop,
            "stopPrice": plain(stop.stop_price),
            "symbol": stop.symbol,
            "tradeType": stop.kind,
            "type": kind,
            "createdAt": stop.placed_ns // 1_000_000,
            "ts": self._context.clock(),
        }
        self._context.publish(STOPS, "stopOrder", data)


def _pays(order: PlacedOrder) -> str:
    base, _, quote = order.symbol.partition("-")
    return quote if order.side == "buy" else base


def _held(order: PlacedOrder, size: Decimal) -> Decimal:
    """What is held for so much of an order: a buyer's fee too."""
    return order.worth * size * (1 + FEE) if order.side == "buy" else size


def _context(order: PlacedOrder) -> dict[str, str]:
    return {"symbol": order.symbol, "orderId": order.order_id}
