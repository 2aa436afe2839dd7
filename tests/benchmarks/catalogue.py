"""Who is measured, and how many messages make a good measure of each."""

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["CLIENTS", "LIMIT", "Client"]

Group = Literal["limit", "ours", "parts", "peer"]


@dataclass(frozen=True, slots=True)
class Client:
    """A client in one of its ways.

    Attributes:
        name: What it is called on the command line; several ways may share it.
        module: Where it is, in `clients`.
        label: What it is called in the table.
        messages: A blast of so many takes a twentieth of a second, or two.
    """

    name: str
    module: str
    way: str
    label: str
    group: Group
    messages: int

    @property
    def key(self) -> str:
        """A name of its own."""
        return f"{self.name} {self.way}".strip()


LIMIT: Final = Client("bare", "bare", "orjson", "bare loop: recv, split, orjson", "limit", 40_000)
"""What the others are measured by."""

CLIENTS: Final = (
    Client("bare", "bare", "split", "bare loop: recv, split", "limit", 40_000),
    LIMIT,
    Client("bare", "bare", "msgspec", "bare loop: recv, split, msgspec", "limit", 40_000),
    Client("picows", "picows", "", "picows (C++), orjson, dict", "parts", 40_000),
    Client("ours", "ours", "raw", "rx_kucoin, raw", "ours", 25_000),
    Client("ours", "ours", "typed", "rx_kucoin, typed", "ours", 25_000),
    Client("cryptofeed", "cryptofeed_kucoin", "", "cryptofeed", "peer", 6_000),
    Client("kucoin-python", "kucoin_python", "", "kucoin-python", "peer", 3_000),
    Client("python-kucoin", "python_kucoin", "", "python-kucoin", "peer", 3_000),
    Client("kucoin-websocket", "kucoin_websocket", "", "kucoin-websocket (the seed)", "peer", 3_000),
    Client("kucoin-universal-sdk", "universal_sdk", "", "kucoin-universal-sdk (official)", "peer", 1_000),
    Client("ccxt", "ccxt_pro", "", "ccxt.pro", "peer", 1_000),
)
