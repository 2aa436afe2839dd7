"""Which hosts KuCoin serves a region from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["REGIONS", "Hosts", "Region"]

Region = Literal["global", "eu", "australia"]


@dataclass(frozen=True, slots=True)
class Hosts:
    """The REST hosts of a region; where the sockets are, they tell. And what a request there must say."""

    spot: str
    futures: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


_GLOBAL: Final = ("https://api.kucoin.com", "https://api-futures.kucoin.com")

# As Kucoin.Net addresses them, 2026-11: KuCoin's own pages name no host of the EU, nor the header.
REGIONS: Final[Mapping[Region, Hosts]] = {
    "global": Hosts(*_GLOBAL),
    "eu": Hosts("https://api.kucoin.eu", "https://api-futures.kucoin.eu"),
    "australia": Hosts(*_GLOBAL, MappingProxyType({"X-SITE-TYPE": "australia"})),
}
