"""The connection token: a REST answer with the token, the servers that accept it, and their ping intervals.

KuCoin calls the two calls that issue one `bullet-public` and `bullet-private`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

import msgspec

from rx_kucoin.errors import ApiError, UnexpectedAnswer
from rx_kucoin.protocol.frames import UNREADABLE, excerpt
from rx_kucoin.protocol.limits import PING_INTERVAL, PING_TIMEOUT
from rx_kucoin.protocol.redaction import Redact

__all__ = ["SUCCESS", "InstanceServer", "Token", "read_data", "read_token"]

SUCCESS: Final = "200000"
"""The business code of a successful answer; the HTTP status alone does not suffice."""


@dataclass(frozen=True, slots=True)
class InstanceServer:
    """One entry of `instanceServers`. Times in seconds."""

    endpoint: str
    ping_interval: float = PING_INTERVAL
    ping_timeout: float = PING_TIMEOUT

    @property
    def host(self) -> str:
        """Host and port, for events: without the query, so without the token."""
        return urlsplit(self.endpoint).netloc


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the servers that accept it. Each dial gets a new one: a token is never used twice."""

    value: str = field(repr=False)
    servers: Sequence[InstanceServer]

    def address(self, server: InstanceServer, connect_id: str) -> str:
        """Return the address to dial. A token contains `=` and `+`, so it is percent-encoded."""
        mark = "&" if "?" in server.endpoint else "?"
        return f"{server.endpoint}{mark}token={quote(self.value, safe='')}&connectId={quote(connect_id, safe='')}"


class _ServerPayload(msgspec.Struct):
    endpoint: str
    pingInterval: float | None = None  # noqa: N815  the wire's own name, ms
    pingTimeout: float | None = None  # noqa: N815


class _TokenPayload(msgspec.Struct):
    token: Annotated[str, msgspec.Meta(min_length=1)]
    instanceServers: list[_ServerPayload]  # noqa: N815


class _RestPayload(msgspec.Struct):
    code: str | int
    msg: str | None = None
    data: msgspec.Raw = msgspec.Raw()


def read_data(body: bytes, request: str, hide: Redact = str, status: int | None = None) -> msgspec.Raw:
    """Return the data of any answer of KuCoin's REST hosts. `hide` removes secrets from the text of errors.

    Raises:
        ApiError: The code is not that of success. It is an `UnlistedCode` if it is not known to be final.
        UnexpectedAnswer: The body is not KuCoin's JSON.
    """
    try:
        answer = msgspec.json.decode(body, type=_RestPayload, strict=False)
    except UNREADABLE:
        raise UnexpectedAnswer(f"{request}: the answer is not KuCoin's JSON", _excerpt_of(body, hide)) from None
    if (code := str(answer.code)) != SUCCESS:
        raise ApiError.of(excerpt(hide(code), _LONGEST_CODE), excerpt(hide(answer.msg or "")), request, status)
    if not bytes(answer.data):
        raise UnexpectedAnswer(f"{request}: the answer holds no data", _excerpt_of(body, hide))
    return answer.data


def _excerpt_of(body: bytes, hide: Redact) -> str:
    return excerpt(hide(body.decode("utf-8", "replace")))


def read_token(data: bytes, request: str, hide: Redact = str) -> Token:
    """Parse the data of a token answer. `hide` removes secrets from the text of errors.

    Raises:
        UnexpectedAnswer: It has no token, or names no server.
    """
    try:
        payload = msgspec.json.decode(data, type=_TokenPayload, strict=False)
    except UNREADABLE:
        raise UnexpectedAnswer(f"{request}: the answer holds no token", _excerpt_of(data, hide)) from None
    servers = tuple(_server(entry) for entry in payload.instanceServers if _can_be_dialled(entry.endpoint))
    if not servers:
        raise UnexpectedAnswer(
            f"{request}: the answer names no server (instanceServers is empty)", _excerpt_of(data, hide)
        )
    return Token(payload.token, servers)


def _can_be_dialled(endpoint: str) -> bool:
    try:
        return bool(_WEBSOCKET.fullmatch(endpoint) and urlsplit(endpoint).netloc)
    except ValueError:  # the brackets hold no IPv6 address
        return False


def _server(entry: _ServerPayload) -> InstanceServer:
    scheme, mark, rest = entry.endpoint.partition("://")
    endpoint = (
        scheme.lower() + mark + rest
    )  # RFC 3986: the case of a scheme does not matter, but websocket-client minds
    return InstanceServer(
        endpoint, _seconds(entry.pingInterval, PING_INTERVAL), _seconds(entry.pingTimeout, PING_TIMEOUT)
    )


def _seconds(ms: float | None, default: float) -> float:
    """Convert a ping interval; zero, infinite or missing means the default, as it would flood or never ping."""
    return ms / 1000 if ms is not None and 0 < ms < inf else default


_LONGEST_CODE: Final = 40
_WEBSOCKET: Final = re.compile(r"(?i:wss?)://(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::\d+)?(?:[/?]\S*)?")
