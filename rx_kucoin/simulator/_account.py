"""What both accounts share: each act is one whole, on the exchange's own thread, and is told to whoever listens."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import wraps
from itertools import count
from random import Random
from typing import Any, Concatenate, Final, Literal, NamedTuple, ParamSpec, Protocol, TypeVar

from rx_kucoin.simulator._market import Clock
from rx_kucoin.simulator._script import Run

__all__ = ["EXACT", "Account", "Amount", "Order", "Side", "StopOrder", "Tell", "Till", "at_once", "exact", "plain"]

Amount = Decimal | str | int
Side = Literal["buy", "sell"]
EXACT: Final = Context(prec=100)
"""Digits enough for every sum of amounts."""
P = ParamSpec("P")
R = TypeVar("R")


class Tell(Protocol):
    """Pushes on a topic, to whoever listens."""

    def __call__(self, topic: str, subject: str, data: Any, /, **envelope: Any) -> int: ...


class Till(NamedTuple):
    """What an account needs of the exchange."""

    tell: Tell
    run: Run
    clock: Clock
    dice: Random
    price: Callable[[str], Decimal]
    """The last price of a symbol; `ValueError` where it is not listed."""


@dataclass(eq=False, kw_only=True)
class Order:
    """One order. It goes on while its account fills, updates or cancels it."""

    symbol: str
    side: Side
    size: Decimal
    price: Decimal | None
    """Absent where it takes what the market gives."""
    worth: Decimal
    """Its price, or the market's when it came."""
    order_id: str
    client_oid: str
    placed_ns: int
    origin: Decimal
    """The size that it came with."""
    filled: Decimal = Decimal(0)
    canceled: Decimal = Decimal(0)
    is_done: bool = False

    @property
    def remain(self) -> Decimal:
        """What is left to be filled."""
        return Decimal(0) if self.is_done else self.size - self.filled

    def part(self, size: Amount | None) -> Decimal:
        """Read how much is to be filled: so much, or the rest."""
        part = self.remain if size is None else exact(size)
        if self.is_done or not 0 < part <= self.remain:
            raise ValueError(f"{plain(part)} is not what is left of {self}")
        return part

    def take(self, part: Decimal) -> None:
        """Fill so much."""
        self.filled += part
        self.is_done = self.filled == self.size

    def shrink(self, size: Amount) -> Decimal:
        """Give part of the order up, so that so much of it stays; tell how much went."""
        left = exact(size)
        if self.is_done or not self.filled < left < self.size:
            raise ValueError(f"{self} does not shrink to {plain(left)}")
        gone = self.size - left
        self.size, self.canceled = left, self.canceled + gone
        return gone

    def end(self) -> Decimal:
        """Give up what is left, and tell how much that was."""
        if self.is_done:
            raise ValueError(f"{self} is done")
        gone = self.remain
        self.canceled += gone
        self.is_done = True
        return gone

    def __repr__(self) -> str:
        price = "market" if self.price is None else plain(self.price)
        state = "done" if self.is_done else "open"
        return f"<Order {self.side} {plain(self.size)} {self.symbol} at {price} | {plain(self.filled)} filled, {state}>"


@dataclass(eq=False, kw_only=True)
class StopOrder:
    """An order that waits for a price."""

    symbol: str
    side: Side
    size: Decimal
    price: Decimal | None
    stop: str
    stop_price: Decimal
    order_id: str
    placed_ns: int
    kind: str
    """On spot what it trades with, as `TRADE`; on futures which price it waits for, as `TP`."""
    is_done: bool = False

    def end(self) -> None:
        """Let it wait no longer."""
        if self.is_done:
            raise ValueError("this stop order is done")
        self.is_done = True


class Account:
    """An account without anything in it."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._trades = count(till.dice.randrange(10**15, 10**16))

    def _placed(self, symbol: str, side: Side, size: Amount, price: Amount | None) -> dict[str, Any]:
        """Make what every order has."""
        if side not in {"buy", "sell"}:
            raise ValueError(f"an order is to buy or to sell, not to {side!r}")
        if exact(size) <= 0 or (price is not None and exact(price) <= 0):
            raise ValueError("an order has a size and a price above 0")
        worth = self._till.price(symbol)
        return {
            "symbol": symbol,
            "side": side,
            "size": exact(size),
            "price": None if price is None else exact(price),
            "worth": worth if price is None else exact(price),
            "placed_ns": self._till.clock(),
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
    ) -> StopOrder:
        """Make a stop order."""
        common = self._placed(symbol, side, size, price)
        if exact(stop_price) <= 0:
            raise ValueError("a stop order waits for a price above 0")
        del common["worth"], common["origin"]
        return StopOrder(**common, stop_price=exact(stop_price), order_id=order_id, stop=stop, kind=kind)

    def _match(
        self, order: Order, size: Amount | None, price: Amount | None
    ) -> tuple[Decimal, Decimal, dict[str, str]]:
        """Tell how much of an order is matched, at which price, and what its frame says of that."""
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
        return self._till.clock() // 1_000_000

    def _name(self) -> str:
        return f"{self._till.dice.getrandbits(96):024x}"

    def _number(self) -> str:
        return str(self._till.dice.randrange(10**17, 10**18))


A = TypeVar("A", bound=Account)


def at_once(method: Callable[Concatenate[A, P], R]) -> Callable[Concatenate[A, P], R]:
    """Let a method happen on the exchange's own thread, with nothing in between."""

    @wraps(method)
    def act(account: A, /, *args: P.args, **kwargs: P.kwargs) -> R:
        def there() -> R:
            with localcontext(EXACT):
                return method(account, *args, **kwargs)

        return account._till.run(there)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    return act


def exact(amount: Amount) -> Decimal:
    """Read an amount.

    Raises:
        ValueError: it is none.
    """
    try:
        read = Decimal(amount)
    except ArithmeticError:
        read = Decimal("NaN")
    if not read.is_finite():
        raise ValueError(f"{amount!r} is no amount")
    return read


def plain(amount: Decimal) -> str:
    """Write an amount as the exchange does: without an exponent, without zeros at its end, without loss."""
    text = f"{amount:f}" if amount else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text
