"""Checks of subscribe and unsubscribe requests: a request is accepted as a whole or refused as a whole."""

import json
import re
from typing import Any, Final, NamedTuple, cast

from rx_kucoin.protocol.topics import Topic, expand
from rx_kucoin.simulator._channels import find
from rx_kucoin.simulator._faults import Faults
from rx_kucoin.simulator._log import ConnectionLog
from rx_kucoin.simulator._settings import SimulatorSettings

__all__ = ["ErrorReply", "check", "read"]

WELL_FORMED: Final = re.compile(r"(/[A-Za-z0-9_]+)+(:[^,:\s]+(,[^,:\s]+)*)?")


class ErrorReply(NamedTuple):
    """Code and text of an error frame."""

    code: int
    text: str


def read(text: str | bytes) -> dict[str, Any] | ErrorReply:
    """Read a client message; errors use the words of the Java library behind the real gateway."""
    try:
        request = json.loads(text)
    except ValueError:
        shown = text if isinstance(text, str) else text.decode(errors="replace")
        token = re.match(r"\w*", shown)
        name = token.group() if token else ""
        return ErrorReply(400, f"Unrecognized token '{name[:40]}': was expecting (JSON String, Number, Array, Object)")
    if not isinstance(request, dict):
        return ErrorReply(400, "Cannot deserialize instance of `Request` out of this token")
    return cast("dict[str, Any]", request)


def check(
    request: dict[str, Any], log: ConnectionLog, settings: SimulatorSettings, faults: Faults, *, adds: bool
) -> list[str] | ErrorReply:
    """Return the single topics that a request names, or why it is refused."""
    text = request.get("topic")
    if not text:
        return ErrorReply(406, "topic is required")
    if not isinstance(text, str) or not WELL_FORMED.fullmatch(text):
        return ErrorReply(400, "topic is invalid")
    topics = list(dict.fromkeys(expand(text)))
    for topic in topics:
        fault = faults.take("refuse_topic", topic)
        if fault is not None:
            return ErrorReply(fault["code"], fault["text"])
        wrong = _wrong(topic, request, log)
        if wrong is not None:
            return wrong
    return _too_many(text, topics, log, settings, faults) if adds else topics


def _wrong(topic: str, request: dict[str, Any], log: ConnectionLog) -> ErrorReply | None:
    prefix, argument = Topic.parse(topic)
    channel = find(log.market, prefix, argument)
    if channel is None:
        return ErrorReply(404, "topic does not exist")
    needs = channel.asks in {"symbol", "interval"}
    takes = channel.asks != "nothing" or not channel.private
    if (needs and argument is None) or (argument is not None and not takes):
        return ErrorReply(400, "topic is invalid")
    if channel.private and not (log.private and request.get("privateChannel") is True):
        return ErrorReply(403, "login is required")
    return None


def _too_many(
    text: str, topics: list[str], log: ConnectionLog, settings: SimulatorSettings, faults: Faults
) -> list[str] | ErrorReply:
    if text.count(",") >= settings.topics_per_request:
        return ErrorReply(509, f"exceed max subscription count limitation of {settings.topics_per_request} per time")
    limit = says = settings.topics_per_connection[log.market]
    secret = faults.take("topic_limit")
    if secret is not None:
        limit, says = secret["limit"], secret["says"]
    if limit is not None and len(log.subscribed.union(topics)) > limit:
        return ErrorReply(509, f"exceed max subscription count limitation of {says} per session")
    return topics
