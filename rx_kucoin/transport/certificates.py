"""Whom to believe over TLS."""

import os
import ssl
import threading
from functools import cache
from pathlib import Path
from typing import Final

from requests.utils import DEFAULT_CA_BUNDLE_PATH

__all__ = ["check", "forget", "trust"]


def trust(ca: str | None = None) -> ssl.SSLContext:
    """The machine's certificates (those of `SSL_CERT_FILE`, if it is set), and those that come with `requests`.

    And those of `ca`: a file, or all of a folder. Read once, for that takes a tenth of a second, in which no other
    thread gets on.
    """
    with _lock:
        return _read(ca)


def check(ca: str | os.PathLike[str]) -> str:
    """See that there are certificates.

    Raises:
        ValueError: there is no such file or folder, or no certificate in it.
    """
    path = os.path.realpath(ca)
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _add(context, path)
    except OSError as error:
        raise ValueError(f"ca: {os.fspath(ca)!r} cannot be read as certificates: {error}") from None
    if not context.cert_store_stats()["x509"]:
        raise ValueError(f"ca: no certificate in {os.fspath(ca)!r}")
    return path


def forget() -> None:
    """Read them anew the next time."""
    _read.cache_clear()


@cache
def _read(ca: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    if ca is not None:
        _add(context, ca)
    return context


def _add(context: ssl.SSLContext, ca: str) -> None:
    path = Path(ca)
    files = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES) if path.is_dir() else [path]
    for file in files:  # OpenSSL's own way of reading a folder asks for files that are named by hashes
        context.load_verify_locations(file)


_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer"})
_lock: Final = threading.Lock()
