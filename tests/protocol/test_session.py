"""One connection's conversation, line by line."""

import json

import pytest

from rx_kucoin.protocol import frames
from rx_kucoin.protocol.outcomes import (
    Complained,
    Confirmed,
    Failed,
    Full,
    Ponged,
    Postponed,
    Refused,
    Welcomed,
)
from rx_kucoin.protocol.session import Session
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
    assert not talk.session.has_something_to_say
    assert talk.says() == []
    assert talk.hear(id="x", type="welcome") == Welcomed()
    assert talk.session.has_something_to_say
    assert [line.type for line in talk.says()] == ["ping", "subscribe"]


def test_a_second_welcome_is_no_news() -> None:
    talk = Conversation()
    assert talk.hear(id="x", type="welcome") is None
    assert talk.session.welcomed


def test_a_line_asks_for_an_ack_and_names_its_topics() -> None:
    talk = Conversation()
    talk.want(BTC, ETH)
    text = talk.session.next_line(0.0)
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
    assert not talk.session.has_something_to_say
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


def test_a_refused_topic_ends_alone() -> None:
    bad = tickers(7)[4]
    talk = Conversation()
    talk.want(*tickers(7))
    refused = []
    while lines := talk.says():
        for line in lines:
            outcome = talk.refuse(line) if bad in line.topics else talk.ack(line)
            if isinstance(outcome, Refused):
                refused.append(outcome)
    assert refused == [Refused(bad, 404, "topic does not exist")]
    assert talk.confirmed == talk.wanted == set(tickers(7)) - {bad}


def test_a_refused_line_is_asked_for_in_halves() -> None:
    talk = Conversation()
    talk.want(*tickers(100))
    assert talk.refuse(talk.says_one()) == Postponed(tuple(tickers(100)), "topic does not exist")
    assert [len(line.topics) for line in talk.says()] == [50, 50]


def test_one_bad_topic_among_a_hundred_costs_few_lines() -> None:
    bad = tickers(100)[63]
    talk = Conversation()
    talk.want(*tickers(100))
    said = 0
    while lines := talk.says():
        said += len(lines)
        for line in lines:
            talk.refuse(line) if bad in line.topics else talk.ack(line)
    assert said <= 1 + 2 * 7
    assert talk.confirmed == set(tickers(100)) - {bad}


def test_new_topics_do_not_join_the_suspects() -> None:
    talk = Conversation()
    talk.want(*tickers(4))
    talk.refuse(talk.says_one())
    talk.want(*tickers(2, start=10))
    assert tuple(tickers(2, start=10)) in [line.topics for line in talk.says()]


def test_topics_cleared_of_suspicion_share_full_lines_again() -> None:
    talk = Conversation()
    talk.want(*tickers(4))
    talk.refuse(talk.says_one())
    for line in talk.says():
        talk.ack(line)
    talk.unwant(*tickers(4))
    assert talk.says_one().topics == tuple(tickers(4))


def test_a_refusal_of_what_nobody_wants_any_more_is_no_news() -> None:
    talk = Conversation()
    talk.want(BTC)
    line = talk.says_one()
    talk.unwant(BTC)
    assert talk.refuse(line) is None
    assert talk.says() == []


def test_a_refused_topic_may_be_wanted_again() -> None:
    talk = Conversation()
    talk.want(BTC)
    talk.refuse(talk.says_one())
    assert talk.says() == []
    talk.want(BTC)
    assert talk.ack(talk.says_one()) == Confirmed((BTC,))


def test_a_private_topic_without_credentials_is_refused_alone() -> None:
    talk = Conversation()
    talk.want("/account/balance", BTC)
    private, public = talk.says()
    assert talk.refuse(private, 403, "login is required") == Refused("/account/balance", 403, "login is required")
    assert talk.ack(public) == Confirmed((BTC,))


def test_too_many_per_time_shrinks_the_lines_and_loses_nothing() -> None:
    talk = Conversation()
    talk.want(*tickers(100))
    assert isinstance(talk.over_time(talk.says_one()), Postponed)
    lines = talk.says()
    assert [len(line.topics) for line in lines] == [50, 50]
    for line in lines:
        talk.ack(line)
    assert talk.confirmed == set(tickers(100))


def test_too_many_per_time_on_several_lines_in_flight_shrinks_them_once() -> None:
    talk = Conversation()
    talk.want(*tickers(800))
    for line in talk.says():
        talk.over_time(line)
    assert [len(line.topics) for line in talk.says()] == [50] * 16


def test_too_many_per_time_ends_at_lines_of_one() -> None:
    talk = Conversation(most=3)
    talk.want(*tickers(3))
    talk.over_time(talk.says_one())
    for line in talk.says():
        assert len(line.topics) == 1
        talk.ack(line)
    assert talk.confirmed == set(tickers(3))


def test_a_full_connection_keeps_what_fits_and_hands_back_the_others() -> None:
    talk = live(*tickers(300))
    talk.want(*tickers(150, start=300))
    first, second = talk.says()
    assert talk.ack(first) == Confirmed(first.topics)
    assert talk.over_session(second, 400) == Full(second.topics, 400, FULL_400)
    assert talk.wanted == talk.confirmed == set(tickers(400))
    assert talk.says() == []


