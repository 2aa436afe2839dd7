"""KuCoin's REST hosts: signed and unsigned requests, tokens, and the errors that an answer means."""

import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from rx_kucoin.errors import ApiError, ClockOff, KuCoinError, RateLimited, RestUnavailable
from rx_kucoin.protocol import signing
from rx_kucoin.protocol.frames import UNREADABLE
from rx_kucoin.protocol.redaction import hider
from rx_kucoin.protocol.rest_weights import Allowance, read_allowance, retry_after
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.protocol.token import Token, read_data, read_token
from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.exchange_clock import ExchangeClock
from rx_kucoin.transport.http import HttpResponse, reason
from rx_kucoin.transport.http import request as send_request
from rx_kucoin.transport.network import Network

__all__ = ["PRIVATE", "PUBLIC", "Rest", "fetch_token", "retry_after"]

PUBLIC: Final = "/api/v1/bullet-public"
PRIVATE: Final = "/api/v1/bullet-private"

_log = logging.getLogger("rx_kucoin.transport")
_CLOCK: Final = "/api/v1/timestamp"
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_OVERLOADED: Final = frozenset({"429000", "500000", "503000", "504000"})
"""Business codes that mean "try again later", whatever the HTTP status."""
_MOST_BYTES: Final = 1 << 20
"""Largest answer with a time or a token; a real one has some dozens or hundreds of bytes."""

_Moment = Annotated[int, msgspec.Meta(gt=0, lt=1 << 53)]
"""Milliseconds since 1970."""


class Rest:
    """One REST host, with or without credentials."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        network: Network,
        clock: ExchangeClock | None = None,
    ) -> None:
        self.network = network
        self.credentials = credentials
        self._url = url.rstrip("/")
        self._below = urlsplit(self._url).path
        self._clock = clock or ExchangeClock()
        self.hide = str if credentials is None else hider(signing.secrets(credentials))
        """Removes the credentials from the host's text."""

    def __repr__(self) -> str:
        return f"<Rest {self.host}>"

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self._url).netloc

    def request(
        self,
        method: str,
        path: str,
        scope: CancelScope,
        *,
        most: int,
        on_allowance: Callable[[Allowance], None] | None = None,
    ) -> bytes:
        """Send one request without a body and return the data of the answer, all within the network's `timeout`.

        With credentials the request is signed with the exchange's own time, which is requested first if it is not
        known. `on_allowance` is called with the rest of the rate limit that an answer reports, also that of a refusal.

        Raises:
            ApiError: The exchange refused the request; a retry would be refused too.
            RateLimited: Too many requests; the error says how long to wait.
            RestUnavailable: No answer, or HTTP 5xx.
            UnexpectedAnswer: The answer is not KuCoin's.
            Cancelled: The scope was cancelled.
        """
        failure: Exception
        try:
            with scope.within(self.network.timeout):
                return self._send_signed(_RestRequest(method, path, scope, most, on_allowance))
        except Cancelled:
            failure = Cancelled()
        except KuCoinError as error:
            failure = error
        except (OSError, ValueError) as error:
            failure = RestUnavailable(f"{method} {path}: {reason(error, self.hide)}")
        finally:
            scope.release()
        raise failure  # outside of `except`: the context of the error would hold the signed request

    def _send_signed(self, call: "_RestRequest") -> bytes:
        if self.credentials is not None:
            self._learn_time(call.scope)
            try:
                return self._send(call, self.credentials)
            except ClockOff:
                self._clock.forget()
            self._learn_time(call.scope)
        return self._send(call, self.credentials)

    def _learn_time(self, scope: CancelScope) -> None:
        """Request the exchange's time unless it is known. If that fails, this machine's time is used to sign.

        It may take half of the timeout; the other half is left for the signed request.
        """
        if self._clock.is_known:
            return
        asked = self._clock.elapsed()
        try:
            with scope.within(self.network.timeout / 2):
                answer = self._send(_RestRequest("GET", _CLOCK, scope, _MOST_BYTES), None)
            self._clock.learn(msgspec.json.decode(answer, type=_Moment, strict=False), asked)
        except (KuCoinError, OSError, ValueError, *UNREADABLE) as error:
            _log.debug("the exchange's time is not known: %s", reason(error))

    def _send(self, call: "_RestRequest", keys: Credentials | None) -> bytes:
        def sign(target: str) -> Mapping[str, str]:
            if keys is None:
                return {"Content-Type": "application/json"}
            return signing.headers(keys, self._clock.now_ms(), call.method, target.removeprefix(self._below))

        name = f"{call.method} {call.path}"
        answer = send_request(call.method, self._url + call.path, sign, self.network, call.scope, most=call.most)
        if call.on_allowance is not None and (allowance := read_allowance(answer.headers)) is not None:
            call.on_allowance(allowance)
        _check_status(answer, name)
        try:
            return bytes(read_data(answer.body, name, self.hide))
        except ApiError as error:
            if error.code in _OVERLOADED:
                raise RestUnavailable(f"{name}: KuCoin answered {error.code} {error.text!r}", answer.status) from None
            raise


class _RestRequest(NamedTuple):
    """One request, its limits, and its scope."""

    method: str
    path: str
    scope: CancelScope
    most: int
    on_allowance: Callable[[Allowance], None] | None = None


def _check_status(answer: HttpResponse, name: str) -> None:
    if answer.status == _TOO_MANY:
        wait = retry_after(answer.headers)
        raise RateLimited(f"{name}: too many requests, wait {wait:g} s", wait)
    if answer.status >= _SERVER_ERROR:
        raise RestUnavailable(f"{name}: HTTP {answer.status}", answer.status)


def fetch_token(rest: Rest, scope: CancelScope) -> Token:
    """Request a token, by a POST with an empty body: a private one if there are credentials.

    Raises:
        KuCoinError: No token was issued; see `Rest.request`.
        Cancelled: The scope was cancelled.
    """
    path = PUBLIC if rest.credentials is None else PRIVATE
    return read_token(rest.request("POST", path, scope, most=_MOST_BYTES), f"POST {path}", rest.hide)
