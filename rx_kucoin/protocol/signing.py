"""Signed requests: their headers are a pure function of key, time, method, path and body."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Self

from rx_kucoin.protocol.redaction import hide_arguments, hide_init_arguments

__all__ = ["Credentials", "fits_header", "headers", "secrets"]


@hide_init_arguments
@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key with its secret and passphrase. Its repr contains none of the three.

    `version` is the version of the key; keys made since 2025 have version 3.
    """

    key: str = field(repr=False)
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)
    version: Literal[2, 3] = 3

    def __post_init__(self) -> None:
        missing = [name for name in ("key", "secret", "passphrase") if not getattr(self, name)]
        if missing:
            raise ValueError(f"credentials need key, secret and passphrase; missing: {', '.join(missing)}")
        odd = [name for name in ("key", "secret", "passphrase") if not fits_header(getattr(self, name))]
        if odd:
            raise ValueError(f"credentials are printable ASCII without blanks around them; not so: {', '.join(odd)}")
        if not any(self.version is known for known in _VERSIONS.values()):
            raise ValueError(f"version is 2 or 3, the generation of the key, not {self.version!r}")

    @classmethod
    @hide_arguments
    def from_environment(cls, environ: Mapping[str, str]) -> Self | None:
        """Read `KUCOIN_API_KEY`, `KUCOIN_API_SECRET` and `KUCOIN_API_PASSPHRASE`, as in `os.environ`.

        `KUCOIN_API_KEY_VERSION` may be "2" or "3"; the default is 3.

        Returns:
            The credentials, or None if none of the three is set.

        Raises:
            ValueError: Only some of them are set, or one of the four is invalid.
        """
        given = [environ.get(name, "") for name in _VARIABLES]
        if not any(given):
            return None
        if missing := [name for name, text in zip(_VARIABLES, given, strict=True) if not text]:
            raise ValueError(f"credentials need all of {', '.join(_VARIABLES)}; missing: {', '.join(missing)}")
        version = environ.get("KUCOIN_API_KEY_VERSION", "") or "3"
        if version not in _VERSIONS:
            raise ValueError('KUCOIN_API_KEY_VERSION is "2" or "3", the generation of the key')
        key, secret, passphrase = given
        return cls(key, secret, passphrase, _VERSIONS[version])


_VARIABLES: Final = ("KUCOIN_API_KEY", "KUCOIN_API_SECRET", "KUCOIN_API_PASSPHRASE")
_VERSIONS: Final[Mapping[str, Literal[2, 3]]] = {"2": 2, "3": 3}


def headers(credentials: Credentials, time_ms: int, method: str, path: str, body: str = "") -> dict[str, str]:
    """Return the headers of a signed request. `path` includes the query as it is sent; `body` is the JSON as sent."""
    timestamp = str(time_ms)
    return {
        "KC-API-KEY": credentials.key,
        "KC-API-TIMESTAMP": timestamp,
        "KC-API-SIGN": _digest(credentials.secret, timestamp + method.upper() + path + body),
        "KC-API-PASSPHRASE": _digest(credentials.secret, credentials.passphrase),
        "KC-API-KEY-VERSION": str(credentials.version),
        "Content-Type": "application/json",
    }


def secrets(credentials: Credentials) -> tuple[str, ...]:
    """Return the secrets that are sent with every request, to remove them from texts."""
    given = credentials.secret, credentials.passphrase, _digest(credentials.secret, credentials.passphrase)
    return (credentials.key, *given)


def fits_header(text: object) -> bool:
    """Return whether a text is valid in a header. A line break left over from a file is the usual reason if not."""
    return isinstance(text, str) and text.isascii() and text.isprintable() and text == text.strip()


def _digest(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
