"""KuCoin's REST hosts: what is asked, signed where it must be, and what an answer means."""

import logging
import re
from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from rx_kucoin.errors import ApiError, ClockOff, KuCoinError, RateLimited, RestUnavailable
from rx_kucoin.protocol import bullet, signing
from rx_kucoin.protocol.discretion import hider
from rx_kucoin.protocol.frames import UNREADABLE
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.transport.exchange_clock import ExchangeClock
from rx_kucoin.transport.http import Answer, reason, request
from rx_kucoin.transport.lifeline import Cut, Lifeline
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
        self._hide = str if credentials is None else hider(signing.secrets(credentials))

    def __repr__(self) -> str:
        return f"<Rest {self.host}>"

    @property
    def host(self) -> str:
        """Where it is."""
        return urlsplit(self._url).netloc

    def ask(self, method: str, path: str, lifeline: Lifeline, *, most: int) -> bytes:
        """Ask without a body, and take the data out of the answer; all in the network's `timeout`.

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
                return self._in_time(method, path, lifeline, most)
        except Cut:
            failure = Cut()
        except KuCoinError as error:
            failure = error
        except (OSError, ValueError) as error:
            failure = RestUnavailable(f"{method} {path}: {reason(error, self._hide)}")
        finally:
            lifeline.release()
        raise failure  # out here, for the error it came from holds the signed request

    def _in_time(self, method: str, path: str, lifeline: Lifeline, most: int) -> bytes:
        if self.credentials is not None:
            self._learn_time(lifeline)
            try:
                return self._once(method, path, self.credentials, lifeline, most)
            except ClockOff:
                self._clock.forget()
            self._learn_time(lifeline)
        return self._once(method, path, self.credentials, lifeline, most)

    def _learn_time(self, lifeline: Lifeline) -> None:
        """Ask what time it is, if that is not known. A host that does not tell gets the time that is known here.

        Half the time is left for what is to be signed.
        """
        if self._clock.is_known:
            return
        asked = self._clock.elapsed()
        try:
            with lifeline.within(self.network.timeout / 2):
                told = self._once("GET", _CLOCK, None, lifeline, _SHORT)
            self._clock.learn(msgspec.json.decode(told, type=_Moment, strict=False), asked)
        except (KuCoinError, OSError, ValueError, *UNREADABLE) as error:
            _log.debug("the exchange's time is not known: %s", reason(error))

    def _once(self, method: str, path: str, keys: Credentials | None, lifeline: Lifeline, most: int) -> bytes:
        def sign(sent: str) -> Mapping[str, str]:
            if keys is None:
                return {"Content-Type": "application/json"}
            return signing.headers(keys, self._clock.now_ms(), method, sent.removeprefix(self._below))

        said = f"{method} {path}"
        answer = request(method, self._url + path, sign, self.network, lifeline, most=most)
        _check_status(answer, said)
        try:
            return bytes(bullet.read_data(answer.body, said, self._hide))
        except ApiError as error:
            if error.code in _OVERLOADED:
                raise RestUnavailable(f"{said}: KuCoin answered {error.code} {error.text!r}", answer.status) from None
            raise


def retry_after(headers: Mapping[str, str]) -> float:
    """How many seconds a 429 asks to wait; 0 when it does not say, or nothing that makes sense."""
    reset = headers.get("gw-ratelimit-reset", "")
    return int(reset) / 1000 if _RESET.fullmatch(reset) else 0.0


def _check_status(answer: Answer, said: str) -> None:
    if answer.status == _TOO_MANY:
        wait = retry_after(answer.headers)
        raise RateLimited(f"{said}: too many requests, wait {wait:g} s", wait)
    if answer.status >= _SERVER_ERROR:
        raise RestUnavailable(f"{said}: HTTP {answer.status}", answer.status)


_RESET: Final = re.compile(r"[0-9]{1,7}")
"""Milliseconds; the longest is three hours, and a real one less than a minute."""
