"""A futures account by script: orders, stop orders, wallets and positions move, and their owner hears of it."""

from decimal import Decimal
from typing import Any, Final, Literal

from rx_kucoin.simulator._account import Account, Amount, Order, Side, StopOrder, Till, at_once, exact, plain
from rx_kucoin.simulator._contracts import settles_in, value
from rx_kucoin.simulator._futures_orders import order_data, stop_data
from rx_kucoin.simulator._position import MarginMode, Position
from rx_kucoin.simulator._wallet import Margined, Wallet, wallet

__all__ = ["FuturesAccount"]

MAKER_FEE, TAKER_FEE = Decimal("0.0002"), Decimal("0.0006")
LEVERAGE: Final = Decimal(10)
FUNDING_MS: Final = 8 * 3600 * 1000
ORDERS, STOPS = "/contractMarket/tradeOrders", "/contractMarket/advancedOrders"
WALLET, POSITION, POSITIONS = "/contractAccount/wallet", "/contract/position", "/contract/positionAll"


class FuturesAccount(Account):
    """The one futures account of the exchange. Nothing moves but by these methods; each may be called from any thread.

    Amounts are exact: `Decimal`, `int` or text; sizes are contracts. A limit order makes, an order without a price
    takes. An order is told of before the position, the position before the wallet. What cannot be paid for, or has
    ended already, raises `ValueError`, and nothing is told. Nothing is liquidated.

    Example:
        >>> from rx_kucoin.simulator import Simulator
        >>> exchange = Simulator(rate=0)
        >>> exchange.futures_account.deposit("USDT", 1000)
        >>> order = exchange.futures_account.place("XBTUSDTM", "buy", 5, "80000")
        >>> exchange.futures_account.fill(order)
        >>> exchange.futures_account.positions["XBTUSDTM"].quantity
        Decimal('5')
    """

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self._balances: dict[str, Decimal] = {}
        self._versions: dict[str, int] = {}
        self._open: dict[Order, Margined] = {}
        self._positions: dict[str, Position] = {}
        self._modes: dict[str, MarginMode] = {}
        self._leverages: dict[str, Decimal] = {}
        self.orders: list[Order] = []
        """Every order so far, in the order of their coming."""

    @property
    def positions(self) -> dict[str, Position]:
        """Every position so far, ended ones too, by symbol."""
        return self._till.run(lambda: dict(self._positions))

    @property
    def wallets(self) -> dict[str, Wallet]:
        """What there is, by currency."""
        return self._till.run(lambda: {currency: self._wallet(currency) for currency in self._balances})

    @at_once
    def position(self, symbol: str) -> dict[str, Any]:
        """Tell of a position as REST does, one without a contract too."""
        position = self._positions.get(symbol) or self._flat(symbol)
        data = position.full("", self._now_ms())
        return {"id": f"{symbol}-{position.opened_ms}", **{key: data[key] for key in data if key != "changeReason"}}

    @at_once
    def deposit(self, currency: str, amount: Amount) -> None:
        """Bring money in: `walletBalance.change`."""
        worth = exact(amount)
        if worth <= 0:
            raise ValueError("what is brought in is more than 0")
        self._pay(currency, worth)

    @at_once
    def place(
        self,
        symbol: str,
        side: Side,
        size: Amount,
        price: Amount | None = None,
        *,
        leverage: Amount | None = None,
        client_oid: str | None = None,
    ) -> Order:
        """Take an order in: `open` unless it takes the market's price, then the wallet. Its margin is tied up."""
        lever = None if leverage is None else _lever(leverage)
        entry = self._payable(symbol, side, size, price, lever, client_oid)
        self._leverages |= {} if lever is None else {symbol: lever}
        return self._enter(entry)

    @at_once
    def fill(self, order: Order, size: Amount | None = None, *, price: Amount | None = None) -> None:
        """Match so much of an order, or the rest: `match`, `filled` at its end, then position and wallet."""
        part, at, match = self._match(order, size, price)
        order.take(part)
        self._free(order)
        makes = order.price is not None
        self._tell(order, "match", "open" if makes else "match", **match)
        if order.is_done:
            self._tell(order, "filled", "done")
        position = self._position(order.symbol)
        fee = round(abs(value(order.symbol, part, at)) * (MAKER_FEE if makes else TAKER_FEE), 10)
        won = position.trade(part if order.side == "buy" else -part, at, fee)
        self._tell_position(order.symbol, "position.change", position.full("positionChange", self._now_ms()))
        self._pay(settles_in(order.symbol), round(won, 10) - fee)

    @at_once
    def update(self, order: Order, size: Amount) -> None:
        """Give part of an order up, so that `size` of it stays, filled or not: `update`, then the wallet."""
        before = order.size
        gone = order.shrink(size)
        self._free(order)
        self._tell(order, "update", "open", canceledSize=plain(gone), oldSize=plain(before))
        self._tell_wallet(settles_in(order.symbol))

    @at_once
    def cancel(self, order: Order) -> None:
        """Give up what is left of an order: `canceled`, then the wallet."""
        gone = order.end()
        self._free(order)
        self._tell(order, "canceled", "done", canceledSize=plain(gone))
        self._tell_wallet(settles_in(order.symbol))

    @at_once
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
    ) -> StopOrder:
        """Let an order wait for a trade, index or mark price: `open`."""
        name = self._number()
        order = self._waiting(symbol, side, size, price, stop_price, order_id=name, stop=stop, kind=stop_price_type)
        self._tell_stop(order, "open")
        return order

    @at_once
    def trigger(self, stop: StopOrder) -> Order:
        """Let the price be reached: `triggered`, then the order that waited is placed."""
        entry = self._payable(stop.symbol, stop.side, stop.size, stop.price)
        stop.end()
        self._tell_stop(stop, "triggered")
        return self._enter(entry)

    @at_once
    def cancel_stop(self, stop: StopOrder) -> None:
        """Let a stop order wait no longer: `cancel`."""
        stop.end()
        self._tell_stop(stop, "cancel")

    @at_once
    def mark(self, symbol: str, price: Amount) -> None:
        """Let the mark price move: `position.change` with `markPriceChange`, which holds only what follows from it."""
        position = self._held(symbol)
        position.mark = exact(price)
        self._tell_position(symbol, "position.change", position.marked(self._now_ms()))

    @at_once
    def settle(self, symbol: str, rate: Amount) -> None:
        """Settle funding at a rate, which longs pay where it is above 0: `position.settlement`, then the wallet."""
        position, now = self._held(symbol), self._till.clock()
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
        self._tell_position(symbol, "position.settlement", data)
        self._pay(settles_in(symbol), fee)

    @at_once
    def adjust_risk_limit(self, symbol: str, level: int, *, refusal: str = "") -> None:
        """Change the risk limit of a position, or say why not: `position.adjustRiskLimit`."""
        position = self._held(symbol)
        if not refusal:
            position.risk_level = level
        data = {"success": not refusal, "riskLimitLevel": level, "msg": refusal}
        self._tell_position(symbol, "position.adjustRiskLimit", data)

    @at_once
    def margin_mode(self, symbol: str, mode: MarginMode) -> None:
        """Choose the margin mode of a symbol without a position: `user.config`."""
        position = self._positions.get(symbol)
        if position is not None and position.quantity:
            raise ValueError(f"{symbol} has a position")
        self._positions.pop(symbol, None)
        self._modes[symbol] = mode
        self._till.tell("/contract/marginMode", "user.config", {symbol: mode})

    @at_once
    def cross_leverage(self, symbol: str, leverage: Amount) -> None:
        """Choose the leverage of a symbol's cross position: `user.config`. The wallet follows at its next change."""
        lever = self._leverages[symbol] = _lever(leverage)
        position = self._positions.get(symbol)
        if position is not None:
            position.leverage = lever
        self._till.tell("/contract/crossLeverage", "user.config", {symbol: {"leverage": plain(lever)}})

    def _payable(
        self,
        symbol: str,
        side: Side,
        size: Amount,
        price: Amount | None,
        lever: Decimal | None = None,
        client_oid: str | None = None,
    ) -> Margined:
        """Make an order that can be paid for."""
        common = self._placed(symbol, side, size, price)
        order = Order(**common, order_id=self._number(), client_oid=client_oid or self._name())
        margin = self._margin(order, order.size, lever)
        if self._wallet(settles_in(symbol)).available < margin:
            raise ValueError(f"not enough {settles_in(symbol)}: {plain(margin)} is needed")
        return Margined(order, margin, self._modes.get(symbol, "ISOLATED"))

    def _enter(self, entry: Margined) -> Order:
        self._open[order := entry.order] = entry
        self.orders.append(order)
        if order.price is not None:
            self._tell(order, "open", "open", liquidity="maker")
        self._tell_wallet(settles_in(order.symbol))
        return order

    def _margin(self, order: Order, size: Decimal, lever: Decimal | None = None) -> Decimal:
        leverage = lever or self._leverages.get(order.symbol, LEVERAGE)
        return round(abs(value(order.symbol, size, order.worth)) / leverage, 10)

    def _free(self, order: Order) -> None:
        """Tie up no more than what is left of an order asks for."""
        if order.is_done:
            del self._open[order]
        else:
            self._open[order] = self._open[order]._replace(margin=self._margin(order, order.remain))

    def _position(self, symbol: str) -> Position:
        position = self._positions.get(symbol)
        if position is None or not position.quantity:
            position = self._positions[symbol] = self._flat(symbol)
        return position

    def _flat(self, symbol: str) -> Position:
        return Position(
            symbol=symbol,
            mode=self._modes.get(symbol, "ISOLATED"),
            leverage=self._leverages.get(symbol, LEVERAGE),
            mark=self._till.price(symbol),
            opened_ms=self._now_ms(),
        )

    def _held(self, symbol: str) -> Position:
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
        self._tell_wallet(currency)

    def _tell_wallet(self, currency: str) -> None:
        version = self._versions[currency] = self._versions.get(currency, 0) + 1
        data = self._wallet(currency).data(currency, version, self._now_ms())
        self._till.tell(WALLET, "walletBalance.change", data, id=self._name())

    def _tell_position(self, symbol: str, subject: str, data: dict[str, Any]) -> None:
        self._till.tell(POSITIONS, subject, data)
        self._till.tell(f"{POSITION}:{symbol}", subject, data)

    def _tell(self, order: Order, kind: str, status: str, **more: str) -> None:
        data = order_data(order, self._modes.get(order.symbol, "ISOLATED"), kind, status, self._till.clock()) | more
        self._till.tell(ORDERS, "orderChange", data)
        self._till.tell(f"{ORDERS}:{order.symbol}", "symbolOrderChange", data)

    def _tell_stop(self, stop: StopOrder, kind: str) -> None:
        data = stop_data(stop, self._modes.get(stop.symbol, "ISOLATED"), kind, self._till.clock())
        self._till.tell(STOPS, "stopOrder", data, id=self._name())


def _lever(leverage: Amount) -> Decimal:
    lever = exact(leverage)
    if lever <= 0:
        raise ValueError("a leverage is above 0")
    return lever
