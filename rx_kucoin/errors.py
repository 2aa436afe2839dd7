"""One family tree of what can go wrong. The branch decides what is tried again; the facts are attributes.

    KuCoinError
    ├── SubscriptionRejected      the exchange refused a topic; the others of its batch go on
    ├── ReconnectFailed           the row of failures is over; `cause` is the last of them
    ├── Closed                    subscribed to after `close()`
    ├── UnknownSymbol             no market of the exchange goes by this name; `did_you_mean` may be the right one
    ├── CalibrationFailed         no snapshot fits the changes of a book; `cause` is the last reason
    ├── ApiError                  the exchange understood and said no: not tried again if that is known to be final
    │   ├── KeyRefused            it did not take the API key, or what was signed with it
    │   │   ├── ClockOff          400002: the time that was signed is not the exchange's
    │   │   ├── UnknownKey        400003
    │   │   ├── WrongPassphrase   400004
    │   │   ├── WrongSignature    400005
    │   │   ├── AddressNotAllowed 400006
    │   │   ├── PermissionMissing 400007
    │   │   ├── KeyTooOld         400008
    │   │   └── WrongKeyVersion   400009
    │   ├── RegionRefused         400301 to 400304: it does not serve this place, or this person
    │   ├── AccountFrozen         411100
    │   └── UnlistedCode          a code that is not known to be final: `Passing` as well, so it is tried again
    └── Passing                   heals by itself, so it is tried again
        ├── DialFailed            no TCP, no TLS, no upgrade
        ├── NoWelcome             the line opened and nobody spoke
        ├── NoPong                a ping without any answer
        ├── LineLost              the exchange, or the road to it, ended the line
        ├── TokenRefused          error 401 on the socket: the token was not good any more
        ├── Busy                  error 509 on the socket: too many sessions or messages
        ├── RestUnavailable       no answer, or a 5xx
        │   └── RateLimited       a 429
        └── UnexpectedAnswer      HTML, a redirect, a wrong shape, no servers

Errors that come from an HTTP answer have its `status`, and `retry_after`: the seconds that the server asked to wait,
or None where it did not ask. No message ever holds a token, a key or a passphrase.
"""

from typing import Any, Final

__all__ = [
    "AccountFrozen",
    "AddressNotAllowed",
    "ApiError",
    "Busy",
    "CalibrationFailed",
    "ClockOff",
    "Closed",
    "DialFailed",
    "KeyRefused",
    "KeyTooOld",
    "KuCoinError",
    "LineLost",
    "NoPong",
    "NoWelcome",
    "Passing",
    "PermissionMissing",
    "RateLimited",
    "ReconnectFailed",
    "RegionRefused",
    "RestUnavailable",
    "SubscriptionRejected",
    "TokenRefused",
    "UnexpectedAnswer",
    "UnknownKey",
    "UnknownSymbol",
    "UnlistedCode",
    "WrongKeyVersion",
    "WrongPassphrase",
    "WrongSignature",
]


class KuCoinError(Exception):
    """Whatever this library raises or sends down `on_error`, except `ValueError` for a wrong argument."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied, or sent to another process, as what it says and its facts: what it was made of is not kept."""
        return _remade, (type(self), self.args), vars(self)


class SubscriptionRejected(KuCoinError):
    """The exchange refused this topic. Ends this topic's stream alone."""

    def __init__(self, topic: str, code: int, text: str) -> None:
        super().__init__(f"{topic} was refused by the exchange: {code} {text!r}; {_REMEDIES.get(code, _LOOK_IT_UP)}")
        self.topic, self.code, self.text = topic, code, text


class ReconnectFailed(KuCoinError):
    """The line could not be kept alive: `attempts` attempts failed in a row, the last one by `cause`."""

    def __init__(self, attempts: int, cause: Exception) -> None:
        tries = "attempt" if attempts == 1 else "attempts"
        super().__init__(
            f"gave up after {attempts} {tries} in a row to reconnect; the last cause: {_sentence(cause)} "
            "Subscribe again to start anew, or set max_reconnects=None to never give up"
        )
        self.attempts, self.cause = attempts, cause


class Closed(KuCoinError):
    """This KuCoin was closed; build a new one."""

    def __init__(self) -> None:
        super().__init__("this KuCoin is closed; build a new one")


