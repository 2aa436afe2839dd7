"""A conversation with a session, written down: what it says, what the exchange answers."""

import json
from typing import Any, NamedTuple

from rx_kucoin.protocol import frames
from rx_kucoin.protocol.session import Session
from rx_kucoin.protocol.session_events import Outcome

__all__ = ["Conversation", "Line", "tickers"]


class Line(NamedTuple):
    """What the session said."""

    id: str
    type: str
    topics: tuple[str, ...]
    private: bool


class Conversation:
    """Both sides of a session, at a time that stands still until it is told."""

    def __init__(self, *, welcomed: bool = True, most: int = 100, ack_timeout: float = 10.0) -> None:
        self.session = Session(most=most, ack_timeout=ack_timeout)
        self.now = 0.0
        if welcomed:
            self.hear(id="connect", type="welcome")

    def want(self, *topics: str) -> None:
        for topic in topics:
            self.session.want(topic)

    def unwant(self, *topics: str) -> None:
        for topic in topics:
            self.session.unwant(topic)

    def says(self) -> list[Line]:
        """Everything that the session has to say now."""
        lines: list[Line] = []
        while (text := self.session.next_request(self.now)) is not None:
            lines.append(read(text))
        return lines

    def says_one(self) -> Line:
        (line,) = self.says()
        return line

    def hear(self, **frame: Any) -> Outcome | None:
        return self.session.receive(frames.decode(json.dumps(frame)))

    def ack(self, line: Line) -> Outcome | None:
        return self.hear(id=line.id, type="ack")

    def refuse(self, line: Line, code: int = 404, text: str = "topic does not exist") -> Outcome | None:
        return self.hear(id=line.id, type="error", code=code, data=text)

    def over_session(self, line: Line, limit: int) -> Outcome | None:
        return self.refuse(line, 509, f"exceed max subscription count limitation of {limit} per session")

    def over_time(self, line: Line, limit: int = 100) -> Outcome | None:
        return self.refuse(line, 509, f"exceed max subscription count limitation of {limit} per time")

    def wait(self, seconds: float) -> Outcome | None:
        self.now += seconds
        return self.session.overdue(self.now)

    @property
    def confirmed(self) -> set[str]:
        return set(self.session.confirmed)

    @property
    def wanted(self) -> set[str]:
        return set(self.session.wanted)


def read(text: str) -> Line:
    said = json.loads(text)
    prefix, colon, arguments = said.get("topic", "").partition(":")
    topics = tuple(f"{prefix}:{argument}" for argument in arguments.split(",")) if colon else (prefix,)
    return Line(said["id"], said["type"], topics, said.get("privateChannel", False))


def tickers(count: int, start: int = 0) -> list[str]:
    return [f"/market/ticker:C{number}-USDT" for number in range(start, start + count)]