def test_a_full_connection_takes_the_part_of_a_line_that_fits() -> None:
    talk = live(*tickers(350))
    talk.want(*tickers(100, start=350))
    line = talk.says_one()
    assert talk.over_session(line, 400) == Full(line.topics[50:], 400, FULL_400)
    rest = talk.says_one()
    assert rest.topics == line.topics[:50]
    talk.ack(rest)
    assert talk.confirmed == talk.wanted == set(tickers(400))


def test_several_lines_over_a_limit_fill_it_exactly() -> None:
    talk = Conversation(most=5)
    talk.want(*tickers(20))
    first, second, third, fourth = talk.says()
    talk.ack(first)
    talk.ack(second)
    evicted = [talk.over_session(third, 10), talk.over_session(fourth, 10)]
    assert [len(outcome.surplus) for outcome in evicted if isinstance(outcome, Full)] == [5, 5]
    assert talk.confirmed == talk.wanted == set(tickers(10))
    assert talk.says() == []


def test_a_limit_that_is_not_the_one_at_work_is_found_by_halves() -> None:
    talk, capacity, learned = Conversation(), 10, []
    talk.want(*tickers(16))
    while lines := talk.says():
        for line in lines:
            if len(talk.confirmed) + len(line.topics) <= capacity:
                talk.ack(line)
            elif isinstance(outcome := talk.over_session(line, 400), Full):
                learned.append(outcome.limit)
    assert talk.confirmed == talk.wanted
    assert len(talk.confirmed) == capacity
    assert set(learned) == {capacity}


def test_a_limit_below_what_is_live_is_not_believed() -> None:
    talk = live(*tickers(10))
    talk.want(BTC)
    assert talk.over_session(talk.says_one(), 0) == Full((BTC,), 10, FULL_400.replace("400", "0"))
    assert talk.wanted == talk.confirmed == set(tickers(10))


def test_a_connection_that_takes_nothing_at_all_is_of_no_use() -> None:
    talk = Conversation()
    talk.want(BTC, ETH)
    assert talk.over_session(talk.says_one(), 0) == Failed("busy", FULL_400.replace("400", "0"))


def test_a_lone_topic_refused_for_a_limit_that_is_not_reached_finds_the_connection_useless() -> None:
    talk = Conversation()
    talk.want(BTC)
    assert talk.over_session(talk.says_one(), 400) == Failed("busy", FULL_400)


def test_a_full_connection_matters_not_to_topics_that_nobody_wants_any_more() -> None:
    talk = Conversation()
    talk.want(BTC)
    line = talk.says_one()
    talk.unwant(BTC)
    assert isinstance(talk.over_session(line, 400), Postponed)
    assert talk.says() == []


def test_trouble_of_the_exchange_refuses_nothing() -> None:
    talk = Conversation()
    talk.want(BTC, ETH)
    assert talk.refuse(talk.says_one(), 500, "system error") == Postponed((BTC, ETH), "system error")
    assert talk.ack(talk.says_one()) == Confirmed((BTC, ETH))


def test_another_limit_postpones() -> None:
    talk = Conversation()
    talk.want(BTC)
    assert talk.refuse(talk.says_one(), 509, "service busy, please retry later") == Postponed(
        (BTC,), "service busy, please retry later"
    )
    assert talk.ack(talk.says_one()) == Confirmed((BTC,))


def test_an_unsubscribe_that_a_limit_stops_is_said_again() -> None:
    talk = live(*tickers(4))
    talk.unwant(*tickers(4))
    assert isinstance(talk.over_time(talk.says_one(), 2), Postponed)
    lines = talk.says()
    assert [(line.type, len(line.topics)) for line in lines] == [("unsubscribe", 2)] * 2
    for line in lines:
        talk.ack(line)
    assert talk.confirmed == set()


def test_an_unsubscribe_that_is_refused_spares_the_others_of_its_line() -> None:
    talk = live(BTC, ETH)
    talk.unwant(BTC, ETH)
    talk.refuse(talk.says_one())
    first, second = talk.says()
    assert talk.refuse(first) == Complained(404, "topic does not exist")
    assert talk.ack(second) is None
    assert talk.confirmed == set()
    assert talk.says() == []


def test_a_topic_wanted_again_after_its_unsubscribe_was_refused_is_asked_for() -> None:
    talk = live(BTC)
    talk.unwant(BTC)
    line = talk.says_one()
    talk.want(BTC)
    talk.refuse(line)
    assert talk.says_one().type == "subscribe"


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


def test_what_is_not_answered_in_time_is_asked_for_again() -> None:
    talk = Conversation()
    talk.want(BTC, ETH)
    first = talk.says_one()
    assert talk.wait(9.9) is None
    assert talk.wait(0.1) == Postponed((BTC, ETH), "no answer")
    second = talk.says_one()
    assert (second.type, second.topics) == (first.type, first.topics)
    assert talk.wait(9.9) is None
    assert talk.ack(second) == Confirmed((BTC, ETH))
    assert talk.wait(100) is None


