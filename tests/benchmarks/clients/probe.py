"""The subscriber that every client feeds, and what it finds out."""

import threading
import time
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any, Final

__all__ = ["Probe"]

_GLANCE: Final = 0.05
_STILL: Final = 0.3


class Probe:
    """Counts messages by their prices. `hear` is the subscriber; all else is for the thread that reads orders.

    Args:
        born_ns: When the process was started, by the monotonic clock.
    """

    thread: Final = "orders"
    """The name of the thread that all but `hear` belongs to."""

    def __init__(self, born_ns: int) -> None:
        self._born_ns, self._first_s = born_ns, -1.0
        self._base = self._target = 0
        self._armed = self._begun = self._ended = (0, 0)
        self._samples: list[tuple[int, Any]] = []
        self._slowness_ns = 0
        self._over = threading.Event()
        self._turns: Callable[[int, Any], float] = self._greet
        self.hear, self._count, self._look_at = _subscriber(self._turn)

    def settle(self, within: float) -> dict[str, Any]:
        """Wait until the first messages are all there; tell when the very first came, and what memory is held."""
        self._wait(inf, within)
        return {"first_s": self._first_s, "rest_kib": _memory("VmRSS")}

    def arm(self, messages: int, *, stamped: bool = False, slowness_us: int = 0) -> dict[str, Any]:
        """Prepare for so many messages that come as fast as they can; or stamped ones, at a pace."""
        self._base, self._target = self._count(), self._count() + messages
        self._armed = _clocks()
        self._samples.clear()
        self._over.clear()
        self._slowness_ns = slowness_us * 1000
        self._turns = self._stamp if stamped else self._dawdle if slowness_us else self._time
        self._look_at(0 if stamped or slowness_us else self._base + 1)
        return {}

    def report(self, within: float) -> dict[str, Any]:
        """Wait for the last message, or until no more come; tell what they cost."""
        now = self._wait(self._target, within)
        got = self._count() - self._base
        if got < self._target - self._base:  # it skips messages, so what came before the first it handed out counts too
            self._begun, self._ended = self._armed, now
        cpu, wall = (end - start for start, end in zip(self._begun, self._ended, strict=True))
        told: dict[str, Any] = {"cpu_s": cpu / 1e9, "wall_s": wall / 1e9, "peak_kib": _memory("VmHWM")}
        told |= {"heard": self._count(), "got": got}
        self._look_at(inf)
        if self._samples:
            told["delays_ns"] = [now - round(float(price) * 1e9) for now, price in self._samples]
        return told

    def threads(self) -> dict[str, Any]:
        """Tell the threads by their numbers in the system."""
        return {str(thread.native_id): thread.name for thread in threading.enumerate()}

    def _turn(self, count: int, price: Any) -> float:
        """Hear a message that something is to be done at; return the number of the next such one."""
        return self._turns(count, price)

    def _greet(self, _count: int, _price: Any) -> float:
        self._first_s = (time.monotonic_ns() - self._born_ns) / 1e9
        return inf

    def _time(self, count: int, _price: Any) -> float:
        if count < self._target:
            self._begun = _clocks()
            return self._target
        self._ended = _clocks()
        self._over.set()
        return inf

    def _stamp(self, _count: int, price: Any) -> float:
        self._samples.append((time.monotonic_ns(), price))
        return 0

    def _dawdle(self, _count: int, _price: Any) -> float:
        end = time.monotonic_ns() + self._slowness_ns
        while time.monotonic_ns() < end:
            pass
        return 0

    def _wait(self, target: float, within: float) -> tuple[int, int]:
        """Wait for a count, or until none is added for a while; return the clocks at the last one."""
        deadline = time.monotonic() + within
        seen, clocks, since = self._count(), _clocks(), time.monotonic()
        while seen < target and time.monotonic() < deadline and not self._over.wait(_GLANCE):
            count = self._count()
            if count != seen:
                seen, clocks, since = count, _clocks(), time.monotonic()
            elif seen and time.monotonic() - since > _STILL:
                break
        return clocks


def _subscriber(
    turn: Callable[[int, Any], float],
) -> tuple[Callable[[Any], None], Callable[[], int], Callable[[float], None]]:
    """A count as cheap as Python has it: one comparison finds the few messages that something is to be done at.

    Nothing lets another thread in between reading and writing the count: the interpreter switches at calls and jumps.
    """
    count, mark = 0, 1.0

    def hear(price: Any) -> None:
        nonlocal count, mark
        count += 1
        if count >= mark:
            mark = turn(count, price)

    def counted() -> int:
        return count

    def look_at(number: float) -> None:
        nonlocal mark
        mark = number

    return hear, counted, look_at


def _clocks() -> tuple[int, int]:
    """User and system time of this process, and the time of day, in nanoseconds."""
    return time.process_time_ns(), time.monotonic_ns()


def _memory(field: str) -> int:
    """KiB."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)