class UnknownSymbol(KuCoinError):
    """The exchange lists no such symbol. `did_you_mean` is the listed one that comes closest, if any does."""

    def __init__(self, symbol: str, did_you_mean: str | None = None) -> None:
        hint = "look it up in KuCoin's list of symbols" if did_you_mean is None else f"did you mean {did_you_mean}?"
        super().__init__(f"KuCoin lists no symbol {symbol!r}; {hint}")
        self.symbol, self.did_you_mean = symbol, did_you_mean


class CalibrationFailed(KuCoinError):
    """A book could not be calibrated: `attempts` snapshots were asked for in a row and refused, or did not fit.

    `cause` is the last reason. Where sequences did not fit, `known` is the last one that the snapshot, or the book,
    had, and `came` the first one of the changes that should have followed.
    """

    def __init__(
        self, symbol: str, attempts: int, cause: Exception, known: int | None = None, came: int | None = None
    ) -> None:
        tries = "attempt" if attempts == 1 else "attempts"
        super().__init__(
            f"the book of {symbol} could not be calibrated, in {attempts} {tries}; the last cause: {_sentence(cause)} "
            "Subscribe again to start anew, or take book(symbol, depth=50), which needs no calibration"
        )
        self.symbol, self.attempts, self.cause, self.known, self.came = symbol, attempts, cause, known, came


class ApiError(KuCoinError):
    """The exchange answered a REST request with a business code. `status` is the HTTP status beside it."""

    def __init__(self, code: str, text: str, request: str, status: int | None = None) -> None:
        remedy = _FINAL[code][1] if code in _FINAL else _LOOK_UP
        super().__init__(f"{request}: KuCoin answered {code} {text!r}; {remedy}")
        self.code, self.text, self.request, self.status = code, text, request, status
        self.retry_after: float | None = None

    @staticmethod
    def of(code: str, text: str, request: str, status: int | None = None) -> "ApiError":
        """Make the error that a code stands for: an `UnlistedCode`, if it is not known to be final."""
        kind = _FINAL[code][0] if code in _FINAL else UnlistedCode
        return kind(code, text, request, status)


class KeyRefused(ApiError):
    """The exchange did not take the API key, or what was signed with it."""


class ClockOff(KeyRefused):
    """The time that was signed is more than 5 s off the exchange's, even after its clock was asked for."""


class UnknownKey(KeyRefused):
    """The exchange has no such API key."""


class WrongPassphrase(KeyRefused):
    """The passphrase is not the key's."""


class WrongSignature(KeyRefused):
    """The signature does not fit: most often the secret is not the key's."""


class AddressNotAllowed(KeyRefused):
    """The key may not be used from this machine's address."""


class PermissionMissing(KeyRefused):
    """The key was not given the permission that the request takes."""


class KeyTooOld(KeyRefused):
    """The exchange no longer takes keys of this generation."""


class WrongKeyVersion(KeyRefused):
    """The key is of another generation than was said."""


class RegionRefused(ApiError):
    """The exchange does not serve this place, or not before it knows who asks."""


class AccountFrozen(ApiError):
    """The account is frozen."""


class Passing(KuCoinError):
    """A failure that heals by itself: what `retry_backoff` tries again."""


class UnlistedCode(ApiError, Passing):
    """A business code that is not known to be final, as exchanges use them in maintenance: tried again."""


class DialFailed(Passing):
    """The connection could not be opened. `location` is where the answer to the upgrade redirects to, if it does."""

    def __init__(
        self, text: str, status: int | None = None, retry_after: float | None = None, location: str | None = None
    ) -> None:
        super().__init__(text)
        self.status, self.retry_after, self.location = status, retry_after, location


class NoWelcome(Passing):
    """The line opened, but the exchange did not say welcome in time."""


class NoPong(Passing):
    """The exchange did not answer a ping in time."""


class LineLost(Passing):
    """An open line ended."""


class TokenRefused(Passing):
    """The exchange refused the token on the socket. The next dial brings a fresh one."""


class Busy(Passing):
    """The exchange ended or refused the line because of a limit (error 509)."""


