"""Since when a topic is live, by what happened. Each event comes a second after the one before."""

import pytest

from rx_kucoin import events
from rx_kucoin.candles.continuity import Continuity
from rx_kucoin.errors import LineLost

TOPIC = "/market/candles:BTC-USDT_1min"
LOST = LineLost("gone")
LIVE, ELSEWHERE = events.TopicLive(1, TOPIC), events.TopicLive(2, TOPIC)
OTHER = events.TopicLive(1, "/market/ticker:BTC-USDT")
DOWN, OTHER_DOWN = events.LineDown(1, LOST, 1), events.LineDown(2, LOST, 1)
REDIAL, UP = events.Redialling(1, 1, 2.0, LOST), events.LineUp(1, "host")
NOT_RENEWED, RENEWED, CLOSED = events.RenewalFailed(1, LOST, 2.0), events.Renewed(1, 1), events.LineClosed(1)
OTHER_GAVE_UP, OTHER_UP = events.GaveUp(2, LOST), events.LineUp(2, "host")
GAP = events.Gap(0, TOPIC, None, None, "the line was down")
SAID = "a message"


@pytest.mark.parametrize(
    ("story", "since"),
    [
        ([OTHER], None),
        ([LIVE], 1),
        ([LIVE, SAID, OTHER], 1),
        ([SAID], 1),
        ([SAID, OTHER_DOWN], None),
        ([SAID, OTHER_DOWN, SAID], 3),
        ([SAID, LIVE], 2),
        ([LIVE, OTHER_DOWN], 1),
        ([LIVE, DOWN], None),
        ([LIVE, DOWN, REDIAL, SAID], None),
        ([LIVE, DOWN, REDIAL, UP], None),
        ([LIVE, DOWN, REDIAL, UP, LIVE], 5),
        ([LIVE, DOWN, REDIAL, UP, LIVE, GAP, SAID], 5),
        ([LIVE, DOWN, REDIAL, UP, LIVE, GAP, GAP], 7),
        ([LIVE, GAP], 2),
        ([LIVE, ELSEWHERE], 2),
        ([LIVE, UP, LIVE, RENEWED, CLOSED], 4),
        ([LIVE, UP, DOWN, NOT_RENEWED], 1),
        ([LIVE, UP, DOWN, SAID, NOT_RENEWED], 4),
        ([LIVE, UP, DOWN, DOWN, NOT_RENEWED], None),
        ([LIVE, UP, LIVE, DOWN, RENEWED, NOT_RENEWED], None),
        ([LIVE, NOT_RENEWED], 1),
        ([LIVE, events.GaveUp(1, LOST)], None),
        ([OTHER_GAVE_UP, SAID], None),
        ([OTHER_GAVE_UP, LIVE, DOWN, SAID], 4),
        ([LIVE, OTHER_GAVE_UP, DOWN, SAID], 4),
        ([LIVE, DOWN, OTHER_UP, NOT_RENEWED], 1),
    ],
)
def test_a_topic_is_live_since_its_last_break(story: list[events.Event | str], since: int | None) -> None:
    live = Continuity(TOPIC)
    for now, happened in enumerate(story, 1):
        if isinstance(happened, events.Event):
            before = live.since
            assert live.event(happened, now) == (live.since != before)
        else:
            live.message(now)
    assert live.since == since


def test_a_topic_is_handed_over_until_the_old_connection_has_ended() -> None:
    live = Continuity(TOPIC)
    told = []
    for now, event in enumerate([LIVE, UP, LIVE, RENEWED, CLOSED, RENEWED, DOWN]):
        live.event(event, now)
        told.append(live.is_handed_over)
    assert told == [False, False, False, True, False, True, False]
