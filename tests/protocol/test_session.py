"""One connection's conversation, line by line."""

import json

import pytest

from rx_kucoin.protocol import frames
from rx_kucoin.protocol.session import Session
from rx_kucoin.protocol.session_events import (
    Complained,
    Confirmed,
    Failed,
    Ponged,
    Welcomed,
)
from tests.protocol.conversation import Conversation, tickers

BTC, ETH, KCS = "/market/ticker:BTC-USDT", "/market/ticker:ETH-USDT", "/market/ticker:KCS-USDT"
MATCH = "/market/match:BTC-USDT"


def live(*topics: str, most: int = 100) -> Conversation:
    talk = Conversation(most=most)
    talk.want(*topics)
    for line in talk.says():
        talk.ack(line)
    assert talk.confirmed == set(topics)
    return talk


def test_nothing_is_said_before_the_welcome() -> None:
    talk = Conversation(welcomed=False)
    talk.want(BTC)
    talk.session.ping()
    assert not talk.session.has_requests
    assert talk.says() == []
    assert talk.hear(id="x", type="welcome") == Welcomed()
    assert talk.session.has_requests
    assert [line.type for line in talk.says()] == ["ping", "subscribe"]


def test_a_second_welcome_is_no_news() -> None:
    talk = Conversation()
    assert talk.hear(id="x", type="welcome") is None
    assert talk.session.welcomed


def test_a_line_asks_for_an_ack_and_names_its_topics() -> None:
    talk = Conversation()
    talk.want(BTC, ETH)
    text = talk.session.next_request(0.0)
    assert text is not None
    assert json.loads(text) == {
        "id": "1",
        "type": "subscribe",
        "topic": "/market/ticker:BTC-USDT,ETH-USDT",
        "privateChannel": False,
        "response": True,
    }


def test_topics_of_one_channel_share_lines_of_at_most_a_hundred() -> None:
    talk = Conversation()
    talk.want(*tickers(250))
    lines = talk.says()
    assert [len(line.topics) for line in lines] == [100, 100, 50]
    assert [topic for line in lines for topic in line.topics] == tickers(250)


def test_different_channels_do_not_share_a_line() -> None:
    talk = Conversation()
    talk.want(BTC, MATCH, ETH)
    assert [line.topics for line in talk.says()] == [(BTC, ETH), (MATCH,)]


def test_private_topics_stand_alone_and_say_so() -> None:
    talk = Conversation()
    topics = ("/contract/position:XBTUSDTM", "/contract/position:ETHUSDTM", "/account/balance")
    talk.want(*topics)
    assert [(line.topics, line.private) for line in talk.says()] == [((topic,), True) for topic in topics]


def test_wanting_and_unwanting_before_asking_costs_nothing() -> None:
    talk = Conversation()
    talk.want(BTC)
    talk.unwant(BTC)
    assert not talk.session.has_requests
    assert talk.says() == []


def test_an_ack_makes_topics_live() -> None:
    talk = Conversation()
    talk.want(BTC, ETH)
    assert talk.ack(talk.says_one()) == Confirmed((BTC, ETH))
    assert talk.confirmed == {BTC, ETH}
    assert not talk.session.awaits_answers


def test_a_topic_that_is_live_is_not_asked_for_again() -> None:
    talk = live(BTC)
    talk.want(BTC)
    assert talk.says() == []


def test_unwanting_in_flight_waits_for_the_ack_and_then_unsubscribes() -> None:
    talk = Conversation()
    talk.want(BTC, ETH)
    line = talk.says_one()
    talk.unwant(BTC)
    assert talk.says() == []
    assert talk.ack(line) == Confirmed((ETH,))
    farewell = talk.says_one()
    assert (farewell.type, farewell.topics) == ("unsubscribe", (BTC,))
    assert talk.ack(farewell) is None
    assert talk.confirmed == {ETH}


def test_wanting_again_while_unsubscribing_waits_for_the_ack_and_then_asks() -> None:
    talk = live(BTC)
    talk.unwant(BTC)
    farewell = talk.says_one()
    talk.want(BTC)
    assert talk.says() == []
    talk.ack(farewell)
    assert talk.says_one().type == "subscribe"


def test_unwanting_and_wanting_in_flight_says_nothing_more() -> None:
    talk = Conversation()
    talk.want(BTC)
    line = talk.says_one()
    talk.unwant(BTC)
    talk.want(BTC)
    assert talk.ack(line) == Confirmed((BTC,))
    assert talk.says() == []


