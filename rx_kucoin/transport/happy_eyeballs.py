"""Connects to a name with several addresses by staggered attempts, the first of which to succeed wins (RFC 8305)."""

import errno
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain, zip_longest
from typing import Any, Final, NamedTuple, cast

__all__ = ["Address", "connect_first", "resolve"]

DELAY: Final = 0.25
"""Seconds after which the next address is tried beside those that have not answered: what RFC 8305 recommends."""


class Address(NamedTuple):
    """One address of a name, as `socket.socket` and `connect` take it."""

    family: int
    kind: int
    protocol: int
    target: Any


def resolve(host: str, port: int) -> list[Address]:
    """Look up the addresses of a name, IPv6 and IPv4 by turns, those first that the system prefers.

    Raises:
        OSError: The name has no address, or the name server cannot be reached.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError(f"the name {host} is not one that a host can have") from None
    except socket.gaierror as error:
        reason = f"the name {host} cannot be resolved: {error.strerror}"
        raise socket.gaierror(error.errno, reason) from None
    families: dict[int, list[Address]] = {}
    for family, kind, protocol, _, target in dict.fromkeys(found):
        families.setdefault(family, []).append(Address(family, kind, protocol, target))
    return [address for address in chain(*zip_longest(*families.values())) if address is not None]


def connect_first(
    addresses: Iterable[Address], timeout: float, begin: Callable[[socket.socket, Any], int]
) -> socket.socket:
    """Connect to the first address that accepts, and close all other sockets.

    An attempt begins `DELAY` after the one before it, or at once when that one fails. So an address that does not
    answer costs a quarter of a second, and one that refuses costs nothing.

    Args:
        addresses: In the order of preference.
        timeout: Seconds for all of them together.
        begin: Begins a connect that does not wait, and returns the error number so far. What it raises ends all.

    Raises:
        OSError: No address accepted: the last failure.
        TimeoutError: No address accepted in time.
    """
    deadline, next_at = time.monotonic() + timeout, 0.0
    waiting = deque(addresses)
    failure = OSError("the name has no address")
    selector = _Selector()
    try:
        while waiting or selector.get_map():
            now = time.monotonic()
            if now >= deadline:
                raise TimeoutError(f"no connection within {timeout:.3g} s")
            if waiting and (now >= next_at or not selector.get_map()):
                failed = _begin(waiting.popleft(), begin, selector)
                next_at = now + DELAY if failed is None else 0.0
                failure = failed or failure
            for key, _ in selector.select(max(0.0, (min(next_at, deadline) if waiting else deadline) - now)):
                opened = cast("socket.socket", key.fileobj)
                selector.unregister(opened)
                if not (code := opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                    return opened
                opened.close()
                failure, next_at = OSError(code, os.strerror(code)), 0.0
        raise failure
    finally:
        for key in tuple(selector.get_map().values()):
            cast("socket.socket", key.fileobj).close()
        selector.close()


def _begin(
    address: Address, begin: Callable[[socket.socket, Any], int], selector: selectors.BaseSelector
) -> OSError | None:
    """Begin an attempt, and watch it. Returns why it failed, if it did at once."""
    try:
        opened = socket.socket(address.family, address.kind, address.protocol)
    except OSError as error:  # a family that this machine does not have
        return error
    try:
        code = begin(opened, address.target)
        if code == 0 or code in _IN_PROGRESS:
            selector.register(opened, selectors.EVENT_WRITE)
            return None
    except BaseException:
        opened.close()
        raise
    opened.close()
    return OSError(code, os.strerror(code))


_IN_PROGRESS: Final = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK})
"""Results of a non-blocking connect that has begun; the second is that of Windows."""
_Selector: Final[type[selectors.BaseSelector]] = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""One without a descriptor of its own, which a forked child would inherit."""
