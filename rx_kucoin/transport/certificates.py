"""Certificates that are trusted over TLS."""

import os
import ssl
import threading
from functools import cache
from pathlib import Path
from typing import Final

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from rx_kucoin.operators.internal.forks import free_after_fork

__all__ = ["check", "forget", "trust"]


def trust(ca: str | None = None) -> ssl.SSLContext:
    """Return a context that trusts the system's certificates (or `SSL_CERT_FILE`), those of `requests`, and `ca`.

    `ca` is a file, or a folder of files. The result is cached: reading takes about 0.1 s, during which OpenSSL holds
    the interpreter.
    """
    with _lock:
        return _read(ca)


def check(ca: str | os.PathLike[str]) -> str:
    """Check that a file or folder has certificates, and return its path.

    Raises:
        ValueError: There is no such file or folder, or no certificate in it.
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
    """Clear the cache, so that certificates are read again."""
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
    for file in files:  # OpenSSL itself only reads folders whose files are named by hashes
        context.load_verify_locations(file)


_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer"})
_lock: Final = free_after_fork(threading.RLock())
