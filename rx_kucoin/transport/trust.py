"""Whom to believe over TLS."""

import ssl
import threading
from functools import cache
from typing import Final

from requests.utils import DEFAULT_CA_BUNDLE_PATH

__all__ = ["forget", "trust"]


def trust() -> ssl.SSLContext:
    """The machine's certificates (those of `SSL_CERT_FILE`, if it is set), and those that come with `requests`.

    Read once, for that takes a tenth of a second, in which no other thread gets on.
    """
    with _lock:
        return _read()


def forget() -> None:
    """Read them anew the next time."""
    _read.cache_clear()


@cache
def _read() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


_lock: Final = threading.Lock()
