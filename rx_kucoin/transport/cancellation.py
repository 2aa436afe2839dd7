"""Sockets that a thread may wait on and somebody else may cut."""

import errno
import os
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, Final

from urllib3.util import wait_for_write

from rx_kucoin.transport.clock import Clock
from rx_kucoin.transport.proxy import Proxy

__all__ = ["CancelScope", "Cut"]


class Cut(Exception):
    """The wait was cut short, because nobody wants the result any more."""


class CancelScope:
    """Holds the socket that a thread is busy with.

    A blocking call ends when its socket is shut down, and not when it is closed; and TLS takes the socket object over.
    So a duplicate is kept, which shuts down the same connection whoever holds it. Where there is a proxy, that is the
    connection to the proxy.
    """

    def __init__(self, clock: Clock | None = None, proxy: Proxy | None = None) -> None:
        self._clock = clock or Clock("rx_kucoin deadlines")
        self._proxy = proxy
        self._where = ""
        """Whose turn it is, where that is worth telling."""
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._watches: set[object] = set()
        """The blocks that wait within a time, one in another."""
        self._late: set[object] = set()
        """Those of them whose time is over."""
        self.is_cut = False

    def open(self, address: tuple[str, int], timeout: float) -> socket.socket:
        """Connect to a host, through the proxy if there is one.

        Raises:
            OSError: there was no way to it in time.
            Cut: somebody cut the line meanwhile.
        """
        if self._proxy is None:
            return self._dial(address, timeout)
        self._where = f" by the proxy {self._proxy}"
        try:
            opened = self._proxy.tunnel(self._dial, address, timeout)
        except OSError:
            if self.is_cut:
                raise Cut from None
            raise
        self._where = ""
        return opened

    @contextmanager
    def within(self, seconds: float) -> Generator[None]:
        """End every wait in this block after so many seconds, however busy the other side keeps it; then raise.

        A timeout of the socket's does not: it starts anew with each byte. A block may hold another, with less time.

        Raises:
            TimeoutError: they were over.
            Cut: somebody cut the line meanwhile.
        """
        watch = object()
        self._watches.add(watch)

        def expire(*_: object) -> None:
            with self._lock:
                if watch in self._watches:
                    self._late.add(watch)
                    self._shut()

        timer = self._clock.schedule_relative(seconds, expire)
        try:
            yield
            self._check(watch, seconds)  # a connection that was shut can look like one that said all it had to
        except Exception:
            self._check(watch, seconds)
            raise
        finally:
            timer.dispose()
            with self._lock:
                self._watches.discard(watch)
                self._late.discard(watch)
                self._where = ""

    def cut(self) -> None:
        """End the wait, now or whenever it would begin. Never waits itself."""
        with self._lock:
            self.is_cut = True
            self._shut()

    def release(self) -> None:
        """The thread is done with the socket."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _dial(self, address: tuple[str, int], timeout: float) -> socket.socket:
        """Connect to any address of a host: each may take half of the time that is left, the last one all of it."""
        deadline = time.monotonic() + timeout
        try:
            found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise OSError("the name is not one that a host can have") from None
        failure = OSError("the name has no address")
        for left, (family, kind, protocol, _, target) in zip(range(len(found), 0, -1), found, strict=True):
            remaining = max(0.001, deadline - time.monotonic())
            try:
                return self._connect(socket.socket(family, kind, protocol), target, remaining / min(left, 2))
            except OSError as error:
                failure = error
            if self.is_cut:
                raise Cut
        raise failure

    def _connect(self, opened: socket.socket, target: Any, timeout: float) -> socket.socket:
        try:
            failed = self._begin(opened, target)
            if failed in _UNDER_WAY:
                if not wait_for_write(opened, timeout):
                    raise TimeoutError(f"no connection within {timeout:.3g} s")  # noqa: TRY301
                failed = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if failed:
                raise OSError(failed, os.strerror(failed))  # noqa: TRY301
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.settimeout(timeout)
        except BaseException:
            opened.close()
            raise
        return opened

    def _begin(self, opened: socket.socket, target: Any) -> int:
        """Hold the socket and begin to connect, as one: a shutdown before does nothing to a socket, and one after does.

        Returns:
            The error number so far.
        """
        with self._lock:
            if self.is_cut:
                raise Cut
            if self._late:
                raise TimeoutError
            if self._socket is not None:
                self._socket.close()
            self._socket = opened.dup()
            opened.setblocking(False)
            return opened.connect_ex(target)

    def _check(self, watch: object, seconds: float) -> None:
        if self.is_cut:
            raise Cut from None
        if watch in self._late:
            raise TimeoutError(f"not done within {seconds:g} s{self._where}") from None

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it was not connected, or is shut already
                self._socket.shutdown(socket.SHUT_RDWR)


_UNDER_WAY: Final = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK})
"""How a connect that does not wait answers: the second is Windows'."""
