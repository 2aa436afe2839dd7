from dataclasses import fields
from typing import Any

import pytest

from rx_kucoin import events
from rx_kucoin.cli._event_text import event_text

KINDS = [getattr(events, name) for name in events.__all__ if name != "Event"]
VALUES: dict[Any, Any] = {int: 3, float: 1.5, str: "some\ntext", Exception: OSError("why"), BaseException: OSError("y")}


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_can_be_told_in_one_line(kind: type[events.Event]) -> None:
    values = {field.name: VALUES.get(field.type, 7) for field in fields(kind)}
    told = event_text(kind(**values))
    assert told.startswith("line 3 ")
    assert "\n" not in told
    assert all(str(value).split()[0] in told for value in values.values())


def test_an_event_of_no_line_names_none() -> None:
    assert event_text(events.OutOfTurn(0, "/market/match:BTC-USDT", 9)) == (
        "/market/match:BTC-USDT sent 9 again or late; left out"
    )


def test_one_topic_is_not_topics() -> None:
    assert event_text(events.Renewed(1, 1)) == "line 1 was renewed with 1 topic"
    assert event_text(events.Renewed(1, 2)) == "line 1 was renewed with 2 topics"
