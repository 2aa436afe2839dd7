"""A scripted futures account: orders, stop orders, wallets and positions change, and the changes are published."""

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
from rx_kucoin.simulator._contracts import settles_in, value
from rx_kucoin.simulator._futures_orders import order_data, stop_data
from rx_kucoin.simulator._position import ContractPosition, MarginMode
from rx_kucoin.simulator._wallet import Margined, Wallet, wallet

__all__ = ["FuturesAccount"]

MAKER_FEE, TAKER_FEE = Decimal("0.0002"), Decimal("0.0006")
LEVERAGE: Final = Decimal(10)
FUNDING_MS: Final = 8 * 3600 * 1000
ORDERS, STOPS = "/contractMarket/tradeOrders", "/contractMarket/advancedOrders"
WALLET, POSITION, POSITIONS = "/contractAccount/wallet", "/contract/position", "/contract/positionAll"


class FuturesAccount(Account):
    """The futures account of the exchange. It changes only by these methods; each may be called from any thread.

    Amounts are exact: `Decimal`, `int` or `str`; sizes are contracts. A limit order is a maker, an order without a
    price a taker. Orders are published before the position, the position before the wallet. An order that cannot be
    paid for, or is done already, raises `ValueError`, and nothing is published. Nothing is liquidated.

    Example:
        >>> from rx_kucoin.simulator import Simulator
        >>> exchange = Simulator(rate=0)
        >>> exchange.futures_account.deposit("USDT", 1000)
        >>> order = exchange.futures_account.place("XBTUSDTM", "buy", 5, "80000")
        >>> exchange.futures_account.fill(order)
        >>> exchange.futures_account.positions["XBTUSDTM"].quantity
        Decimal('5')
    """

    def __init__(self, context: AccountContext) -> None:
        super().__init__(context)
        self._balances: dict[str, Decimal] = {}
        self._versions: dict[str, int] = {}
        self._open: dict[PlacedOrder, Margined] = {}
        self._positions: dict[str, ContractPosition] = {}
        self._modes: dict[str, MarginMode] = {}
        self._leverages: dict[str, Decimal] = {}
        self.orders: list[PlacedOrder] = []
        """Every order so far, in the order they were placed."""

    @property
    def positions(self) -> dict[str, ContractPosition]:
        """Every position so far, closed ones too, by symbol."""
        return self._context.run(lambda: dict(self._positions))

    @property
    def wallets(self) -> dict[str, Wallet]:
        """Wallets by currency."""
        return self._context.run(lambda: {currency: self._wallet(currency) for currency in self._balances})

    @on_exchange_thread
    def position(self, symbol: str) -> dict[str, Any]:
        """Return a position as REST does, also one without contracts."""
        position = self._positions.get(symbol) or self._flat(symbol)
        data = position.full("", self._now_ms())
        return {"id": f"{symbol}-{position.opened_ms}", **{key: data[key] for key in data if key != "changeReason"}}

    @on_exchange_thread
    def deposit(self, currency: str, amount: Amount) -> None:
        """Deposit: `walletBalance.change`."""
        worth = exact(amount)
        if worth <= 0:
            raise ValueError("what is brought in is more than 0")
        self._pay(currency, worth)

    @on_exchange_thread
    def place(
        self,
        symbol: str,
        side: Side,
        size: Amount,
        price: Amount | None = None,
        *,
        leverage: Amount | None = None,
        client_oid: str | None = None,
    ) -> PlacedOrder:
        """Place an order: `open` unless it is a market order, then the wallet, reduced by its margin."""
        lever = None if leverage is None else _lever(leverage)
        entry = self._payable(symbol, side, size, price, lever, client_oid)
        self._leverages |= {} if lever is None else {symbol: lever}
        return self._enter(entry)

    @on_exchange_thread
    def fill(self, order: PlacedOrder, size: Amount | None = None, *, price: Amount | None = None) -> None:
        """Match `size` of an order, or all that is left: `match`, `filled` if it is done, then position and wallet."""
        part, at, match = self._match(order, size, price)
        order.take(part)
        self._free(order)
        makes = order.price is not None
        self._publish(order, "match", "open" if makes else "match", **match)
        if order.is_done:
            self._publish(order, "filled", "done")
        position = self._position(order.symbol)
        fee = round(abs(value(order.symbol, part, at)) * (MAKER_FEE if makes else TAKER_FEE), 10)
        won = position.trade(part if order.side == "buy" else -part, at, fee)
        self._publish_position(order.symbol, "position.change", position.full("positionChange", self._now_ms()))
        self._pay(settles_in(order.symbol), round(won, 10) - fee)

    @on_exchange_thread
    def update(self, order: PlacedOrder, size: Amount) -> None:
        """Reduce an order to `size`, filled or not: `update`, then the wallet."""
        before = order.size
        finish = order.shrink(size)
        self._free(order)
        self._publish(order, "update", "open", canceledSize=plain(finish), oldSize=plain(before))
        self._publish_wallet(settles_in(order.symbol))

    @on_exchange_thread
    def cancel(self, order: PlacedOrder) -> None:
        """Cancel what is left of an order: `canceled`, then the wallet."""
        finish = order.end()
        self._free(order)
        self._publish(order, "canceled", "done", canceledSize=plain(finish))
        self._publish_wallet(settles_in(order.symbol))

    @on_exchange_thread
    def place_stop(
        self,
        symbol: str,
        side: Side,
        size: Amount,
        *,
        stop_price: Amount,
        price: Amount | None = None,
        stop: Literal["up", "down"] = "down",
        stop_price_type: Literal["TP", "IP", "MP"] = "TP",
    ) -> PlacedStopOrder:
        """Place a stop order on a trade, index or mark price: `open`."""
        name = self._number()
        order = self._waiting(symbol, side, size, price, stop_price, order_id=name, stop=stop, kind=stop_price_type)
        self._publish_stop(order, "open")
        return order

    @on_exchange_thread
    def trigger(self, stop: PlacedStopOrder) -> PlacedOrder:
        """Trigger a stop order: `triggered`, then its order is placed."""
        entry = self._payable(stop.symbol, stop.side, stop.size, stop.price)
        stop.end()
        self._publish_stop(stop, "triggered")
        return self._enter(entry)

    @on_exchange_thread
    def cancel_stop(self, stop: PlacedStopOrder) -> None:
        """Cancel a stop order: `cancel`."""
        stop.end()
        self._publish_stop(stop, "cancel")

    @on_exchange_thread
    def mark(self, symbol: str, price: Amount) -> None:
        """Change the mark price: `position.change` with `markPriceChange`, only the fields that depend on it."""
        position = self._held(symbol)
        position.mark = exact(price)
        self._publish_position(symbol, "position.change", position.marked(self._now_ms()))

    @on_exchange_thread
    def settle(self, symbol: str, rate: Amount) -> None:
        """Settle funding at a rate, which longs pay if it is positive: `position.settlement`, then the wallet."""
        position, now = self._held(symbol), self._context.clock()
        fee = round(-position.worth * exact(rate), 10)
        position.funding += fee
        data = {
            "fundingTime": now // 1_000_000 // FUNDING_MS * FUNDING_MS,
            "qty": int(position.quantity),
            "markPrice": float(position.mark),
            "fundingRate": float(exact(rate)),
            "fundingFee": float(fee),
            "ts": now,
            "settleCurrency": settles_in(symbol),
            "positionSide": "BOTH",
            "marginMode": position.mode,
        }
        self._publish_position(symbol, "position.settlement", data)
        self._pay(settles_in(symbol), fee)

    @on_exchange_thread
    def adjust_risk_limit(self, symbol: str, level: int, *, refusal: str = "") -> None:
        """Change the risk limit of a position, or refuse with a reason: `position.adjustRiskLimit`."""
        position = self._held(symbol)
        if not refusal:
            position.risk_level = level
        data = {"success": not refusal, "riskLimitLevel": level, "msg": refusal}
        self._publish_position(symbol, "position.adjustRiskLimit", data)

    @on_exchange_thread
    def margin_mode(self, symbol: str, mode: MarginMode) -> None:
        """Set the margin mode of a symbol without a position: `user.config`."""
        position = self._positions.get(symbol)
        if position is not None and position.quantity:
            raise ValueError(f"{symbol} has a position")
        self._positions.pop(symbol, None)
        self._modes[symbol] = mode
        self._context.publish("/contract/marginMode", "user.config", {symbol: mode})

    @on_exchange_thread
    def cross_leverage(self, symbol: str, leverage: Amount) -> None:
        """Set the leverage of a symbol's cross position: `user.config`. The wallet follows at its next change."""
        lever = self._leverages[symbol] = _lever(leverage)
        position = self._positions.get(symbol)
        if position is not None:
            position.leverage = lever
        self._context.publish("/contract/crossLeverage", "user.config", {symbol: {"leverage": plain(lever)}})

    def _payable(
        self,
        symbol: str,
        side: Side,
        size: Amount,
        price: Amount | None,
        lever: Decimal | None = None,
        client_oid: str | None = None,
    ) -> Margined:
        """Make an order, or raise `ValueError` if it cannot be paid for."""
        common = self._placed(symbol, side, size, price)
        order = PlacedOrder(**common, order_id=self._number(), client_oid=client_oid or self._name())
        margin = self._margin(order, order.size, lever)
        if self._wallet(settles_in(symbol)).available < margin:
            raise ValueError(f"not enough {settles_in(symbol)}: {plain(margin)} is needed")
        return Margined(order, margin, self._modes.get(symbol, "ISOLATED"))

    def _enter(self, entry: Margined) -> PlacedOrder:
        self._open[order := entry.order] = entry
        self.orders.append(order)
        if order.price is not None:
            self._publish(order, "open", "open", liquidity="maker")
        self._publish_wallet(settles_in(order.symbol))
        return order

    def _margin(self, order: PlacedOrder, size: Decimal, lever: Decimal | None = None) -> Decimal:
        leverage = lever or self._leverages.get(order.symbol, LEVERAGE)
        return round(abs(value(order.symbol, size, order.worth)) / leverage, 10)

    def _free(self, order: PlacedOrder) -> None:
        """Reduce an order's margin to what is left of it."""
        if order.is_done:
            del self._open[order]
        else:
            self._open[order] = self._open[order]._replace(margin=self._margin(order, order.remain))

    def _position(self, symbol: str) -> ContractPosition:
        position = self._positions.get(symbol)
        if position is None or not position.quantity:
            position = self._positions[symbol] = self._flat(symbol)
        return position

    def _flat(self, symbol: str) -> ContractPosition:
        return ContractPosition(
            symbol=symbol,
            mode=self._modes.get(symbol, "ISOLATED"),
            leverage=self._leverages.get(symbol, LEVERAGE),
            mark=self._context.price(symbol),
            opened_ms=self._now_ms(),
        )

    def _held(self, symbol: str) -> ContractPosition:
        position = self._positions.get(symbol)
        if position is None or not position.quantity:
            raise ValueError(f"there is no position of {symbol}")
        return position

    def _wallet(self, currency: str) -> Wallet:
        orders = [each for each in self._open.values() if settles_in(each.order.symbol) == currency]
        positions = [each for each in self._positions.values() if settles_in(each.symbol) == currency]
        return wallet(self._balances.get(currency, Decimal(0)), orders, positions)

    def _pay(self, currency: str, amount: Decimal) -> None:
        self._balances[currency] = self._balances.get(currency, Decimal(0)) + amount
        self._publish_wallet(currency)

    def _publish_wallet(self, currency: str) -> None:
        version = self._versions[currency] = self._versions.get(currency, 0) + 1
        data = self._wallet(currency).data(currency, version, self._now_ms())
        self._context.publish(WALLET, "walletBalance.change", data, id=self._name())

    def _publish_position(self, symbol: str, subject: str, data: dict[str, Any]) -> None:
        self._context.publish(POSITIONS, subject, data)
        self._context.publish(f"{POSITION}:{symbol}", subject, data)

    def _publish(self, order: PlacedOrder, kind: str, status: str, **more: str) -> None:
        data = order_data(order, self._modes.get(order.symbol, "ISOLATED"), kind, status, self._context.clock()) | more
        self._context.publish(ORDERS, "orderChange", data)
        self._context.publish(f"{ORDERS}:{order.symbol}", "symbolOrderChange", data)

    def _publish_stop(self, stop: PlacedStopOrder, kind: str) -> None:
        data = stop_data(stop, self._modes.get(stop.symbol, "ISOLATED"), kind, self._context.clock())
        self._context.publish(STOPS, "stopOrder", data, id=self._name())


def _lever(leverage: Amount) -> Decimal:
    lever = exact(leverage)
    if lever <= 0:
        raise ValueError("a leverage is above 0")
    return lever
