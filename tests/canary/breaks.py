"""What goes wrong on sockets and on the way to them, and what goes wrong in whoever listens."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import unquote

from canary.hosts import gateway, proxy, secured
from canary.refusals import Arrange
from canary.stage import LOGIN, Stage
from transport.servers import BINARY, CLOSE, accepted, answer, frame
from waiting import eventually

from rx_kucoin import KuCoin, errors, events
from rx_kucoin.transport.clock import Clock
from rx_kucoin.transport.sockets import Sockets

__all__ = ["ACTS", "BREAKS"]


@contextmanager
def dials(status: int, stage: Stage) -> Iterator[dict[str, Any]]:
    """The upgrade is refused."""
    stage.exchange.faults.refuse_dials(status)
    yield {}


@contextmanager
def sockets(code: int, text: str, stage: Stage) -> Iterator[dict[str, Any]]:
    """An error stands in the welcome's place."""
    stage.exchange.faults.refuse_sockets(code, text)
    yield {}


@contextmanager
def topic(code: int, text: str, stage: Stage) -> Iterator[dict[str, Any]]:
    """A topic is refused."""
    stage.exchange.faults.refuse_topic("/market/ticker:BTC-USDT", code, text)
    yield {}


@contextmanager
def no_welcome(stage: Stage) -> Iterator[dict[str, Any]]:
    """Nobody says welcome."""
    stage.exchange.faults.no_welcome()
    yield {"timeout": 0.3}


@contextmanager
def public(stage: Stage) -> Iterator[dict[str, Any]]:
    """A private topic is asked for with a public token."""
    yield {"transport": lambda market, private: Sockets(stage.exchange.rest_url)}


@contextmanager
def saying(says: Callable[[str], bytes], stage: Stage) -> Iterator[dict[str, Any]]:
    """The gateway says something of its own about the address that it was dialled by."""
    with gateway(stage.finder.know, says) as url:
        yield {"rest_url": url, "futures_rest_url": url}


@contextmanager
def upgrading(upgrade: Callable[[str], bytes], stage: Stage) -> Iterator[dict[str, Any]]:
    """The upgrade is answered with something of its own."""
    with gateway(stage.finder.know, upgrade=upgrade) as url:
        yield {"rest_url": url, "futures_rest_url": url}


@contextmanager
def elsewhere(endpoint: str, stage: Stage) -> Iterator[dict[str, Any]]:
    """The gateway is where nobody is."""
    with gateway(stage.finder.know, endpoint=endpoint) as url:
        yield {"rest_url": url, "futures_rest_url": url}


@contextmanager
def unbelieved(stage: Stage, *, only_socket: bool) -> Iterator[dict[str, Any]]:
    """Nobody vouches for the certificate."""
    with TemporaryDirectory() as folder, secured(stage.finder.know, Path(folder), only_socket=only_socket) as url:
        yield {"rest_url": url, "futures_rest_url": url}


@contextmanager
def through(say: Callable[[str], bytes], stage: Stage, scheme: str = "http") -> Iterator[dict[str, Any]]:
    """A proxy answers with what it makes of what it was told."""
    stage.finder.know("the proxy's login", base64.b64encode(unquote(LOGIN).encode("latin-1")).decode())
    login = LOGIN if scheme == "http" else LOGIN.replace("%C3%A9", "")
    with proxy(say, login, scheme) as url:
        yield {"proxy": url}


@contextmanager
def dead_proxy(scheme: str, _stage: Stage) -> Iterator[dict[str, Any]]:
    """There is no proxy."""
    yield {"proxy": f"{scheme}://odduser:oddpass%5C%27@127.0.0.1:1"}


@contextmanager
def bad_dice(_stage: Stage) -> Iterator[dict[str, Any]]:
    """A fault amid a dial: the dice fall beside the table."""
    yield {"random": lambda: 7.0}


@contextmanager
def bad_clock(_stage: Stage) -> Iterator[dict[str, Any]]:
    """A fault where a line begins: the clock cannot wait for the welcome."""

    class Broken(Clock):
        def schedule_relative(self, duetime: Any, action: Any, state: Any = None) -> Any:
            if duetime == 4.5 or duetime == timedelta(seconds=4.5):
                raise ZeroDivisionError("a broken clock")
            return super().schedule_relative(duetime, action, state)

    yield {"scheduler": Broken(), "timeout": 4.5}


