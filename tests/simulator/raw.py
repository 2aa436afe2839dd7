"""A bare client for these tests: what it sends is what was typed, and it knows nothing of the package's own client."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import requests
import websocket

from rx_kucoin.simulator import Simulator

PATIENCE = 10.0


def token(exchange: Simulator, market: str = "spot") -> str:
    url = exchange.rest_url if market == "spot" else exchange.futures_rest_url
    return str(requests.post(f"{url}/api/v1/bullet-public", timeout=PATIENCE).json()["data"]["token"])


def private_token(exchange: Simulator, market: str = "spot") -> str:
    """A token of the account's owner."""
    url, path = exchange.rest_url if market == "spot" else exchange.futures_rest_url, "/api/v1/bullet-private"
    answer = requests.post(url + path, headers=signed(exchange, f"POST{path}"), timeout=PATIENCE).json()
    return str(answer["data"]["token"])


def signed(exchange: Simulator, text: str, **changes: str | None) -> dict[str, str]:
    """Headers for `text`, METHOD and path and body, with some changed or left out."""
    timestamp = str(exchange.now_ns() // 1_000_000)
    headers: dict[str, str | None] = {
        "KC-API-KEY": exchange.api_key,
        "KC-API-TIMESTAMP": timestamp,
        "KC-API-SIGN": mac(exchange.api_secret, timestamp + text),
        "KC-API-PASSPHRASE": mac(exchange.api_secret, exchange.api_passphrase),
        "KC-API-KEY-VERSION": "3",
    }
    headers |= {f"KC-API-{name.upper().replace('_', '-')}": value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}


def mac(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def address(exchange: Simulator, market: str = "spot", **query: str) -> str:
    url = exchange.rest_url if market == "spot" else exchange.futures_rest_url
    return f"{url.replace('http', 'ws', 1)}/?{urlencode(query)}"


class Caller:
    """One connection, by hand."""

    def __init__(self, url: str) -> None:
        self.socket = websocket.create_connection(url, timeout=PATIENCE)
        self._next = 0

    def leave(self) -> None:
        """Go without a word; the exchange's side may be gone already."""
        self.socket.shutdown()

    def say(self, **frame: Any) -> None:
        self.socket.send(json.dumps(frame))

    def hear(self) -> dict[str, Any]:
        """Return the next frame; an abrupt end raises, a polite one gives `{"closed": code, "reason": text}`."""
        kind, data = self.socket.recv_data()
        if kind == websocket.ABNF.OPCODE_CLOSE:
            return {"closed": int.from_bytes(data[:2], "big"), "reason": data[2:].decode()}
        frame: dict[str, Any] = json.loads(data)
        return frame

    def until(self, **wanted: Any) -> dict[str, Any]:
        """Return the first frame that holds what is wanted."""
        while True:
            frame = self.hear()
            if wanted.items() <= frame.items():
                return frame

    def ask(self, kind: str, topic: Any, **more: Any) -> dict[str, Any]:
        """Subscribe or unsubscribe, and return the ack or the error."""
        self._next += 1
        name = f"ask-{self._next}"
        self.say(id=name, type=kind, topic=topic, response=True, **more)
        while True:
            frame = self.hear()
            if frame.get("id") == name:
                return frame

    def subscribe(self, topic: Any, **more: Any) -> dict[str, Any]:
        return self.ask("subscribe", topic, **more)

    def ping(self, name: str = "p") -> dict[str, Any]:
        """Ping, and return the pong: all that was sent before has been heard by then."""
        self.say(id=name, type="ping")
        return self.until(id=name)

    def meanwhile(self) -> list[dict[str, Any]]:
        """Return all frames that the exchange had sent by now."""
        self._next += 1
        name, frames = f"ping-{self._next}", list[dict[str, Any]]()
        self.say(id=name, type="ping")
        while (frame := self.hear()).get("id") != name:
            frames.append(frame)
        return frames


@contextmanager
def dialled(exchange: Simulator, market: str = "spot", *, bearer: str | None = None) -> Iterator[Caller]:
    """Dial and read the welcome."""
    caller = Caller(address(exchange, market, token=bearer or token(exchange, market), connectId="me"))
    try:
        assert caller.hear() == {"id": "me", "type": "welcome"}
        yield caller
    finally:
        caller.leave()
