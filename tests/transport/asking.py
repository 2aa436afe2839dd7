"""A fetch as its subscriber sees it, and an exchange that keeps a clock of its own."""

import json
import socket
import threading
import time
from collections.abc import Callable

from reactivex import Observable
from transport.servers import answer, request
from waiting import eventually

from rx_kucoin.protocol.signing import Credentials, headers

__all__ = ["KEYS", "Asked", "Told", "good"]

KEYS = Credentials("canary-key", "canary-secret", "canary-passphrase")


def good(data: object) -> bytes:
    return answer("200 OK", json.dumps({"code": "200000", "data": data}))


class Told:
    """What came, in which order, on which threads."""

    def __init__(self, answers: Observable[bytes]) -> None:
        self.story: list[object] = []
        self.threads: set[str] = set()
        self.subscription = answers.subscribe(self._note, self._note, lambda: self._note("completed"))

    def whole(self) -> list[object]:
        """Wait for the end."""
        assert eventually(
            lambda: self.story and (self.story[-1] == "completed" or isinstance(self.story[-1], Exception))
        )
        return self.story

    def error(self) -> Exception:
        (error,) = self.whole()
        assert isinstance(error, Exception)
        return error

    def _note(self, what: object) -> None:
        self.threads.add(threading.current_thread().name)
        self.story.append(what)


class Asked:
    """A REST host with a clock that may be wrong, which takes signatures of these keys that are less than 5 s off."""

    def __init__(self, offset: float = 0.0, *, tell: Callable[[str], bytes] | None = None) -> None:
        self.offset = offset
        self.requests: list[str] = []
        """What was asked, method and path; and after it, whether a signature was believed."""
        self._tell = tell or (lambda _: good(self.time_ms()))

    def time_ms(self) -> int:
        return int(1000 * (time.time() + self.offset))

    def __call__(self, connection: socket.socket) -> None:
        if not (asked := request(connection)):
            return
        method, path, _ = asked.split(" ", 2)
        self.requests.append(f"{method} {path}")
        if path.endswith("/timestamp"):
            connection.sendall(self._tell(asked))
            return
        said = dict(line.split(": ", 1) for line in asked.split("\r\n")[1:] if line)
        signed = int(said.get("KC-API-TIMESTAMP", 0))
        if signed and abs(signed - self.time_ms()) > 5000:
            connection.sendall(answer("400 Bad Request", '{"code":"400002","msg":"KC-API-TIMESTAMP Invalid"}'))
        elif signed and not headers(KEYS, signed, method, path).items() <= said.items():
            connection.sendall(answer("401 Unauthorized", '{"code":"400005","msg":"Invalid KC-API-SIGN"}'))
        else:
            connection.sendall(good({"signed": bool(signed)}))