def says(**told: Any) -> Callable[[str], bytes]:
    """Write a frame; `ADDRESS` in it becomes the address."""

    def write(address: str) -> bytes:
        return frame(json.dumps(told).replace("ADDRESS", address).encode())

    return write


def closes(address: str) -> bytes:
    """Close with a part of the token for a reason: more does not fit."""
    return frame(b"\x0f\xa0" + address.partition("token=")[2][:100].encode(), CLOSE)


def login_of(told: str) -> str:
    """Find what was said to the proxy."""
    return next((line for line in told.split("\r\n") if line.startswith("Proxy-Auth")), told)


def heads(status: str, told: str) -> bytes:
    """Write the head of an answer with a status of its own."""
    return f"HTTP/1.1 {status} {login_of(told)}\r\n\r\n".encode("latin-1")


def raising(*_: object) -> None:
    """Hear nothing, and raise."""
    raise ArithmeticError("a subscriber raised")


def drop(stage: Stage, _kucoin: KuCoin, *, abrupt: bool) -> None:
    """Lose every line."""
    wait_live(stage)
    stage.exchange.faults.drop(abrupt=abrupt)


def garbage(kind: Any, stage: Stage, _kucoin: KuCoin) -> None:
    """Say nonsense."""
    wait_live(stage)
    stage.exchange.faults.garbage(kind)


def subscriber(stage: Stage, kucoin: KuCoin) -> None:
    """Have a subscriber raise at each message."""
    kucoin.ticker("ETH-USDT").subscribe(raising, raising)
    wait_live(stage, "/market/ticker:ETH-USDT")
    stage.exchange.tick("/market/ticker:ETH-USDT", 2)


def careless(_stage: Stage, kucoin: KuCoin) -> None:
    """Have subscribers who do not handle errors, or raise when they are told."""
    kucoin.events.subscribe(raising)
    kucoin.balances().subscribe(print, raising)
    kucoin.orders_v1().subscribe()


def signed_get(_stage: Stage, kucoin: KuCoin) -> None:
    """Ask something signed, of which nobody handles the error."""
    kucoin._engine.fetch("spot", "/api/v1/accounts", private=True).subscribe()
    kucoin.symbols().subscribe()


def wait_live(stage: Stage, live: str = "/market/ticker:BTC-USDT") -> None:
    """Wait until the exchange has a subscriber."""
    assert eventually(lambda: stage.exchange.listeners(live) and len(stage.exchange.open_connections) > 2)


