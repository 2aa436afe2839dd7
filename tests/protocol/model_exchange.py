"""The smallest exchange that a session can be tried against: a set of topics, a few limits, and bad manners."""

from collections import deque
from typing import Any, NamedTuple

from tests.protocol.conversation import Line

__all__ = ["Manners", "ModelExchange"]


class Manners(NamedTuple):
    """What this exchange refuses, and what it says of it."""

    bad: frozenset[str] = frozenset()
    per_time: int = 100
    per_session: int = 400
    named: int | None = None
    """The number in the text about the limit of a session; None: the true one."""


class ModelExchange:
    """Takes lines in their order and answers in that order; a line, or its answer, may get lost."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.held: set[str] = set()
        self.lines: deque[Line] = deque()
        self.answers: deque[dict[str, Any]] = deque()

    def take_line(self, *, trouble: bool = False, silent: bool = False) -> None:
        """Do what the next line asks for, or refuse the whole of it."""
        line = self.lines.popleft()
        refusal = (500, "system error") if trouble else self._refusal(line)
        if refusal is None:
            self.held = self.held | set(line.topics) if line.type == "subscribe" else self.held - set(line.topics)
        if silent:
            return
        if refusal is None:
            self.answers.append({"id": line.id, "type": "ack"})
        else:
            self.answers.append({"id": line.id, "type": "error", "code": refusal[0], "data": refusal[1]})

    def _refusal(self, line: Line) -> tuple[int, str] | None:
        manners = self.manners
        if len(line.topics) > manners.per_time:
            return 509, f"exceed max subscription count limitation of {manners.per_time} per time"
        if manners.bad.intersection(line.topics):
            return 404, "topic does not exist"
        if line.type == "subscribe" and len(self.held.union(line.topics)) > manners.per_session:
            named = manners.per_session if manners.named is None else manners.named
            return 509, f"exceed max subscription count limitation of {named} per session"
        return None