def test_a_late_ack_of_the_first_ask_spares_the_second() -> None:
    talk = Conversation()
    talk.want(BTC)
    first = talk.says_one()
    talk.wait(10)
    assert talk.ack(first) == Confirmed((BTC,))
    assert talk.says() == []


def test_an_exchange_that_always_answers_late_is_understood() -> None:
    talk = Conversation()
    talk.want(BTC)
    first = talk.says_one()
    talk.wait(10)
    second = talk.says_one()
    assert talk.ack(first) == Confirmed((BTC,))
    talk.wait(10)
    talk.ack(second)
    for line in talk.says():
        talk.ack(line)
    assert talk.confirmed == {BTC}
    assert talk.wait(100) is None


def test_a_late_refusal_of_the_first_ask_takes_back_the_second() -> None:
    talk = Conversation()
    talk.want(BTC)
    first = talk.says_one()
    talk.wait(10)
    assert talk.refuse(first) == Refused(BTC, 404, "topic does not exist")
    assert talk.says() == []


def test_a_late_refusal_while_the_second_ask_is_in_flight_refuses_once() -> None:
    talk = Conversation()
    talk.want(BTC)
    first = talk.says_one()
    talk.wait(10)
    second = talk.says_one()
    assert isinstance(talk.refuse(first), Refused)
    assert talk.refuse(second) is None
    assert talk.says() == []


def test_a_late_answer_to_what_the_opposite_was_asked_of_since_says_nothing() -> None:
    talk = live(BTC)
    talk.unwant(BTC)
    farewell = talk.says_one()
    talk.wait(10)
    talk.want(BTC)
    again = talk.says_one()
    assert again.type == "subscribe"
    talk.ack(farewell)
    talk.ack(again)
    assert talk.confirmed == {BTC}
    assert talk.says() == []


def test_a_topic_whose_unsubscribe_was_not_answered_is_asked_for_when_wanted_again() -> None:
    talk = live(BTC)
    talk.unwant(BTC)
    talk.says_one()
    talk.wait(10)
    talk.want(BTC)
    assert talk.says_one().type == "subscribe"


def test_a_topic_whose_ask_was_not_answered_is_unsubscribed_when_not_wanted_any_more() -> None:
    talk = Conversation()
    talk.want(BTC)
    talk.says_one()
    talk.wait(10)
    talk.unwant(BTC)
    farewell = talk.says_one()
    assert farewell.type == "unsubscribe"
    talk.ack(farewell)
    assert talk.says() == []


def test_two_opposite_asks_without_answer_leave_the_last_wish_standing() -> None:
    talk = Conversation()
    talk.want(BTC)
    first = talk.says_one()
    talk.wait(10)
    talk.unwant(BTC)
    farewell = talk.says_one()
    talk.wait(10)
    talk.want(BTC)
    third = talk.says_one()
    talk.ack(first)
    talk.ack(farewell)
    talk.refuse(third, 500, "system error")
    assert talk.says_one().type == "subscribe"


def test_three_rounds_without_any_answer_end_the_line() -> None:
    talk = Conversation()
    talk.want(BTC)
    outcomes = []
    for _ in range(3):
        talk.says_one()
        outcomes.append(talk.wait(10))
    assert outcomes[:2] == [Postponed((BTC,), "no answer")] * 2
    assert outcomes[2] == Failed("lost", "3 rounds of asking for topics went unanswered")


def test_any_answer_ends_the_row_of_rounds() -> None:
    talk = Conversation()
    talk.want(BTC)
    for _ in range(2):
        talk.says_one()
        assert isinstance(talk.wait(10), Postponed)
    talk.want(MATCH)
    _lost, answered = talk.says()
    talk.ack(answered)
    for _ in range(2):
        assert isinstance(talk.wait(10), Postponed)
        talk.says_one()
    assert isinstance(talk.wait(10), Failed)


def test_lines_that_were_never_answered_are_forgotten_in_the_end() -> None:
    talk = Conversation(most=1)
    for number in range(50):
        talk.want(*tickers(2, start=2 * number))
        _lost, answered, *others = talk.says()
        for line in (answered, *others):
            talk.ack(line)
        talk.wait(10)
    assert len(talk.session._asks) < 20


def test_a_line_that_a_full_connection_refused_late_is_not_left_behind_on_the_exchange() -> None:
    talk = live(*tickers(4))
    talk.want(BTC)
    talk.says_one()
    talk.wait(10)
    assert isinstance(talk.over_session(talk.says_one(), 4), Full)
    farewell = talk.says_one()
    assert (farewell.type, farewell.topics) == ("unsubscribe", (BTC,))


def test_its_repr_counts_and_names_nothing() -> None:
    talk = Conversation()
    talk.want(BTC, ETH, MATCH)
    first = talk.session.next_line(0.0)
    assert first is not None
    assert repr(talk.session) == "<Session 3 wanted, 2 asked, 0 confirmed>"


def test_sessions_share_nothing() -> None:
    one, other = Session(), Session()
    one.want(BTC)
    assert not other.wanted


FULL_400 = "exceed max subscription count limitation of 400 per session"
