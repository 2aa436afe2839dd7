"""A machine that many threads tell of things, and that takes one step at a time."""

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.unguarded import Sink

__all__ = ["Stepping"]

S = TypeVar("S")


class Stepping(DrainQueue, Generic[S]):
    """Whatever happens, on any thread, is a step; who has the turn takes it, and nobody waits.

    A step returns what is to be emitted, once all else is done, and raises what the stream is to end with.
    """

    def __init__(self, sink: Sink[S]) -> None:
        super().__init__()
        self._sink = sink

    def on_error(self, error: Exception) -> None:
        """End, once what came before is done."""
        self.put(partial(self.end, partial(self._sink.on_error, error)))
        self.deliver()

    def on_completed(self) -> None:
        """End, once what came before is done."""
        self.put(partial(self.end, self._sink.on_completed))
        self.deliver()

    def post(self, step: Callable[..., tuple[S, ...]], *args: object) -> None:
        """Have a step taken when its turn comes."""
        self.put(partial(self.take, step, *args))
        self.deliver()

    def take(self, step: Callable[..., tuple[S, ...]], *args: object) -> None:
        """Take a step. For who has the turn."""
        if self._closed:
            return
        try:
            said = step(*args)
        except Exception as error:  # noqa: BLE001  a function of the caller's raised, or there is no hope left
            self.end(partial(self._sink.on_error, error))
            return
        self.taken()
        for state in said:
            self._sink.on_next(state)

    def taken(self) -> None:
        """Called after each step, before anything is emitted."""

    def end(self, last_word: Callable[[], object]) -> None:
        """Say the last word. For who has the turn."""
        try:
            last_word()
        finally:
            self.dispose()

    def dispose(self) -> None:
        """Take no further step."""
        self.close()
