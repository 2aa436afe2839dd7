"""The bullet: the token answer, from which come the address to dial and the pace of the heartbeat."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

import msgspec

from rx_kucoin.errors import ApiError, UnexpectedAnswer
from rx_kucoin.protocol.frames import UNREADABLE, excerpt
from rx_kucoin.protocol.limits import PING_INTERVAL, PING_TIMEOUT
from rx_kucoin.protocol.redaction import Hide

__all__ = ["SUCCESS", "Bullet", "Server", "read", "read_data"]

SUCCESS: Final = "200000"
"""The business code of a good answer; the HTTP status alone proves nothing."""


@dataclass(frozen=True, slots=True)
class Server:
    """One entry of `instanceServers`. Times in seconds."""

    endpoint: str
    ping_interval: float = PING_INTERVAL
    ping_timeout: float = PING_TIMEOUT

    @property
    def host(self) -> str:
        """Where it is, for events: no query, so no token."""
        return urlsplit(self.endpoint).netloc


@dataclass(frozen=True, slots=True)
class Bullet:
    """A token and the servers that take it. One for each dial: a token is never used twice."""

    token: str = field(repr=False)
    servers: Sequence[Server]

    def address(self, server: Server, connect_id: str) -> str:
        """Write the address to dial. The token holds `=` and `+`, so it is percent-encoded."""
        mark = "&" if "?" in server.endpoint else "?"
        return f"{server.endpoint}{mark}token={quote(self.token, safe='')}&connectId={quote(connect_id, safe='')}"

    def choose(self, random: Callable[[], float]) -> Server:
        """Any of the servers will do; choosing at random spreads the load and gets around a dead one."""
        return self.servers[int(random() * len(self.servers))]


class _Server(msgspec.Struct):
    endpoint: str
    pingInterval: float | None = None  # noqa: N815  the wire's own name, ms
    pingTimeout: float | None = None  # noqa: N815


class _Data(msgspec.Struct):
    token: Annotated[str, msgspec.Meta(min_length=1)]
    instanceServers: list[_Server]  # noqa: N815


class _Answer(msgspec.Struct):
    code: str | int
    msg: str | None = None
    data: msgspec.Raw = msgspec.Raw()


def read_data(body: bytes, request: str, hide: Hide = str) -> msgspec.Raw:
    """Take the data out of any answer of KuCoin's REST hosts. `hide` takes secrets out of what it says in errors.

    Raises:
        ApiError: the code is not that of success.
        UnexpectedAnswer: it is not KuCoin's JSON at all.
    """
    try:
        answer = msgspec.json.decode(body, type=_Answer, strict=False)
    except UNREADABLE:
        raise UnexpectedAnswer(f"{request}: the answer is not KuCoin's JSON", _began(body, hide)) from None
    if (code := str(answer.code)) != SUCCESS:
        raise ApiError.of(excerpt(hide(code), _LONGEST_CODE), excerpt(hide(answer.msg or "")), request)
    if not bytes(answer.data):
        raise UnexpectedAnswer(f"{request}: the answer holds no data", _began(body, hide))
    return answer.data


def _began(body: bytes, hide: Hide) -> str:
    return excerpt(hide(body.decode("utf-8", "replace")))


def read(data: bytes, request: str, hide: Hide = str) -> Bullet:
    """Read the data of a token answer. `hide` is as above.

    Raises:
        UnexpectedAnswer: there is no token, or it names no server.
    """
    try:
        payload = msgspec.json.decode(data, type=_Data, strict=False)
    except UNREADABLE:
        raise UnexpectedAnswer(f"{request}: the answer holds no token", _began(data, hide)) from None
    servers = tuple(_server(entry) for entry in payload.instanceServers if _can_be_dialled(entry.endpoint))
    if not servers:
        raise UnexpectedAnswer(f"{request}: the answer names no server (instanceServers is empty)", _began(data, hide))
    return Bullet(payload.token, servers)


def _can_be_dialled(endpoint: str) -> bool:
    try:
        return bool(_WEBSOCKET.fullmatch(endpoint) and urlsplit(endpoint).netloc)
    except ValueError:  # what is in brackets is no address
        return False


def _server(entry: _Server) -> Server:
    return Server(
        entry.endpoint, _seconds(entry.pingInterval, PING_INTERVAL), _seconds(entry.pingTimeout, PING_TIMEOUT)
    )


def _seconds(ms: float | None, default: float) -> float:
    """A heartbeat without a pause would be a flood, one without an end none: then today's advice holds."""
    return ms / 1000 if ms is not None and 0 < ms < inf else default


_LONGEST_CODE: Final = 20
_WEBSOCKET: Final = re.compile(r"wss?://(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::\d+)?(?:[/?]\S*)?")
