"""What is set to go wrong, and for how often: a table that scripts fill and the exchange asks."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, TypeVar

__all__ = ["Fault", "Run", "Script"]

T = TypeVar("T")

Fault = Literal[
    "answer_tokens",
    "refuse_signed",
    "refuse_dials",
    "refuse_sockets",
    "welcome",
    "acks",
    "topic_limit",
    "refuse_topic",
    "late_pushes",
    "refuse_books",
    "slow_books",
    "lag_book",
    "empty_book",
    "lose",
    "quirks",
]


class Run(Protocol):
    """Acts on the exchange's own thread, from any other."""

    def __call__(self, act: Callable[[], T], /) -> T: ...


class Script:
    """The table. What is set without a number of times lasts until it is cleared."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._set: dict[str, tuple[dict[str, Any], int | None]] = {}

    def clear(self) -> None:
        """Let everything that is to come go right again. What was silenced stays so until told to speak."""
        self._run(self._set.clear)

    def take(self, fault: Fault, detail: str = "") -> Mapping[str, Any] | None:
        """For the exchange itself: return a fault if it is set, and count it down."""
        if not self._set:
            return None
        name = f"{fault} {detail}" if detail else fault
        values, left = self._set.get(name, (None, None))
        if left is not None and left <= 1:
            del self._set[name]
        elif left is not None and values is not None:
            self._set[name] = (values, left - 1)
        return values

    def take_for(self, fault: Fault, detail: str) -> Mapping[str, Any] | None:
        """For the exchange itself: the same, for one in particular, or else for all."""
        values = self.take(fault, detail)
        return self.take(fault) if values is None else values

    def _put(self, name: str, times: int | None, **values: Any) -> None:
        self._run(lambda: self._set.__setitem__(name, (values, times)))
