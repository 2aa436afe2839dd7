"""What an HTTP answer without data says: its status, where it redirects to, a page's title, and how long to wait."""

import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from rx_kucoin.protocol import rest_weights
from rx_kucoin.protocol.frames import excerpt
from rx_kucoin.protocol.redaction import Redact

__all__ = ["HttpRefusal", "read_refusal"]


class HttpRefusal(NamedTuple):
    """What such an answer says. `text` has all of it that matters, in words."""

    text: str
    location: str | None
    """Where it redirects to, without a query."""
    title: str | None
    """The title of the page that it is."""
    retry_after: float | None
    """Seconds that it asks to wait."""


def read_refusal(status: int, headers: Mapping[str, str], body: bytes, hide: Redact) -> HttpRefusal:
    """Read an answer. `headers` are known by names in lower case; `hide` takes secrets out of what is repeated."""
    location = _location(headers, hide) if status in _REDIRECTS else None
    title = _title(body, hide)
    text = f"HTTP {status}"
    if location:
        text += f", a redirect to {location}, which is not followed"
    elif title is not None:
        text += f" with a page titled {title!r}"
    if status in _MEANINGS:
        text += f" ({_MEANINGS[status]})"
    return HttpRefusal(text, location, title, rest_weights.retry_after(status, headers, time.time()))


_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MEANINGS: Final[Mapping[int, str]] = {
    HTTPStatus.FORBIDDEN: "this machine's address or region is refused before the exchange",
    HTTPStatus.NOT_FOUND: "check the REST address",
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: "a proxy asks for a login",
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: "refused to this region for legal reasons",
    HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED: "the network asks for a login",
}
_TITLE: Final = re.compile(rb"<title[^>]{0,200}>([^<]{1,400})", re.IGNORECASE)
_SEARCHED: Final = 1 << 16
"""Bytes of a page in which its title is looked for."""
_LONGEST_LOCATION: Final = 200


def _location(headers: Mapping[str, str], hide: Redact) -> str | None:
    """Where a redirect points: without a query, which may repeat what was requested, and without a login."""
    location = headers.get("location", "")
    try:
        where = urlsplit(location)
    except ValueError:
        return None
    path = "/".join(excerpt(part) for part in hide(where.path).split("/"))  # part by part: a token is within one
    place = urlunsplit((where.scheme, hide(where.netloc.rpartition("@")[2]), path, "", ""))
    return place[:_LONGEST_LOCATION] if place and place.isprintable() else None


def _title(body: bytes, hide: Redact) -> str | None:
    found = _TITLE.search(body[:_SEARCHED])
    if found is None:
        return None
    from html import unescape  # noqa: PLC0415  its table of entities takes 1 ms to import

    return excerpt(" ".join(hide(unescape(found[1].decode("utf-8", "replace"))).split())) or None
