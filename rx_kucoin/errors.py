"""One family tree of what can go wrong. The branch decides what is tried again; the facts are attributes.

    KuCoinError
    ├── SubscriptionRejected      the exchange refused a topic; the others of its batch go on
    ├── ReconnectFailed           the row of failures is over; `cause` is the last of them
    ├── Closed                    subscribed to after `close()`
    ├── ApiError                  the exchange understood and said no: not tried again
    └── Passing                   heals by itself, so it is tried again
        ├── DialFailed            no TCP, no TLS, no upgrade
        ├── NoWelcome             the line opened and nobody spoke
        ├── NoPong                a ping without any answer
        ├── LineLost              the exchange, or the road to it, ended the line
        ├── TokenRefused          error 401 on the socket: the token was not good any more
        ├── Busy                  error 509 on the socket: too many sessions or messages
        ├── RestUnavailable       no answer, or a 5xx
        │   └── RateLimited       a 429; `retry_after` says how long to wait
        └── UnexpectedAnswer      HTML, a wrong shape, no servers

No message ever holds a token, a key or a passphrase.
"""

__all__ = [
    "ApiError",
    "Busy",
    "Closed",
    "DialFailed",
    "KuCoinError",
    "LineLost",
    "NoPong",
    "NoWelcome",
    "Passing",
    "RateLimited",
    "ReconnectFailed",
    "RestUnavailable",
    "SubscriptionRejected",
    "TokenRefused",
    "UnexpectedAnswer",
]


class KuCoinError(Exception):
    """Whatever this library raises or sends down `on_error`, except `ValueError` for a wrong argument."""


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
            f"gave up after {attempts} {tries} in a row to reconnect; the last cause: {cause}. "
            "Subscribe again to start anew, or set max_reconnects=None to never give up"
        )
        self.attempts, self.cause = attempts, cause


class Closed(KuCoinError):
    """This KuCoin was closed; build a new one."""

    def __init__(self) -> None:
        super().__init__("this KuCoin is closed; build a new one")


class ApiError(KuCoinError):
    """The exchange answered a REST request with a business code that trying again would not change."""

    def __init__(self, code: str, text: str, request: str) -> None:
        remedy = _API_REMEDIES.get(code, "look the code up in KuCoin's list of error codes")
        super().__init__(f"{request}: KuCoin answered {code} {text!r}; {remedy}")
        self.code, self.text, self.request = code, text, request


class Passing(KuCoinError):
    """A failure that heals by itself: what `retry_backoff` tries again."""


class DialFailed(Passing):
    """The connection could not be opened."""


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

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


class RateLimited(RestUnavailable):
    """The REST host asks for patience (429). `retry_after` are seconds; 0 when it did not say."""

    def __init__(self, text: str, retry_after: float) -> None:
        super().__init__(text, 429)
        self.retry_after = retry_after


class UnexpectedAnswer(Passing):
    """The REST host answered something that is not KuCoin's: `excerpt` is how it began."""

    def __init__(self, text: str, excerpt: str) -> None:
        super().__init__(f"{text}; it began with {excerpt!r}. Is the REST address right?")
        self.excerpt = excerpt


_LOOK_IT_UP = "look the code up in KuCoin's list of WebSocket error codes"
_REMEDIES = {
    400: "check how the topic is written",
    403: "a private topic needs credentials",
    404: "check the channel's name",
    509: "a limit of the exchange stands in the way",
}
_API_REMEDIES = {
    "400001": "a KC-API header is missing",
    "400002": "set this machine's clock: it is more than 5 s off the exchange's",
    "400003": "the API key does not exist: check KUCOIN_API_KEY",
    "400004": "the passphrase is wrong",
    "400005": "the signature is wrong: check the API secret",
    "400006": "this machine's address is not on the key's IP list",
    "400007": "the key lacks a permission: give it the General one",
    "400008": "this generation of keys is no longer accepted: create a new key",
    "400009": "the key's version is wrong: set Credentials(version=...) to the key's own",
    "400301": "the exchange does not serve this region",
    "400302": "the exchange does not serve this region",
    "404000": "check the REST address",
    "411100": "the account is frozen: ask KuCoin's support",
}
