"""What a session makes of silence, and of answers that come late."""

from rx_kucoin.protocol.session_events import (
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
    assert talk.says() == []
    talk.wait(10)
    assert talk.says_one().type == "subscribe"


def test_three_rounds_without_any_answer_end_the_line() -> None:
    talk = Conversation()
    talk.want(BTC)
    outcomes = []
    for _ in range(3):
        talk.says_one()
        outcomes.append(talk.wait(10))
    assert outcomes[:2] == [Postponed((BTC,), "no answer")] * 2
    assert outcomes[2] == Failed("lost", "3 rounds of requests for topics went unanswered")


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
    assert len(talk.session._pending) < 20


def test_a_line_that_a_full_connection_refused_late_is_not_left_behind_on_the_exchange() -> None:
    talk = live(*tickers(4))
    talk.want(BTC)
    talk.says_one()
    talk.wait(10)
    assert isinstance(talk.over_session(talk.says_one(), 4), Full)
    farewell = talk.says_one()
    assert (farewell.type, farewell.topics) == ("unsubscribe", (BTC,))
