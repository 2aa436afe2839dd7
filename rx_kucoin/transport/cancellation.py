"""Cancel scopes: blocking socket calls that another thread, or a deadline, can end."""

import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from rx_kucoin.operators.internal.forks import free_after_fork, watch_forks
from rx_kucoin.transport.clock import Clock
from rx_kucoin.transport.happy_eyeballs import connect_first, resolve
from rx_kucoin.transport.proxy import Proxy

__all__ = ["CancelScope", "Cancelled"]


class Cancelled(Exception):
    """The scope was cancelled, because its result is not needed any more."""


class CancelScope:
    """Holds the socket that a thread is waiting on, so that another thread can end the wait.

    A blocking call ends when its socket is shut down, but not when it is closed; and TLS takes over the socket object.
    So a duplicate is kept, and shutting it down shuts down the connection. With a proxy, that is the connection to the
    proxy.
    """

    def __init__(self, clock: Clock | None = None, proxy: Proxy | None = None) -> None:
        self._clock = clock or Clock("rx_kucoin deadlines")
        self._proxy = proxy
        self._where = ""
        """The step in progress, as an addition to the text of a timeout."""
        self._lock = free_after_fork(threading.RLock())
        self._held: dict[socket.socket, socket.socket] = {}
        """The duplicate of each socket: of the one that is connected, or of those that are connecting."""
        self._watches: set[object] = set()
        """The `within` blocks that are open, nested. Guarded by the lock."""
        self._late: set[object] = set()
        """Those whose time is over. Guarded by the lock."""
        self.is_cancelled = False
        watch_forks(self)

    def open(self, address: tuple[str, int], timeout: float) -> socket.socket:
        """Connect to a host, through the proxy if there is one.

        Raises:
            OSError: No connection in time.
            Cancelled: The scope was cancelled meanwhile.
        """
        if self._proxy is None:
            return self._dial(address, timeout)
        self._where = f" by the proxy {self._proxy}"
        try:
            opened = self._proxy.tunnel(self._dial, address, timeout)
        except OSError:
            if self.is_cancelled:
                raise Cancelled from None
            raise
        self._where = ""
        return opened

    @contextmanager
    def within(self, seconds: float) -> Generator[None]:
        """End every wait in this block after `seconds` in all, and raise.

        A socket's own timeout would not: it starts again with each byte received. Blocks may be nested, the inner one
        with less time.

        Raises:
            TimeoutError: The time was over.
            Cancelled: The scope was cancelled meanwhile.
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
            self._check(watch, seconds)  # a connection that was shut down can look like one that ended regularly
        except Exception:
            self._check(watch, seconds)
            raise
        finally:
            timer.dispose()
            with self._lock:
                self._watches.discard(watch)
                self._late.discard(watch)
                self._where = ""

    def cancel(self) -> None:
        """End the wait, or the next one before it begins. Does not block."""
        with self._lock:
            self.is_cancelled = True
            self._shut()

    def release(self) -> None:
        """Close the duplicate: the thread does not use the socket any more."""
        with self._lock:
            self._close()

    def takes_over(self, opened: socket.socket) -> None:
        """Learn that another object has the descriptor of the connection from now on, as that of TLS has."""
        with self._lock:
            (duplicate,) = self._held.values()
            self._held = {opened: duplicate}

    def after_fork(self) -> None:
        """Close the descriptors of a forked child without a shutdown, which would end the connection of the parent."""
        self.is_cancelled = True
        held, self._held = self._held, {}
        for each in (*held, *held.values()):
            descriptor = each.detach()  # `close` would wait until files that were made of it are closed
            if descriptor >= 0:
                os.close(descriptor)

    def _dial(self, address: tuple[str, int], timeout: float) -> socket.socket:
        """Connect to the first address of a host that accepts."""
        self.release()
        opened: socket.socket | None = None
        try:
            opened = connect_first(resolve(*address), timeout, self._begin)
            self._keep(opened)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.settimeout(timeout)
        except BaseException as error:
            if opened is not None:
                opened.close()
            self.release()
            if isinstance(error, OSError) and self.is_cancelled:
                raise Cancelled from None
            raise
        return opened

    def _begin(self, opened: socket.socket, target: Any) -> int:
        """Keep a duplicate and begin to connect, as one step: a shutdown only has an effect after the connect.

        Returns:
            The error number so far.
        """
        with self._lock:
            self._raise_if_over()
            self._held[opened] = opened.dup()
            opened.setblocking(False)
            return opened.connect_ex(target)

    def _keep(self, opened: socket.socket) -> None:
        """Keep the duplicate of the socket that is connected, and no other."""
        with self._lock:
            duplicate = self._held.pop(opened)
            self._close()
            self._held[opened] = duplicate
            self._raise_if_over()

    def _raise_if_over(self) -> None:
        """Raise if the scope was cancelled, or the time of a block is over. Under the lock."""
        if self.is_cancelled:
            raise Cancelled
        if self._late:
            raise TimeoutError

    def _check(self, watch: object, seconds: float) -> None:
        if self.is_cancelled:
            raise Cancelled from None
        if watch in self._late:
            raise TimeoutError(f"not done within {seconds:g} s{self._where}") from None

    def _shut(self) -> None:
        """Shut down every connection. Under the lock."""
        for duplicate in self._held.values():
            with suppress(OSError):  # it was not connected, or is shut already
                duplicate.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        """Close every duplicate. Under the lock."""
        for duplicate in self._held.values():
            duplicate.close()
        self._held.clear()
