"""KuCoin's REST hosts: signed and unsigned requests, tokens, and the errors that an answer means."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from rx_kucoin.errors import ApiError, ClockOff, KuCoinError, RateLimited, RestUnavailable, UnexpectedAnswer
from rx_kucoin.protocol import signing
from rx_kucoin.protocol.frames import UNREADABLE
from rx_kucoin.protocol.redaction import Redact, redactor
from rx_kucoin.protocol.rest_weights import Allowance, read_allowance
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.protocol.token import Token, read_data, read_token
from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.exchange_clock import ExchangeClock
from rx_kucoin.transport.http import HttpResponse, reason
from rx_kucoin.transport.http import request as send_request
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.refusals import read_refusal

__all__ = ["PRIVATE", "PUBLIC", "Rest", "fetch_token"]

PUBLIC: Final = "/api/v1/bullet-public"
PRIVATE: Final = "/api/v1/bullet-private"

_log = logging.getLogger("rx_kucoin.transport")
_CLOCK: Final = "/api/v1/timestamp"
_TOO_MANY: Final = 429
_NOT_NOW: Final = frozenset({_TOO_MANY, *range(500, 600)})
"""Statuses that say "not now", whatever the body is."""
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
        self.hide = str if credentials is None else redactor(signing.secrets(credentials))
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
            ApiError: The exchange refused the request: for good, unless it is an `UnlistedCode`.
            RateLimited: Too many requests; the error may say how long to wait.
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
            failure = RestUnavailable(f"{method} {path}: no answer from {self.host}: {reason(error, self.hide)}")
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
        failure: ApiError | UnexpectedAnswer | None = None
        try:
            data = bytes(read_data(answer.body, name, self.hide, answer.status))
        except (ApiError, UnexpectedAnswer) as error:
            failure = error
        else:
            if answer.status not in _NOT_NOW:
                return data
        raise _failure(failure, answer, name, self.hide)


class _RestRequest(NamedTuple):
    """One request, its limits, and its scope."""

    method: str
    path: str
    scope: CancelScope
    most: int
    on_allowance: Callable[[Allowance], None] | None = None


def fetch_token(rest: Rest, scope: CancelScope) -> Token:
    """Request a token, by a POST with an empty body: a private one if there are credentials.

    Raises:
        KuCoinError: No token was issued; see `Rest.request`.
        Cancelled: The scope was cancelled.
    """
    path = PUBLIC if rest.credentials is None else PRIVATE
    return read_token(rest.request("POST", path, scope, most=_MOST_BYTES), f"POST {path}", rest.hide)


def _failure(error: ApiError | UnexpectedAnswer | None, answer: HttpResponse, name: str, hide: Redact) -> KuCoinError:
    """What an answer without data stands for; `error` is what is wrong with its body. There are five cases."""
    refusal = read_refusal(answer.status, answer.headers, answer.body, hide)
    status, wait = answer.status, refusal.retry_after
    if status == _TOO_MANY:  # 1. Too many requests.
        pause = f", wait {wait:g} s" if wait else ""
        return RateLimited(f"{name}: too many requests (HTTP 429){pause}", wait or 0.0)
    if isinstance(error, ApiError):
        if status not in _NOT_NOW and error.code not in _OVERLOADED:  # 2. The exchange refuses.
            error.retry_after = wait
            return error
        refused = f"{refusal.text}, KuCoin answered {error.code} {error.text!r}"
    elif error is None or status in _NOT_NOW:
        refused = refusal.text
    elif status == HTTPStatus.OK and refusal.title is None:  # 3. Something else, of which only the beginning is known.
        error.status, error.retry_after = status, wait
        return error
    else:  # 4. The answer of something that stands before the exchange.
        return UnexpectedAnswer(
            f"{name}: {refusal.text}" + ("" if refusal.location else ", not KuCoin's JSON"),
            "" if refusal.location or refusal.title else error.excerpt,
            status=status,
            retry_after=wait,
            location=refusal.location,
            title=refusal.title,
        )
    return RestUnavailable(f"{name}: {refused}", status, wait)  # 5. Not now, says the status or the code.
