"""Let one thing after another through, at a limited rate, deciding only at the gate which one it is."""

import logging
import threading
from collections.abc import Callable

from reactivex import abc

from rx_kucoin.operators._rate_limit import rate_limit
from rx_kucoin.operators.internal.hub import Hub

__all__ = ["Turnstile"]

_log = logging.getLogger("rx_kucoin.operators")


class Turnstile:
    """A `rate_limit` for work that is better chosen late: at most one request for a pass waits at any time.

    What waits may so be joined, overtaken or withdrawn until its turn comes, and nothing withdrawn costs a pass.
    """

    def __init__(
        self, count: int, per: float, serve: Callable[[], bool], *, scheduler: abc.SchedulerBase | None = None
    ) -> None:
        """Call `serve` at most `count` times in any `per` seconds, while somebody asks or it returns True."""
        self._serve = serve
        self._lock = threading.Lock()
        self._asked = False
        self._asking: Hub[None] = Hub()
        self._passes = self._asking.pipe(rate_limit(count, per, scheduler=scheduler)).subscribe(self._pass)

    def ask(self) -> None:
        """There is something to serve."""
        with self._lock:
            if self._asked:
                return
            self._asked = True
        self._asking.on_next(None)

    def dispose(self) -> None:
        """Let nothing through any more."""
        self._passes.dispose()

    def _pass(self, _: None) -> None:
        with self._lock:
            self._asked = False
        try:
            more = self._serve()
        except (Exception, SystemExit):  # noqa: BLE001  whoever asked, or the clock, is not to blame; and others may wait
            _log.exception("what passed a turnstile raised")
            more = True
        if more:
            self.ask()
