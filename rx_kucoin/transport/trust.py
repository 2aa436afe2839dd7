"""Whom to believe over TLS."""

import ssl
from functools import cache

from requests.certs import where

__all__ = ["trust"]


@cache
def trust() -> ssl.SSLContext:
    """The machine's certificates (those of `SSL_CERT_FILE`, if it is set), and those that come with `requests`.

    Read once, for that takes a tenth of a second, while every line waits.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(where())
    return context
