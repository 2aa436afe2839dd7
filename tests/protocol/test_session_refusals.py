"""What a session makes of a no: a bad topic, a limit, trouble of the exchange."""

import pytest

from rx_kucoin.protocol.session_events import (
    Complained,
    Confirmed,
    Failed,
    Full,
    Postponed,
    Refused,
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


FULL_400 = "exceed max subscription count limitation of 400 per session"


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


def test_a_line_is_handed_back_whole_when_the_others_alone_are_too_many() -> None:
    talk = Conversation(most=5)
    talk.want(*tickers(16))
    first, second, third, _fourth = talk.says()
    talk.ack(first)
    talk.ack(second)
    assert talk.over_session(third, 10) == Full(third.topics, 10, FULL_400.replace("400", "10"))


def test_an_unsubscribe_never_finds_a_connection_full() -> None:
    talk = live(BTC)
    talk.unwant(BTC)
    farewell = talk.says_one()
    talk.want(BTC)
    assert isinstance(talk.over_session(farewell, 1), Postponed)
    assert talk.wanted == {BTC}


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
    assert min(learned) == capacity


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
    for _ in range(5):
        assert talk.refuse(talk.says_one(), 500, "system error") == Postponed((BTC, ETH), "system error")
        assert talk.says() == []  # nobody who is in trouble wants to be asked again at once
        assert isinstance(talk.wait(10), Postponed)
    assert talk.ack(talk.says_one()) == Confirmed((BTC, ETH))


def test_another_limit_postpones() -> None:
    talk = Conversation()
    talk.want(BTC)
    assert talk.refuse(talk.says_one(), 509, "service busy, please retry later") == Postponed(
        (BTC,), "service busy, please retry later"
    )
    talk.wait(10)
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


def test_a_topic_refused_with_an_unlisted_code_is_sent_again_five_times_and_ends_then() -> None:
    talk = Conversation()
    talk.want(BTC)
    for _ in range(5):
        assert talk.refuse(talk.says_one(), 900014, "maintenance") == Postponed((BTC,), "maintenance")
        assert talk.says() == []
        assert talk.wait(10) == Postponed((BTC,), "no answer")
    assert talk.refuse(talk.says_one(), 900014, "maintenance") == Refused(BTC, 900014, "maintenance")
    assert talk.wanted == set()


def test_topics_refused_with_an_unlisted_code_are_live_once_it_is_over_and_have_all_attempts_again() -> None:
    talk = Conversation()
    talk.want(*tickers(8))
    for _ in range(4):
        for line in talk.says():
            assert isinstance(talk.refuse(line, 503, "upgrading"), Postponed)
        talk.wait(10)
    for line in talk.says():
        talk.ack(line)
    assert talk.confirmed == set(tickers(8))
    assert talk.session._unlisted == {}


def test_one_topic_with_an_unlisted_code_holds_the_others_up_for_a_bounded_time_and_ends_alone() -> None:
    bad = tickers(100)[63]
    talk = Conversation()
    talk.want(*tickers(100))
    said, live_after, outcomes = 0, [], []
    for _ in range(40):
        while lines := talk.says():
            said += len(lines)
            outcomes += [talk.refuse(line, 900001) if bad in line.topics else talk.ack(line) for line in lines]
        live_after.append(len(talk.confirmed))
        if not talk.wanted - talk.confirmed:
            break
        talk.wait(10)
    assert [outcome for outcome in outcomes if isinstance(outcome, Refused)] == [
        Refused(bad, 900001, "topic does not exist")
    ]
    assert talk.confirmed == set(tickers(100)) - {bad}
    assert live_after == [0, 50, 75, 88, 94, 99]
    assert said <= 30


@pytest.mark.parametrize("code", [400, 401, 403, 404, 406, 415])
def test_a_code_that_is_known_to_be_final_ends_a_topic_at_once(code: int) -> None:
    talk = Conversation()
    talk.want(BTC)
    assert talk.refuse(talk.says_one(), code, "no") == Refused(BTC, code, "no")