class RestUnavailable(Passing):
    """The REST host did not answer, or answered that it cannot now."""

    def __init__(self, text: str, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.status, self.retry_after = status, retry_after


class RateLimited(RestUnavailable):
    """Too many requests, or connections (429). `retry_after` is 0 where the server did not say how long to wait."""

    def __init__(self, text: str, retry_after: float = 0.0) -> None:
        super().__init__(text, 429, retry_after)


class UnexpectedAnswer(Passing):
    """The REST host answered something that is not KuCoin's.

    `excerpt` is how it began, `location` where it redirects to, and `title` the title of the page that it is, if it is
    any: a captive portal's, say.
    """

    def __init__(
        self,
        text: str,
        excerpt: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        location: str | None = None,
        title: str | None = None,
    ) -> None:
        super().__init__(f"{text}; it began with {excerpt!r}" if excerpt else text)
        self.excerpt, self.status, self.retry_after = excerpt, status, retry_after
        self.location, self.title = location, title


def _remade(kind: type[KuCoinError], said: tuple[object, ...]) -> KuCoinError:
    return kind.__new__(kind, *said)


def _sentence(cause: Exception) -> str:
    """What a cause says, with one mark at its end."""
    text = str(cause)
    return text if text.endswith((".", "?", "!")) else f"{text}."


_LOOK_IT_UP: Final = "look the code up in KuCoin's list of WebSocket error codes"
_REMEDIES: Final = {
    400: "check how the topic is written",
    403: "a private topic needs credentials",
    404: "check the channel's name",
    509: "a limit of the exchange stands in the way",
}
_ELSEWHERE: Final = "the exchange does not serve this region, or not on this REST host: use the region's own"
_UNPROVEN: Final = "the exchange wants to know who you are first: finish its identity check (KYC)"
_LOOK_UP: Final = "look the code up in KuCoin's list of error codes"
_BROKER: Final = "the broker's key or address is not the exchange's"
_FINAL: Final[dict[str, tuple[type[ApiError], str]]] = {
    "404": (ApiError, "check the REST address"),
    "200003": (ApiError, "the futures market lists no such symbol"),
    "400001": (ApiError, "a KC-API header is missing: build Credentials(key, secret, passphrase)"),
    "400002": (ClockOff, "set this machine's clock: it is more than 5 s off the exchange's"),
    "400003": (UnknownKey, "the API key does not exist: check KUCOIN_API_KEY"),
    "400004": (WrongPassphrase, "the passphrase is wrong: check KUCOIN_API_PASSPHRASE"),
    "400005": (WrongSignature, "the signature is wrong: check the API secret, KUCOIN_API_SECRET"),
    "400006": (AddressNotAllowed, "this machine's address is not on the key's IP list: add it there"),
    "400007": (PermissionMissing, "the key lacks a permission: give it the General one"),
    "400008": (KeyTooOld, "this generation of keys is no longer accepted: create a new key"),
    "400009": (WrongKeyVersion, "the key's version is wrong: set Credentials(version=...) to the key's own"),
    "400010": (KeyRefused, "the exchange denies access to the key's account: ask KuCoin's support"),
    "400011": (KeyRefused, "the signature of the session is wrong: check the API secret, KUCOIN_API_SECRET"),
    "400100": (ApiError, "a parameter is wrong: check the symbol"),
    "400101": (ApiError, "the request is malformed"),
    "400102": (ApiError, "a parameter is wrong: check the symbol"),
    "400200": (ApiError, _BROKER),
    "400201": (ApiError, _BROKER),
    "400202": (ApiError, _BROKER),
    "400301": (RegionRefused, _ELSEWHERE),
    "400302": (RegionRefused, _ELSEWHERE),
    "400303": (RegionRefused, _UNPROVEN),
    "400304": (RegionRefused, _UNPROVEN),
    "404000": (ApiError, "check the REST address"),
    "411100": (AccountFrozen, "the account is frozen: ask KuCoin's support"),
    "411200": (ApiError, "the exchange refuses this request to this account: ask KuCoin's support"),
    "415000": (ApiError, "the exchange wants JSON"),
}
"""The business codes of REST answers that trying again does not change, what each is, and what to do about it.

Sources: "Error Codes" of KuCoin's documentation of 2026 marks 400001 to 400010, 400200 to 400304 and 411200 as
permanent; 400100 to 400102 are wrong parameters, 404000 an unknown address and 415000 a wrong content type. The
gateway's own "404" says `"retry": false`, and 200003 is what the futures host answers for a symbol that it does not
list: both were probed in September 2026. Any other code may be temporary: exchanges use unlisted ones in maintenance.
"""