def test_an_ack_of_a_topic_that_nobody_wants_any_more_confirms_nothing_to_anybody() -> None:
    talk = Conversation()
    talk.want(BTC)
    line = talk.says_one()
    talk.unwant(BTC)
    assert talk.ack(line) is None
    talk.ack(talk.says_one())
    assert talk.confirmed == set()


def test_a_late_ack_does_not_revive() -> None:
    talk = Conversation()
    talk.want(BTC)
    first = talk.says_one()
    talk.wait(10)
    talk.unwant(BTC)
    farewell = talk.says_one()
    assert farewell.type == "unsubscribe"
    assert talk.ack(first) is None
    assert talk.confirmed == set()
    talk.ack(farewell)
    assert talk.ack(first) is None
    assert talk.confirmed == set()
    assert talk.says() == []


@pytest.mark.parametrize(("code", "text"), [(400, "ping timeout"), (509, "exceed max permits per second"), (500, "")])
def test_an_error_that_answers_nothing_is_a_complaint(code: int, text: str) -> None:
    talk = live(BTC)
    assert talk.hear(id="660fd6c8", type="error", code=code, data=text) == Complained(code, text)
    assert talk.confirmed == {BTC}


def test_an_error_without_id_or_text_is_a_complaint() -> None:
    assert Conversation().hear(type="error", code=400) == Complained(400, "")


def test_a_refused_token_ends_the_line() -> None:
    talk = Conversation(welcomed=False)
    assert talk.hear(id="660fd6c8", type="error", code=401, data="token is expired") == Failed(
        "token", "token is expired"
    )


@pytest.mark.parametrize(
    ("code", "text", "why"),
    [
        (509, "exceed max session count limitation of 50", "busy"),
        (509, "service busy, please retry later", "busy"),
        (400, "something else", "dial"),
    ],
)
def test_an_error_before_the_welcome_ends_the_line(code: int, text: str, why: str) -> None:
    talk = Conversation(welcomed=False)
    assert talk.hear(id="1", type="error", code=code, data=text) == Failed(why, f"{code} {text}")  # type: ignore[arg-type]


def test_a_ping_goes_first_and_its_pong_carries_its_id() -> None:
    talk = Conversation()
    talk.want(BTC)
    id_ = talk.session.ping()
    ping, ask = talk.says()
    assert (ping.id, ping.type, ask.type) == (id_, "ping", "subscribe")
    assert talk.hear(id=id_, type="pong", timestamp=1790113097236506) == Ponged(id_)
    assert talk.hear(type="pong") == Ponged("")


def test_every_line_has_an_id_of_its_own() -> None:
    talk = Conversation(most=1)
    talk.want(*tickers(20))
    ids = [talk.session.ping(), *(line.id for line in talk.says() if line.type != "ping")]
    assert len(set(ids)) == len(ids) == 21


def test_an_id_that_comes_back_as_a_number_is_known() -> None:
    talk = Conversation()
    talk.want(BTC)
    assert talk.hear(id=int(talk.says_one().id), type="ack") == Confirmed((BTC,))


def test_an_ack_that_nobody_asked_for_changes_nothing() -> None:
    talk = Conversation()
    talk.want(BTC)
    assert talk.hear(id="77", type="ack") is None
    assert talk.hear(type="ack") is None
    assert talk.confirmed == set()


def test_an_ack_counts_once() -> None:
    talk = Conversation()
    talk.want(BTC)
    line = talk.says_one()
    talk.ack(line)
    assert talk.ack(line) is None


@pytest.mark.parametrize("kind", ["message", "notice", "command", "", "ping"])
def test_other_frames_are_not_the_sessions_business(kind: str) -> None:
    assert Conversation().session.receive(frames.Frame(type=kind, topic=BTC, id="1")) is None


def test_its_repr_counts_and_names_nothing() -> None:
    talk = Conversation()
    talk.want(BTC, ETH, MATCH)
    first = talk.session.next_request(0.0)
    assert first is not None
    assert repr(talk.session) == "<Session 3 wanted, 2 requested, 0 confirmed>"


def test_sessions_share_nothing() -> None:
    one, other = Session(), Session()
    one.want(BTC)
    assert not other.wanted
