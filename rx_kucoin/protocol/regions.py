"""The hosts of KuCoin's regions."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import urlsplit

__all__ = ["REGIONS", "Hosts", "Region", "check_url", "hosts_of"]

Region = Literal["global", "eu", "australia"]


@dataclass(frozen=True, slots=True)
class Hosts:
    """The REST hosts of a region, and the headers that requests need there. WebSocket hosts are part of the token."""

    spot: str
    futures: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


_GLOBAL: Final = ("https://api.kucoin.com", "https://api-futures.kucoin.com")

# From Kucoin.Net, 2026-11: KuCoin's own pages do not mention the hosts of the EU, nor the header.
REGIONS: Final[Mapping[Region, Hosts]] = {
    "global": Hosts(*_GLOBAL),
    "eu": Hosts("https://api.kucoin.eu", "https://api-futures.kucoin.eu"),
    "australia": Hosts(*_GLOBAL, MappingProxyType({"X-SITE-TYPE": "australia"})),
}


def hosts_of(region: Region, spot: str, futures: str) -> Hosts:
    """Return the hosts of a region; `spot` and `futures` override them unless they are the defaults.

    Raises:
        ValueError: The region is unknown, or an address is malformed.
    """
    if region not in REGIONS:
        raise ValueError(f"no region {region!r}; choose from {', '.join(REGIONS)}")
    usual, hosts = REGIONS["global"], REGIONS[region]
    return Hosts(
        hosts.spot if spot == usual.spot else check_url("rest_url", spot),
        hosts.futures if futures == usual.futures else check_url("futures_rest_url", futures),
        hosts.headers,
    )


def check_url(name: str, url: str) -> str:
    """Check that a setting is the address of a REST host. Errors do not contain it: it may have a password.

    Raises:
        ValueError: It is none.
    """
    with suppress(ValueError, TypeError):
        if _URL.fullmatch(url) and urlsplit(url).port != 0:
            return url
    raise ValueError(f"{name} is malformed; it looks like https://api.kucoin.com")


_URL: Final = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::\d+)?(?:/[^\s?#]*)?")
