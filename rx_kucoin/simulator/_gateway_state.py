"""State that the gateways of both markets share: log, tokens, open connections, and the dial limit."""

import time
from collections import deque
from itertools import count
from random import Random

from rx_kucoin.simulator._faults import Faults
from rx_kucoin.simulator._log import ExchangeLog, Refusal
from rx_kucoin.simulator._requests import ErrorReply
from rx_kucoin.simulator._settings import SimulatorSettings
from rx_kucoin.simulator._socket_writer import SocketWriter
from rx_kucoin.simulator._streams import write
from rx_kucoin.simulator._tokens import Tokens

__all__ = ["GatewayState"]


class GatewayState:
    """Connections, tokens and log of an exchange, apart from its market data."""

    def __init__(self, settings: SimulatorSettings, faults: Faults) -> None:
        self.settings, self.faults = settings, faults
        self.rng = Random(f"{settings.seed} doors")  # noqa: S311  # the label is part of every seeded run
        self.log = ExchangeLog()
        self.tokens = Tokens(Random(f"{settings.seed} tokens"), settings.token_life)  # noqa: S311
        self.writers: dict[int, SocketWriter] = {}
        self.admitted: deque[float] = deque()
        self._numbers = count()

    def next_number(self) -> int:
        """Return the number of a new connection."""
        return next(self._numbers)

    def over_dial_limit(self, now: float) -> bool:
        """Return whether a new connection exceeds the dial rate, and count it if it does not."""
        limit = self.settings.dial_rate
        while self.admitted and now - self.admitted[0] >= limit.per:
            self.admitted.popleft()
        if len(self.admitted) >= limit.count:
            return True
        self.admitted.append(now)
        return False

    def enforce_limits(self, writer: SocketWriter, now: float) -> None:
        """Close a connection whose client has been silent for too long, or that has reached its maximum age."""
        if now - writer.last_message_at >= self.settings.client_silence:
            self.refuse(writer, None, "", ErrorReply(400, "ping timeout"))
            writer.close("ping timeout")
        elif now - writer.log.dialled_at >= self.settings.connection_life:
            writer.close("end of life")

    def refuse(self, writer: SocketWriter, request_id: object, topic: str, error: ErrorReply) -> None:
        """Send an error with the request's id, or with a new id if the error concerns the whole connection."""
        request = self.new_id() if request_id is None else str(request_id)
        self.note(writer, request, topic, error)
        writer.send(write({"id": request, "type": "error", "code": error.code, "data": error.text}))

    def note(self, writer: SocketWriter, request: str, topic: str, error: ErrorReply) -> None:
        """Log a refusal."""
        self.log.refuse(writer.log, Refusal(time.monotonic(), writer.log.number, request, topic, *error))

    def new_id(self) -> str:
        """Make an id like those of the exchange's own errors."""
        return f"{self.rng.getrandbits(96):024x}"
