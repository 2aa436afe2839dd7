"""The balances of a spot account, available and held, published after every change. Amounts are exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import count
from typing import Final, Literal, NamedTuple

from rx_kucoin.simulator._account import EXACT, AccountContext, plain

__all__ = ["Kind", "Ledger", "SpotBalance"]

Kind = Literal["main", "trade"]
TOPIC: Final = "/account/balance"


class SpotBalance(NamedTuple):
    """The balance of one currency."""

    available: Decimal
    hold: Decimal

    @property
    def total(self) -> Decimal:
        """Available and held together."""
        with localcontext(EXACT):
            return self.available + self.hold


@dataclass(eq=False)
class LedgerAccount:
    """The balance of one currency in one kind of account."""

    name: str
    available: Decimal = Decimal(0)
    hold: Decimal = Decimal(0)


class Ledger:
    """Balances by kind of account and currency. Each change publishes one frame with the balance after it."""

    def __init__(self, context: AccountContext) -> None:
        self._context = context
        self._entries: dict[tuple[Kind, str], LedgerAccount] = {}
        self._names = count(context.rng.randrange(10**11, 9 * 10**11))
        self._events = count(context.rng.randrange(10**14, 9 * 10**14))

    def balances(self, kind: Kind) -> dict[str, SpotBalance]:
        """Return all balances of one kind."""
        return {
            currency: SpotBalance(entry.available, entry.hold)
            for (of, currency), entry in self._entries.items()
            if of == kind
        }

    def available(self, kind: Kind, currency: str) -> Decimal:
        """Return the available amount."""
        entry = self._entries.get((kind, currency))
        return Decimal(0) if entry is None else entry.available

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
        """Change a balance and publish it.

        Raises:
            ValueError: The balance would become negative.
        """
        entry = self._entries.get((kind, currency)) or LedgerAccount(str(next(self._names)))
        if entry.available + available < 0 or entry.hold + hold < 0:
            raise ValueError(f"not enough {currency}: {plain(entry.available)} available, {plain(entry.hold)} held")
        self._entries[kind, currency] = entry
        entry.available += available
        entry.hold += hold
        number = str(next(self._events))
        data = {
            "accountId": entry.name,
            "currency": currency,
            "total": plain(entry.available + entry.hold),
            "available": plain(entry.available),
            "hold": plain(entry.hold),
            "availableChange": plain(available),
            "holdChange": plain(hold),
            "relationContext": dict(context or {}),
            "relationEvent": f"{kind}.{event}",
            "relationEventId": number,
            "time": str(self._context.clock() // 1_000_000),
        }
        self._context.publish(TOPIC, "account.balance", data, id=number)
