"""Fetching a token, in vain or not, and seeing that no key is told to anybody."""

import socket
from collections.abc import Callable

import pytest
from transport.servers import bullet, everything_in, request

from rx_kucoin.errors import KuCoinError
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.protocol.token import Token
from rx_kucoin.transport.cancellation import CancelScope
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.rest import Rest, fetch_token

__all__ = ["CANARY", "GOOD", "KEYS", "failure", "fetch", "saying"]

KEYS = Credentials("simulated-key", "simulated-secret", "simulated-passphrase")
CANARY = Credentials("canary-key", "canary-secret", "canary-passphrase")
GOOD = bullet("wss://ws.example/endpoint")


def fetch(url: str, credentials: Credentials | None = None, timeout: float = 10.0) -> Token:
    return fetch_token(Rest(url, credentials, Network(timeout)), CancelScope())


def failure(url: str, credentials: Credentials | None = CANARY, timeout: float = 10.0) -> KuCoinError:
    """Fetch in vain, and see that nothing secret is told."""
    with pytest.raises(KuCoinError) as caught:
        fetch(url, credentials, timeout)
    told = everything_in(caught.value)
    assert "canary" not in told.replace("canary=", "")
    assert "KC-API-TIMESTAMP" not in told  # nor the signed headers
    return caught.value


def saying(*answers: bytes, heard: list[str] | None = None) -> Callable[[socket.socket], None]:
    """Answer with these bytes and hang up."""

    def handle(connection: socket.socket) -> None:
        asked = request(connection)
        if heard is not None:
            heard.append(asked)
        for part in answers:
            connection.sendall(part)

    return handle
