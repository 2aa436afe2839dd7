"""The exchange that every client is measured with: its gateway's process, and the simulator's for all else."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from transport.servers import certificate

from benchmarks.child import EXCHANGE_CORE, Child, command

__all__ = ["Market", "market"]

_LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class Market:
    """What is up.

    Attributes:
        exchange: Takes the orders of what to send.
        urls: By scheme: the REST host that leads to it, and the socket.
        pem: The certificate to believe.
    """

    exchange: Child
    urls: Mapping[str, Mapping[str, Any]]
    pem: str


@contextmanager
def market() -> Iterator[Market]:
    """Have an exchange."""
    with tempfile.TemporaryDirectory() as folder:
        pem = str(certificate(Path(folder)))
        with Child(command("exchange", "simulator", _LISTED), EXCHANGE_CORE) as simulator:
            rest = simulator.answer()["rest"]
            with Child(command("exchange", pem, rest), EXCHANGE_CORE) as exchange:
                yield Market(exchange, exchange.answer(), pem)
