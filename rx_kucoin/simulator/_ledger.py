"""The money of a spot account: available and held, told after every change, and exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import count
from typing import Final, Literal, NamedTuple

from rx_kucoin.simulator._account import EXACT, Till, plain

__all__ = ["Balance", "Kind", "Ledger"]

Kind = Literal["main", "trade"]
TOPIC: Final = "/account/balance"


class Balance(NamedTuple):
    """What there is of one currency."""

    available: Decimal
    hold: Decimal

    @property
    def total(self) -> Decimal:
        """Both together."""
        with localcontext(EXACT):
            return self.available + self.hold


@dataclass(eq=False)
class Pot:
    """One currency in one kind of account."""

    name: str
    available: Decimal = Decimal(0)
    hold: Decimal = Decimal(0)


class Ledger:
    """The pots. Each change is one frame, with what the pot holds after it."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._pots: dict[tuple[Kind, str], Pot] = {}
        self._names = count(till.dice.randrange(10**11, 9 * 10**11))
        self._events = count(till.dice.randrange(10**14, 9 * 10**14))

    def balances(self, kind: Kind) -> dict[str, Balance]:
        """Tell what there is."""
        return {currency: Balance(pot.available, pot.hold) for (of, currency), pot in self._pots.items() if of == kind}

    def available(self, kind: Kind, currency: str) -> Decimal:
        """Tell what may be spent."""
        pot = self._pots.get((kind, currency))
        return Decimal(0) if pot is None else pot.available

    def move(
        self,
        kind: Kind,
        currency: str,
        event: str,
        *,
        available: Decimal = Decimal(0),
        hold: Decimal = Decimal(0),
        context: Mapping[str, str] | None = None,
    ) -> None:
        """Change a pot and tell of it.

        Raises:
            ValueError: there is not enough in it.
        """
        pot = self._pots.get((kind, currency)) or Pot(str(next(self._names)))
        if pot.available + available < 0 or pot.hold + hold < 0:
            raise ValueError(f"not enough {currency}: {plain(pot.available)} available, {plain(pot.hold)} held")
        self._pots[kind, currency] = pot
        pot.available += available
        pot.hold += hold
        number = str(next(self._events))
        data = {
            "accountId": pot.name,
            "currency": currency,
            "total": plain(pot.available + pot.hold),
            "available": plain(pot.available),
            "hold": plain(pot.hold),
            "availableChange": plain(available),
            "holdChange": plain(hold),
            "relationContext": dict(context or {}),
            "relationEvent": f"{kind}.{event}",
            "relationEventId": number,
            "time": str(self._till.clock() // 1_000_000),
        }
        self._till.tell(TOPIC, "account.balance", data, id=number)
