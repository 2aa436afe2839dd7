"""Which hosts KuCoin serves a region from."""

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


def hosts_of(region: Region, spot: str, futures: str) -> Hosts:
    """Give the hosts of a region, but for those addresses that are not the usual ones.

    Raises:
        ValueError: there is no such region, or an address is malformed.
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
    """See that a setting of this name is the address of a REST host. An error does not show it: it may hold a password.

    Raises:
        ValueError: it is none.
    """
    with suppress(ValueError, TypeError):
        if _URL.fullmatch(url) and urlsplit(url).port != 0:
            return url
    raise ValueError(f"{name} is malformed; it looks like https://api.kucoin.com")


_URL: Final = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::\d+)?(?:/[^\s?#]*)?")
