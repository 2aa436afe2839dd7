"""Faults by script: a table of what may go wrong, and for how often."""

from collections.abc import Mapping
from typing import Final, Literal

from rx_kucoin.simulator._book_faults import BookFaults
from rx_kucoin.simulator._signatures import FAULTS

__all__ = ["Answer", "Faults", "Garbage", "Refusal"]

Garbage = Literal["not json", "not an object", "wrong types", "unknown type", "notice", "binary", "no topic", "empty"]
Refusal = Literal[
    "400001",
    "400002",
    "400003",
    "400004",
    "400005",
    "400006",
    "400007",
    "400008",
    "400009",
    "400301",
    "411100",
]
Answer = Literal["busy", "unavailable", "error", "html", "wrong code", "empty", "hang"]

GARBAGE: Final[Mapping[Garbage, str | bytes]] = {
    "not json": '{"type":"message","topic":',
    "not an object": '["message",7,null]',
    "wrong types": '{"type":"message","topic":7,"subject":["x"],"data":"none"}',
    "unknown type": '{"id":"1","type":"whatever","data":{}}',
    "notice": '{"id":"1","type":"notice","data":"The system will be upgraded"}',
    "binary": b"\x00\x01\xfe\xff",
    "no topic": '{"type":"message","data":{}}',
    "empty": "",
}


class Faults(BookFaults):
    """What goes wrong. Every method may be called from any thread; `times=None` lasts until `clear()`."""

    # At once, to connections that are open: each returns how many it struck.

    def drop(self, line: int | None = None, *, abrupt: bool = True) -> int:
        """Cut one connection, or all: by a TCP reset, or politely with 1000 "Bye"."""
        return self._run(lambda: self._exchange.drop(line, abrupt=abrupt))

    def silence(self, line: int | None = None) -> int:
        """Say nothing more on one connection, or all, not even pongs; the sockets stay open."""
        return self._run(lambda: self._exchange.mute(line, muted=True))

    def speak(self, line: int | None = None) -> int:
        """End the silence. What was not said meanwhile is lost."""
        return self._run(lambda: self._exchange.mute(line, muted=False))

    def garbage(self, kind: Garbage = "not json", line: int | None = None) -> int:
        """Send one frame that makes no sense."""
        return self._run(lambda: self._exchange.blurt(line, GARBAGE[kind]))

    # On topics: what happens to the next messages.

    def silence_topic(self, topic: str) -> None:
        """Push nothing on a topic, although its sequence goes on."""
        self._run(lambda: self._exchange.silence_topic(topic, silent=True))

    def speak_topic(self, topic: str) -> None:
        """End a topic's silence."""
        self._run(lambda: self._exchange.silence_topic(topic, silent=False))

    def gap(self, topic: str, count: int = 1) -> None:
        """Lose the next messages of a topic."""
        self._run(lambda: self._exchange.mishap(topic, "lose", count))

    def duplicate(self, topic: str, count: int = 1) -> None:
        """Send each of the next messages of a topic twice."""
        self._run(lambda: self._exchange.mishap(topic, "twice", count))

    def swap(self, topic: str) -> None:
        """Send the next message of a topic after the one that follows it."""
        self._run(lambda: self._exchange.mishap(topic, "swap", 1))

    # On what is to come.

    def refuse_tokens(
        self,
        answer: Answer = "busy",
        *,
        times: int | None = None,
        status: int | None = None,
        code: str | None = None,
        reset: float | None = None,
    ) -> None:
        """Answer token calls with something else; `reset` seconds are told in `gw-ratelimit-reset`."""
        self._put("answer_tokens", times, answer=answer, status=status, code=code, reset=reset)

    def refuse_signed(
        self,
        code: Refusal = "400006",
        *,
        times: int | None = None,
        status: int | None = None,
        text: str | None = None,
    ) -> None:
        """Refuse signed calls, the private token's too; status and text are the exchange's unless others are given.

        400006: the caller's address is not on the key's list. 400007: a permission is missing. 400301: a restricted
        region. 411100: a frozen user. 400001 to 400005, 400008 and 400009: what is wrong with headers and keys.
        """
        usual = FAULTS[code]
        self._put("refuse_signed", times, status=status or usual.status, code=code, text=text or usual.text)

    def refuse_dials(self, status: int = 429, *, times: int | None = None) -> None:
        """Refuse the upgrade with an HTTP status."""
        self._put("refuse_dials", times, status=status)

    def refuse_sockets(self, code: int = 401, text: str = "token is expired", *, times: int | None = None) -> None:
        """Accept the upgrade, answer with an error in the welcome's place, and drop."""
        self._put("refuse_sockets", times, code=code, text=text)

    def slow_welcome(self, seconds: float, *, times: int | None = None) -> None:
        """Welcome late."""
        self._put("welcome", times, seconds=seconds)

    def no_welcome(self, *, times: int | None = None) -> None:
        """Accept the upgrade and never welcome."""
        self._put("welcome", times, seconds=None)

    def late_acks(self, seconds: float, *, times: int | None = None) -> None:
        """Acknowledge late; the data does not wait."""
        self._put("acks", times, seconds=seconds)

    def lose_acks(self, *, times: int | None = None) -> None:
        """Do what was asked and never acknowledge it."""
        self._put("acks", times, seconds=None)

    def limit_topics(self, limit: int, *, says: int | None = None) -> None:
        """Take fewer topics on a connection than is written anywhere; the error may name another number."""
        self._put("topic_limit", None, limit=limit, says=limit if says is None else says)

    def refuse_topic(
        self, topic: str, code: int = 404, text: str = "topic does not exist", *, times: int | None = None
    ) -> None:
        """Refuse every request that holds this topic, the whole batch."""
        self._put(f"refuse_topic {topic}", times, code=code, text=text)

    def late_pushes(self, seconds: float = 0.2) -> None:
        """Go on pushing for a while after an unsubscribe was acknowledged."""
        self._put("late_pushes", None, seconds=seconds)

    def __repr__(self) -> str:
        return f"<Faults {', '.join(sorted(self._set)) or 'none'}>"
