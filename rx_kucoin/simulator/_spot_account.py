"""A spot account by script: orders, stop orders and balances move, and their owner hears of it as KuCoin tells it."""

from decimal import Decimal
from typing import Any, Final, Literal

from rx_kucoin.simulator._account import Account, Amount, Order, Side, StopOrder, Till, at_once, exact, plain
from rx_kucoin.simulator._ledger import Balance, Ledger
from rx_kucoin.simulator._margin_account import MarginAccount

__all__ = ["SpotAccount", "Stop", "TradeType"]

Stop = Literal["loss", "entry", "l_l_o", "l_s_o", "e_l_o", "e_s_o", "tso"]
TradeType = Literal["TRADE", "MARGIN_TRADE", "MARGIN_ISOLATED_TRADE"]

FEE: Final = Decimal("0.001")
V1, V2, STOPS = "/spotMarket/tradeOrders", "/spotMarket/tradeOrdersV2", "/spotMarket/advancedOrders"


class SpotAccount(Account):
    """The one spot account of the exchange. Nothing moves but by these methods; each may be called from any thread.

    Amounts are exact: `Decimal`, `int` or text. A limit order makes, an order without a price takes. What cannot be
    paid for, or has ended already, raises `ValueError`, and nothing is told.

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

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self._ledger = Ledger(till)
        self.margin = MarginAccount(till, lambda: self._ledger.balances("trade"))
        """Debts, which live beside the balances."""
        self.orders: list[Order] = []
        """Every order so far, in the order of their coming."""

    @property
    def balances(self) -> dict[str, Balance]:
        """What the trading account holds."""
        return self._till.run(lambda: self._ledger.balances("trade"))

    @at_once
    def deposit(self, currency: str, amount: Amount) -> None:
        """Bring money in: it comes to the main account, and goes on to the trading account. Three balances tell."""
        worth = exact(amount)
        if worth <= 0:
            raise ValueError("what is brought in is more than 0")
        self._ledger.move("main", currency, "deposit", available=worth)
        self._ledger.move("main", currency, "transfer", available=-worth)
        self._ledger.move("trade", currency, "transfer", available=worth)

    @at_once
    def place(
        self, symbol: str, side: Side, size: Amount, price: Amount | None = None, *, client_oid: str | None = None
    ) -> Order:
        """Take an order in: a hold, then `received` (V2 alone), then `open` unless it takes the market's price."""
        return self._enter(self._payable(symbol, side, size, price, client_oid))

    @at_once
    def fill(self, order: Order, size: Amount | None = None, *, price: Amount | None = None) -> None:
        """Match so much of an order, or the rest: `match`, `filled` at its end, then both balances are settled."""
        part, at, match = self._match(order, size, price)
        base, _, quote = order.symbol.partition("-")
        held = _held(order, part)
        rest = held - at * part * (1 + FEE)
        if order.side == "buy" and self._ledger.available("trade", quote) + rest < 0:
            raise ValueError(f"not enough {quote} to pay {plain(at)}")
        order.take(part)
        self._tell(order, "match", "match" if order.price is None else "open", **match)
        if order.is_done:
            self._tell(order, "filled", "done", remainFunds="0")
        context = {**_context(order), "tradeId": match["tradeId"]}
        if order.side == "buy":
            self._ledger.move("trade", quote, "setted", available=rest, hold=-held, context=context)
            self._ledger.move("trade", base, "setted", available=part, context=context)
        else:
            self._ledger.move("trade", base, "setted", hold=-held, context=context)
            self._ledger.move("trade", quote, "setted", available=at * part * (1 - FEE), context=context)

    @at_once
    def update(self, order: Order, size: Amount) -> None:
        """Give part of an order up, so that `size` of it stays: `update`, and some of the hold is free."""
        before = order.size
        gone = order.shrink(size)
        self._tell(order, "update", "open", oldSize=plain(before))
        self._release(order, gone)

    @at_once
    def cancel(self, order: Order) -> None:
        """Give up what is left of an order: `canceled`, and the hold is free."""
        gone = order.end()
        funds = gone * order.worth if order.side == "buy" else Decimal(0)
        self._tell(order, "canceled", "done", remainFunds=plain(funds))
        self._release(order, gone)

    @at_once
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
    ) -> StopOrder:
        """Let an order wait for a price: `open`. Nothing is held for it."""
        name = f"vs{self._name()[:22]}"
        order = self._waiting(symbol, side, size, price, stop_price, order_id=name, stop=stop, kind=trade_type)
        self._tell_stop(order, "open")
        return order

    @at_once
    def trigger(self, stop: StopOrder) -> Order:
        """Let the price be reached: `triggered`, then the order that waited is placed."""
        order = self._payable(stop.symbol, stop.side, stop.size, stop.price)
        stop.end()
        self._tell_stop(stop, "triggered")
        return self._enter(order)

    @at_once
    def cancel_stop(self, stop: StopOrder) -> None:
        """Let a stop order wait no longer: `cancel`."""
        stop.end()
        self._tell_stop(stop, "cancel")

    def _payable(
        self, symbol: str, side: Side, size: Amount, price: Amount | None, client_oid: str | None = None
    ) -> Order:
        """Make an order that can be paid for."""
        common = self._placed(symbol, side, size, price)
        order = Order(**common, order_id=self._name(), client_oid=client_oid or self._name())
        currency, held = _pays(order), _held(order, order.size)
        if self._ledger.available("trade", currency) < held:
            raise ValueError(f"not enough {currency}: {plain(held)} is needed")
        return order

    def _enter(self, order: Order) -> Order:
        held = _held(order, order.size)
        self._ledger.move("trade", _pays(order), "hold", available=-held, hold=held, context=_context(order))
        self.orders.append(order)
        self._tell(order, "received", "new")
        if order.price is not None:
            self._tell(order, "open", "open")
        return order

    def _release(self, order: Order, size: Decimal) -> None:
        held = _held(order, size)
        self._ledger.move("trade", _pays(order), "hold", available=held, hold=-held, context=_context(order))

    def _tell(self, order: Order, kind: str, status: str, **more: str) -> None:
        data: dict[str, Any] = {
            "clientOid": order.client_oid,
            "orderId": order.order_id,
            "orderTime": order.placed_ns // 1_000_000,
            "orderType": "market" if order.price is None else "limit",
            "originSize": plain(order.origin),
            "side": order.side,
            "status": status,
            "symbol": order.symbol,
            "ts": self._till.clock(),
            "type": kind,
        }
        if order.price is not None:
            data["price"] = plain(order.price)
        if kind == "received":
            self._till.tell(V2, "orderChange", data)
            return
        data |= {
            "size": plain(order.size),
            "filledSize": plain(order.filled),
            "canceledSize": plain(order.canceled),
            "remainSize": plain(order.size - order.filled if kind == "match" else order.remain),
            **more,
        }
        self._till.tell(V2, "orderChange", data)
        self._till.tell(V1, "orderChange", data)

    def _tell_stop(self, stop: StopOrder, kind: str) -> None:
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
            "ts": self._till.clock(),
        }
        self._till.tell(STOPS, "stopOrder", data)


def _pays(order: Order) -> str:
    base, _, quote = order.symbol.partition("-")
    return quote if order.side == "buy" else base


def _held(order: Order, size: Decimal) -> Decimal:
    """What is held for so much of an order: a buyer's fee too."""
    return order.worth * size * (1 + FEE) if order.side == "buy" else size


def _context(order: Order) -> dict[str, str]:
    return {"symbol": order.symbol, "orderId": order.order_id}
