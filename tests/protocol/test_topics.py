"""Topics: read, written, put into lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rx_kucoin.protocol.topics import Topic, expand, join

ARGUMENTS = st.lists(st.text(st.characters(exclude_characters=",:", codec="utf-8")), min_size=1)


@pytest.mark.parametrize(
    ("text", "prefix", "argument"),
    [
        ("/market/ticker:BTC-USDT", "/market/ticker", "BTC-USDT"),
        ("/market/candles:BTC-USDT_1min", "/market/candles", "BTC-USDT_1min"),
        ("/account/balance", "/account/balance", None),
        ("/market/ticker:", "/market/ticker", ""),
        ("", "", None),
    ],
)
def test_a_topic_is_read_and_written_back(text: str, prefix: str, argument: str | None) -> None:
    topic = Topic.parse(text)
    assert topic == (prefix, argument)
    assert str(topic) == text


@given(st.text())
def test_whatever_is_read_is_written_back(text: str) -> None:
    assert str(Topic.parse(text)) == text


def test_a_comma_list_is_written_out() -> None:
    assert expand("/market/match:A-B,C-D") == ["/market/match:A-B", "/market/match:C-D"]
    assert expand("/account/balance") == ["/account/balance"]


@given(ARGUMENTS)
def test_what_is_joined_is_written_out_again(arguments: list[str]) -> None:
    topics = [f"/market/match:{argument}" for argument in arguments]
    assert expand(join(topics)) == topics


def test_a_topic_without_argument_is_joined_as_itself() -> None:
    assert join(["/account/balance"]) == "/account/balance"
