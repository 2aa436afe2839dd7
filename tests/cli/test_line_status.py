import time

import pytest

from rx_kucoin import events
from rx_kucoin.cli._line_status import LineStatus

TOPIC = "/market/ticker:BTC-USDT"
LOST = OSError("gone")


def told(*happened: events.Event) -> LineStatus:
    status = LineStatus()
    for event in happened:
        status.update(event)
    return status


UP = (events.Dialling(1), events.LineUp(1, "host"))
LIVE = (*UP, events.TopicLive(1, TOPIC))
DOWN = (*LIVE, events.LineDown(1, LOST, 1))


@pytest.mark.parametrize(
    ("happened", "word"),
    [
        ((), "waiting"),
        (UP[:1], "dialling"),
        (UP, "waiting"),
        (LIVE, "live"),
        (DOWN, "waiting"),
        ((*DOWN, events.Redialling(1, 1, 2.5, LOST)), "redial 3s"),
        ((*DOWN, events.Redialling(1, 1, 0.0, LOST)), "dialling"),
        ((*DOWN, events.Redialling(1, 1, 2.5, LOST), events.Dialling(1)), "dialling"),
        ((*DOWN, events.LineUp(1, "host")), "waiting"),
        ((*DOWN, events.LineUp(1, "host"), events.TopicLive(1, TOPIC)), "live"),
        ((*DOWN, events.GaveUp(1, LOST)), "gave up"),
        ((*LIVE, events.TopicRefused(1, TOPIC, 404, "no")), "refused"),
        ((*LIVE, events.TopicSilent(1, TOPIC)), "silent"),
        ((*LIVE, events.BookStale(0, TOPIC, "gap")), "stale"),
        ((*LIVE, events.BookStale(0, TOPIC, "gap"), events.BookLive(0, TOPIC, 7, 1)), "live"),
        ((*LIVE, events.Dialling(1)), "live"),
        ((*LIVE, events.Dialling(1), events.LineUp(1, "new"), events.LineClosed(1)), "live"),
    ],
)
def test_a_line_s_state_is_one_word(happened: tuple[events.Event, ...], word: str) -> None:
    assert told(*happened).of("BTC-USDT", time.monotonic())[0] == word


def test_only_the_topics_of_the_line_that_is_down_wait() -> None:
    other = (events.LineUp(2, "host"), events.TopicLive(2, "/market/ticker:ETH-USDT"))
    status = told(*LIVE, *other, events.LineDown(2, LOST, 1))
    assert [status.of(symbol, 0.0)[0] for symbol in ("BTC-USDT", "ETH-USDT")] == ["live", "waiting"]
    assert (status.lines, status.topics, status.drops) == ((1, 2), 1, 1)


def test_a_topic_of_all_symbols_speaks_for_each() -> None:
    assert told(*UP, events.TopicLive(1, "/market/ticker:all")).of("ANY-USDT", 0.0)[0] == "live"


def test_a_topic_without_a_symbol_speaks_for_each() -> None:
    assert told(*UP, events.TopicLive(1, "/contract/announcement")).of("XBTUSDTM", 0.0)[0] == "live"


@pytest.mark.parametrize("topic", ["/market/candles:BTC-USDT_1min", "/contractMarket/limitCandle:BTC-USDT_8hour"])
def test_the_interval_is_no_part_of_the_symbol(topic: str) -> None:
    assert told(*UP, events.TopicLive(1, topic)).of("BTC-USDT", 0.0)[0] == "live"


def test_many_topics_that_go_live_are_one_line_of_words() -> None:
    status = told(*UP, *(events.TopicLive(1, f"/market/ticker:S{number}-USDT") for number in range(300)))
    assert [each.text for each in status.recent(3)] == [
        "line 1 is being dialled",
        "line 1 is up, to host",
        "line 1 has 300 topics live",
    ]


def test_trouble_that_comes_in_turns_is_told_each_time() -> None:
    status = told(*[each for _ in range(2) for each in (*DOWN, events.Redialling(1, 1, 2.5, LOST))])
    words = [each.text for each in status.recent(8)]
    assert sum("is down" in each for each in words) == 2


def test_nothing_is_given_where_there_is_no_room() -> None:
    assert told(*LIVE).recent(0) == []
