"""What both accounts share. Each method is atomic: it runs on the exchange's own thread and publishes its result."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import wraps
from itertools import count
from random import Random
from typing import Any, Concatenate, Final, Literal, NamedTuple, ParamSpec, Protocol, TypeVar

from rx_kucoin.simulator._fault_table import RunOnLoop
from rx_kucoin.simulator._instruments import Clock

__all__ = [
    "EXACT",
    "Account",
    "AccountContext",
    "Amount",
    "PlacedOrder",
    "PlacedStopOrder",
    "Publish",
    "Side",
    "exact",
    "on_exchange_thread",
    "plain",
]

Amount = Decimal | str | int
Side = Literal["buy", "sell"]
EXACT: Final = Context(prec=100)
"""Enough digits for every sum of amounts."""
P = ParamSpec("P")
R = TypeVar("R")


class Publish(Protocol):
    """Pushes on a topic; returns the number of subscribers."""

    def __call__(self, topic: str, subject: str, data: Any, /, **envelope: Any) -> int: ...


class AccountContext(NamedTuple):
    """What an account needs from the exchange."""

    publish: Publish
    run: RunOnLoop
    clock: Clock
    rng: Random
    price: Callable[[str], Decimal]
    """Returns the last price of a symbol; raises `ValueError` if it is not listed."""


@dataclass(eq=False, kw_only=True)
class PlacedOrder:
    """One order, updated as its account fills, shrinks or cancels it."""

    symbol: str
    side: Side
    size: Decimal
    price: Decimal | None
    """Absent for a market order."""
    worth: Decimal
    """Its price, or the market's when it was placed."""
    order_id: str
    client_oid: str
    placed_ns: int
    origin: Decimal
    """The size that it was placed with."""
    filled: Decimal = Decimal(0)
    canceled: Decimal = Decimal(0)
    is_done: bool = False

    @property
    def remain(self) -> Decimal:
        """The size left to be filled."""
        return Decimal(0) if self.is_done else self.size - self.filled

    def part(self, size: Amount | None) -> Decimal:
        """Return the size to fill: `size`, or all that is left."""
        part = self.remain if size is None else exact(size)
        if self.is_done or not 0 < part <= self.remain:
            raise ValueError(f"{plain(part)} is not what is left of {self}")
        return part

    def take(self, part: Decimal) -> None:
        """Fill `part` of it."""
        self.filled += part
        self.is_done = self.filled == self.size

    def shrink(self, size: Amount) -> Decimal:
        """Reduce the order to `size`; return how much was cancelled."""
        left = exact(size)
        if self.is_done or not self.filled < left < self.size:
            raise ValueError(f"{self} does not shrink to {plain(left)}")
        finish = self.size - left
        self.size, self.canceled = left, self.canceled + finish
        return finish

    def end(self) -> Decimal:
        """Cancel what is left; return how much that was."""
        if self.is_done:
            raise ValueError(f"{self} is done")
        finish = self.remain
        self.canceled += finish
        self.is_done = True
        return finish

    def __repr__(self) -> str:
        price = "market" if self.price is None else plain(self.price)
        state = "done" if self.is_done else "open"
        size, filled = plain(self.size), plain(self.filled)
        return f"<PlacedOrder {self.side} {size} {self.symbol} at {price} | {filled} filled, {state}>"


@dataclass(eq=False, kw_only=True)
class PlacedStopOrder:
    """An order that is placed once a price is reached."""

    symbol: str
    side: Side
    size: Decimal
    price: Decimal | None
    stop: str
    stop_price: Decimal
    order_id: str
    placed_ns: int
    kind: str
    """On spot the trade type, such as `TRADE`; on futures the price type, such as `TP`."""
    is_done: bool = False

    def end(self) -> None:
        """Mark it done."""
        if self.is_done:
            raise ValueError("this stop order is done")
        self.is_done = True


class Account:
    """An empty account."""

    def __init__(self, context: AccountContext) -> None:
        self._context = context
        self._trades = count(context.rng.randrange(10**15, 10**16))

    def _placed(self, symbol: str, side: Side, size: Amount, price: Amount | None) -> dict[str, Any]:
        """Return the arguments common to every order."""
        if side not in {"buy", "sell"}:
            raise ValueError(f"an order is to buy or to sell, not to {side!r}")
        if exact(size) <= 0 or (price is not None and exact(price) <= 0):
            raise ValueError("an order has a size and a price above 0")
        worth = self._context.price(symbol)
        return {
            "symbol": symbol,
            "side": side,
            "size": exact(size),
            "price": None if price is None else exact(price),
            "worth": worth if price is None else exact(price),
            "placed_ns": self._context.clock(),
            "origin": exact(size),
        }

    def _waiting(
        self,
        symbol: str,
        side: Side,
        size: Amount,
        price: Amount | None,
        stop_price: Amount,
        *,
        order_id: str,
        stop: str,
        kind: str,
    ) -> PlacedStopOrder:
        """Make a stop order."""
        common = self._placed(symbol, side, size, price)
        if exact(stop_price) <= 0:
            raise ValueError("a stop order waits for a price above 0")
        del common["worth"], common["origin"]
        return PlacedStopOrder(**common, stop_price=exact(stop_price), order_id=order_id, stop=stop, kind=kind)

    def _match(
        self, order: PlacedOrder, size: Amount | None, price: Amount | None
    ) -> tuple[Decimal, Decimal, dict[str, str]]:
        """Return the matched size, its price, and the fields of the match's frame."""
        part, at = order.part(size), order.worth if price is None else exact(price)
        if at <= 0:
            raise ValueError("a match has a price above 0")
        makes = order.price is not None
        said = {
            "matchPrice": plain(at),
            "matchSize": plain(part),
            "tradeId": str(next(self._trades)),
            "liquidity": "maker" if makes else "taker",
            "feeType": "makerFee" if makes else "takerFee",
        }
        return part, at, said

    def _now_ms(self) -> int:
        return self._context.clock() // 1_000_000

    def _name(self) -> str:
        return f"{self._context.rng.getrandbits(96):024x}"

    def _number(self) -> str:
        return str(self._context.rng.randrange(10**17, 10**18))


A = TypeVar("A", bound=Account)


def on_exchange_thread(method: Callable[Concatenate[A, P], R]) -> Callable[Concatenate[A, P], R]:
    """Run a method on the exchange's own thread, as one step."""

    @wraps(method)
    def act(account: A, /, *args: P.args, **kwargs: P.kwargs) -> R:
        def there() -> R:
            with localcontext(EXACT):
                return method(account, *args, **kwargs)

        return account._context.run(there)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    return act


def exact(amount: Amount) -> Decimal:
    """Parse an amount.

    Raises:
        ValueError: It is not a finite number.
    """
    try:
        read = Decimal(amount)
    except ArithmeticError:
        read = Decimal("NaN")
    if not read.is_finite():
        raise ValueError(f"{amount!r} is no amount")
    return read


def plain(amount: Decimal) -> str:
    """Format an amount as the exchange does: exact, without exponent or trailing zeros."""
    text = f"{amount:f}" if amount else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text