TALK: Final[dict[str, tuple[Callable[[str], bytes], type]]] = {
    "garbage with the address": (lambda address: frame(b'{"type":"x ' + address.encode()), events.Malformed),
    "the address in bytes": (lambda address: frame(b"\x00" + address.encode(), BINARY), events.Malformed),
    "a type that is the address": (says(type="ADDRESS"), events.Malformed),
    "a code that is the address": (says(type="error", code="ADDRESS", data="x"), events.Complaint),
    "a topic refused with it": (says(id="1", type="error", code=404, data="topic at ADDRESS"), events.TopicRefused),
    "a token refused with it": (says(id="1", type="error", code=401, data="token is bad: ADDRESS"), events.Event),
    "a complaint with it": (says(id="other", type="error", code=400, data="no good: ADDRESS"), events.Event),
    "a limit with it": (says(id="1", type="error", code=509, data="too many at ADDRESS"), events.Event),
    "a ping missed with it": (says(id="1", type="error", code=400, data="no ping from ADDRESS"), events.Event),
    "what it says as an object": (says(id="1", type="error", code=500, data={"a": ["ADDRESS"]}), events.Event),
    "a push with it": (
        says(type="message", topic="/market/ticker:BTC-USDT", subject="ADDRESS", data={"sequence": "ADDRESS"}),
        events.Malformed,
    ),
    "a push that is it": (
        says(type="message", topic="/market/ticker:BTC-USDT", subject="trade.ticker", data="ADDRESS"),
        events.Malformed,
    ),
    "a close for its sake": (closes, errors.LineLost),
    "a masked frame of it": (lambda address: frame(address.encode(), mask=b"oddm"), errors.LineLost),
    "a frame of an unknown kind": (lambda address: frame(address.encode(), 11), errors.LineLost),
}
UPGRADES: Final[dict[str, Callable[[str], bytes]]] = {
    "an echo": str.encode,
    "an echo in the status": lambda asked: answer(f"403 {asked.split(' ')[1]}", asked),
    "an echo in the headers": lambda asked: answer("500 x", Set_Cookie=f"{asked.split(' ')[1]}=1; \x01=2"),
    "an echo in a cookie": lambda asked: (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        + f"Set-Cookie: a[{asked.split(' ')[1]}]=1; {asked.split(' ')[1]}\x01=2\r\n\r\n".encode()
    ),
    "a wrong proof with an echo": lambda asked: accepted(asked.replace("Key: ", "Key: x"))[:-2] + asked.encode(),
    "a redirect": lambda asked: answer("302 Found", Location=f"ws://127.0.0.1:1{asked.split(' ')[1]}"),
}
PROXIES: Final[dict[str, Callable[[str], bytes]]] = {
    "407": lambda told: b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
    "an echo in the status": lambda told: heads("403", told),
    "an echo and then a hang-up": lambda told: login_of(told).encode("latin-1"),
    "an echo that is cut": lambda told: b"x " * 22 + login_of(told).encode("latin-1"),
    "the login itself": lambda told: (
        b"HTTP/1.1 403 " + base64.b64decode(login_of(told).rpartition(" ")[2].encode() + b"==") + b"\r\n\r\n"
    ),
    "the login itself, and then a hang-up": lambda told: base64.b64decode(login_of(told).rpartition(" ")[2]),
    "nonsense": lambda told: b"what?\r\n\r\n",
}
BREAKS: Final[dict[str, tuple[Arrange, type]]] = {
    **{f"upgrade refused: {status}": (partial(dials, status), errors.Passing) for status in (401, 403, 429, 503)},
    "token expired": (partial(sockets, 401, "token is expired"), errors.TokenRefused),
    "token invalid": (partial(sockets, 401, "token is invalid"), errors.TokenRefused),
    "too many sessions": (partial(sockets, 509, "exceed max session count limitation of 400"), errors.Busy),
    "topic unknown": (partial(topic, 404, "topic does not exist"), errors.SubscriptionRejected),
    "topic busy": (partial(topic, 509, "exceed max permits per second"), events.Requeued),
    "a public token": (public, errors.SubscriptionRejected),
    "no welcome": (no_welcome, errors.NoWelcome),
    **{f"the gateway says {what}": (partial(saying, say), kind) for what, (say, kind) in TALK.items()},
    **{f"the upgrade brings {what}": (partial(upgrading, say), errors.Passing) for what, say in UPGRADES.items()},
    "no such gateway": (partial(elsewhere, "ws://no-such-host.invalid/"), errors.DialFailed),
    "nobody at the gateway": (partial(elsewhere, "ws://127.0.0.1:1/"), errors.DialFailed),
    "a gateway that is none": (partial(elsewhere, "ws://127.0.0.1:99999/"), errors.DialFailed),
    "TLS": (partial(unbelieved, only_socket=False), errors.RestUnavailable),
    "TLS of the gateway": (partial(unbelieved, only_socket=True), errors.DialFailed),
    **{f"the proxy says {what}": (partial(through, say), errors.RestUnavailable) for what, say in PROXIES.items()},
    "the proxy refuses the login": (
        partial(through, lambda told: b"\x01\x01", scheme="socks5"),
        errors.RestUnavailable,
    ),
    "the proxy speaks nonsense": (
        partial(through, lambda told: told.encode("latin-1"), scheme="socks5"),
        errors.RestUnavailable,
    ),
    "a dead proxy": (partial(dead_proxy, "http"), errors.RestUnavailable),
    "a dead SOCKS proxy": (partial(dead_proxy, "socks5"), errors.RestUnavailable),
    "bad dice": (bad_dice, errors.LineLost),
    "a bad clock": (bad_clock, errors.LineLost),
}
"""Each with what it must be told by."""
ACTS: Final[dict[str, tuple[Callable[..., None], type]]] = {
    "reset": (partial(drop, abrupt=True), events.LineDown),
    "goodbye": (partial(drop, abrupt=False), events.LineDown),
    **{
        f"nonsense: {kind}": (partial(garbage, kind), events.Malformed)
        for kind in ("not json", "not an object", "wrong types", "unknown type", "notice", "binary", "empty")
    },
    "a subscriber raises": (subscriber, events.SubscriberFailed),
}
"""What is done to a client that is well."""
