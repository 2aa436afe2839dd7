"""Subscribing and unsubscribing: is a request in order? Either all of it is, or none of it counts."""

import json
import re
from typing import Any, Final, NamedTuple, cast

from rx_kucoin.protocol.topics import Topic, expand
from rx_kucoin.simulator._channels import find
from rx_kucoin.simulator._faults import Faults
from rx_kucoin.simulator._record import Line
from rx_kucoin.simulator._settings import Settings

__all__ = ["Refused", "check", "read"]

WELL_FORMED: Final = re.compile(r"(/[A-Za-z0-9_]+)+(:[^,:\s]+(,[^,:\s]+)*)?")


class Refused(NamedTuple):
    """An error's code and text."""

    code: int
    text: str


def read(text: str | bytes) -> dict[str, Any] | Refused:
    """Read a client message; what is wrong with it is told in the words of the Java library behind the gateway."""
    try:
        request = json.loads(text)
    except ValueError:
        shown = text if isinstance(text, str) else text.decode(errors="replace")
        token = re.match(r"\w*", shown)
        name = token.group() if token else ""
        return Refused(400, f"Unrecognized token '{name[:40]}': was expecting (JSON String, Number, Array, Object)")
    if not isinstance(request, dict):
        return Refused(400, "Cannot deserialize instance of `Request` out of this token")
    return cast("dict[str, Any]", request)


def check(
    request: dict[str, Any], line: Line, settings: Settings, faults: Faults, *, adds: bool
) -> list[str] | Refused:
    """Return the single topics that a request names, or why it is refused."""
    text = request.get("topic")
    if not text:
        return Refused(406, "topic is required")
    if not isinstance(text, str) or not WELL_FORMED.fullmatch(text):
        return Refused(400, "topic is invalid")
    topics = list(dict.fromkeys(expand(text)))
    for topic in topics:
        fault = faults.take("refuse_topic", topic)
        if fault is not None:
            return Refused(fault["code"], fault["text"])
        wrong = _wrong(topic, request, line)
        if wrong is not None:
            return wrong
    return _too_many(text, topics, line, settings, faults) if adds else topics


def _wrong(topic: str, request: dict[str, Any], line: Line) -> Refused | None:
    prefix, argument = Topic.parse(topic)
    channel = find(line.market, prefix, argument)
    if channel is None:
        return Refused(404, "topic does not exist")
    needs = channel.asks in {"symbol", "interval"}
    takes = channel.asks != "nothing" or not channel.private
    if (needs and argument is None) or (argument is not None and not takes):
        return Refused(400, "topic is invalid")
    if channel.private and not (line.private and request.get("privateChannel") is True):
        return Refused(403, "login is required")
    return None


def _too_many(text: str, topics: list[str], line: Line, settings: Settings, faults: Faults) -> list[str] | Refused:
    if text.count(",") >= settings.topics_per_line:
        return Refused(509, f"exceed max subscription count limitation of {settings.topics_per_line} per time")
    limit = says = settings.topics_per_connection[line.market]
    secret = faults.take("topic_limit")
    if secret is not None:
        limit, says = secret["limit"], secret["says"]
    if limit is not None and len(line.live.union(topics)) > limit:
        return Refused(509, f"exceed max subscription count limitation of {says} per session")
    return topics
