"""A REST host before a simulated exchange: it passes calls on, or answers itself as a test wants."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from transport.servers import answer, request, serving

from rx_kucoin.simulator import Simulator

__all__ = ["Front", "front"]


class Front:
    """What is asked of it, and what it answers."""

    def __init__(self, exchange: Simulator) -> None:
        self._exchange = exchange
        self.url = ""
        self.refuse: Callable[[str], bytes | None] = lambda asked: None
        """Makes a whole HTTP answer to what was asked. None: pass it on. Upgrades come here with `endpoint`."""
        self.edit: Callable[[dict[str, Any]], object] = lambda data: None
        """Changes the data of a token answer."""
        self.asked: list[tuple[float, str]] = []
        """When what was asked, by method and path."""

    @property
    def endpoint(self) -> str:
        """An endpoint here, of which every upgrade is refused."""
        return self.url.replace("http://", "ws://") + "/endpoint"

    def times(self, word: str) -> list[float]:
        """When anything with this word was asked."""
        return [at for at, asked in self.asked if word in asked]

    def __call__(self, connection: socket.socket) -> None:
        if not (head := request(connection)):
            return
        method, path, _ = head.split(" ", 2)
        self.asked.append((time.monotonic(), f"{method} {path.partition('?')[0]}"))
        said = self.refuse(f"{method} {path}")
        if said is None:
            said = answer("502 Bad Gateway") if "/endpoint" in path else self._pass(method, path)
        connection.sendall(said)

    def _pass(self, method: str, path: str) -> bytes:
        told = requests.request(method, self._exchange.rest_url + path, timeout=10)
        body = told.json()
        if "/bullet-" in path and body.get("data"):
            self.edit(body["data"])
        return answer(f"{told.status_code} x", json.dumps(body), Content_Type="application/json")


@contextmanager
def front(exchange: Simulator) -> Iterator[Front]:
    before = Front(exchange)
    with serving(before) as port:
        before.url = f"http://127.0.0.1:{port}"
        yield before
