"""What the gateways of both markets share: the record, the tokens, the dice, and how many may come in."""

import time
from collections import deque
from itertools import count
from random import Random

from rx_kucoin.simulator._faults import Faults
from rx_kucoin.simulator._record import Record, Refusal
from rx_kucoin.simulator._requests import Refused
from rx_kucoin.simulator._settings import Settings
from rx_kucoin.simulator._streams import write
from rx_kucoin.simulator._tokens import Tokens
from rx_kucoin.simulator._wire import Wire

__all__ = ["Doors"]


class Doors:
    """The state of an exchange, without its market."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self.settings, self.faults = settings, faults
        self.dice = Random(f"{settings.seed} doors")  # noqa: S311
        self.record = Record()
        self.tokens = Tokens(Random(f"{settings.seed} tokens"), settings.token_life)  # noqa: S311
        self.wires: dict[int, Wire] = {}
        self.admitted: deque[float] = deque()
        self._numbers = count()

    def number(self) -> int:
        """Number a new connection."""
        return next(self._numbers)

    def crowded(self, now: float) -> bool:
        """Tell whether a new connection is one too many within a minute, and count it where it is not."""
        limit = self.settings.dial_rate
        while self.admitted and now - self.admitted[0] >= limit.per:
            self.admitted.popleft()
        if len(self.admitted) >= limit.count:
            return True
        self.admitted.append(now)
        return False

    def look_after(self, wire: Wire, now: float) -> None:
        """Send away who has been silent for too long, or has been here for too long."""
        if now - wire.heard_at >= self.settings.client_silence:
            self.refuse(wire, None, "", Refused(400, "ping timeout"))
            wire.bye("ping timeout")
        elif now - wire.line.dialled_at >= self.settings.connection_life:
            wire.bye("end of life")

    def refuse(self, wire: Wire, name: object, topic: str, refused: Refused) -> None:
        """Say an error: with the request's id, or one of the exchange's own where the fault is the connection's."""
        request = self.ticket() if name is None else str(name)
        self.note(wire, request, topic, refused)
        wire.say(write({"id": request, "type": "error", "code": refused.code, "data": refused.text}))

    def note(self, wire: Wire, request: str, topic: str, refused: Refused) -> None:
        """Write a refusal down."""
        self.record.refuse(wire.line, Refusal(time.monotonic(), wire.line.number, request, topic, *refused))

    def ticket(self) -> str:
        """Make an id as the exchange's own errors carry."""
        return f"{self.dice.getrandbits(96):024x}"
