"""KuCoin's REST hosts: what is asked, signed where it must be, and what an answer means."""

import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from rx_kucoin.errors import ApiError, ClockOff, KuCoinError, RateLimited, RestUnavailable
from rx_kucoin.protocol import signing
from rx_kucoin.protocol import token as bullet
from rx_kucoin.protocol.frames import UNREADABLE
from rx_kucoin.protocol.redaction import hider
from rx_kucoin.protocol.rest_weights import Allowance, read_allowance, retry_after
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.transport.cancellation import CancelScope, Cut
from rx_kucoin.transport.exchange_clock import ExchangeClock
from rx_kucoin.transport.http import Answer, reason, request
from rx_kucoin.transport.network import Network

__all__ = ["Rest", "retry_after"]

_log = logging.getLogger("rx_kucoin.transport")
_CLOCK: Final = "/api/v1/timestamp"
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_OVERLOADED: Final = frozenset({"429000", "500000", "503000", "504000"})
"""Business codes that say "not now", whatever the HTTP status beside them."""
_SHORT: Final = 1 << 20
"""Bytes of an answer that tells the time; a real one has a few dozens."""

_Moment = Annotated[int, msgspec.Meta(gt=0, lt=1 << 53)]
"""Milliseconds since 1970."""


class Rest:
    """One REST host, asked with a key or without one."""

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
        """Takes the key out of what the host says."""

    def __repr__(self) -> str:
        return f"<Rest {self.host}>"

    @property
    def host(self) -> str:
        """Where it is."""
        return urlsplit(self._url).netloc

    def ask(
        self,
        method: str,
        path: str,
        lifeline: CancelScope,
        *,
        most: int,
        told: Callable[[Allowance], None] | None = None,
    ) -> bytes:
        """Ask without a body, and take the data out of the answer; all in the network's `timeout`.

        `told` is told what each answer says is left of the pool, if it does, a refusal, too.

        Signed when there are credentials, with the exchange's own time: it is asked for that before, now and then.

        Raises:
            ApiError: the exchange refused, and would again.
            RateLimited: too many requests; it says how long to wait.
            RestUnavailable: no answer, or a 5xx.
            UnexpectedAnswer: what came is not KuCoin's.
            Cut: the lifeline was cut.
        """
        failure: Exception
        try:
            with lifeline.within(self.network.timeout):
                return self._in_time(_Asked(method, path, lifeline, most, told))
        except Cut:
            failure = Cut()
        except KuCoinError as error:
            failure = error
        except (OSError, ValueError) as error:
            failure = RestUnavailable(f"{method} {path}: {reason(error, self.hide)}")
        finally:
            lifeline.release()
        raise failure  # out here, for the error it came from holds the signed request

    def _in_time(self, asked: "_Asked") -> bytes:
        if self.credentials is not None:
            self._learn_time(asked.lifeline)
            try:
                return self._once(asked, self.credentials)
            except ClockOff:
                self._clock.forget()
            self._learn_time(asked.lifeline)
        return self._once(asked, self.credentials)

    def _learn_time(self, lifeline: CancelScope) -> None:
        """Ask what time it is, if that is not known. A host that does not tell gets the time that is known here.

        Half the time is left for what is to be signed.
        """
        if self._clock.is_known:
            return
        asked = self._clock.elapsed()
        try:
            with lifeline.within(self.network.timeout / 2):
                told = self._once(_Asked("GET", _CLOCK, lifeline, _SHORT), None)
            self._clock.learn(msgspec.json.decode(told, type=_Moment, strict=False), asked)
        except (KuCoinError, OSError, ValueError, *UNREADABLE) as error:
            _log.debug("the exchange's time is not known: %s", reason(error))

    def _once(self, asked: "_Asked", keys: Credentials | None) -> bytes:
        def sign(sent: str) -> Mapping[str, str]:
            if keys is None:
                return {"Content-Type": "application/json"}
            return signing.headers(keys, self._clock.now_ms(), asked.method, sent.removeprefix(self._below))

        said = f"{asked.method} {asked.path}"
        answer = request(asked.method, self._url + asked.path, sign, self.network, asked.lifeline, most=asked.most)
        if asked.told is not None and (allowance := read_allowance(answer.headers)) is not None:
            asked.told(allowance)
        _check_status(answer, said)
        try:
            return bytes(bullet.read_data(answer.body, said, self.hide))
        except ApiError as error:
            if error.code in _OVERLOADED:
                raise RestUnavailable(f"{said}: KuCoin answered {error.code} {error.text!r}", answer.status) from None
            raise


class _Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    lifeline: CancelScope
    most: int
    told: Callable[[Allowance], None] | None = None


def _check_status(answer: Answer, said: str) -> None:
    if answer.status == _TOO_MANY:
        wait = retry_after(answer.headers)
        raise RateLimited(f"{said}: too many requests, wait {wait:g} s", wait)
    if answer.status >= _SERVER_ERROR:
        raise RestUnavailable(f"{said}: HTTP {answer.status}", answer.status)
