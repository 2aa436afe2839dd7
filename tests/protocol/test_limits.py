"""Our own limits stay below the exchange's."""

from dataclasses import replace

import pytest

from rx_kucoin.protocol import limits
from rx_kucoin.protocol.limits import Limits, Rate
from rx_kucoin.protocol.rest_weights import weight


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(Limits().messages, limits.MESSAGES), (Limits().dials, limits.DIALS), (Limits().rest, limits.REST)],
    ids=["messages", "dials", "rest"],
)
def test_we_keep_a_margin_for_the_road(ours: Rate, theirs: Rate) -> None:
    assert ours.count < theirs.count
    assert ours.per > theirs.per


def test_the_numbers_are_those_of_the_exchange() -> None:
    assert (Rate(100, 10.0), Rate(30, 60.0)) == (limits.MESSAGES, limits.DIALS)
    assert Rate(2_000, 30.0) == limits.REST
    assert limits.TOPICS_PER_CONNECTION == {"spot": 400, "futures": None}
    assert Limits().topics_per_request == limits.TOPICS_PER_REQUEST == 100
    assert limits.CONNECTIONS == 800
    assert limits.CLOCK_SKEW == 5.0
    assert limits.TOKEN_LIFE == limits.CONNECTION_LIFE == 86400.0


def test_a_ping_and_its_pong_fit_into_the_silence_that_the_exchange_allows() -> None:
    assert 2 * (limits.PING_INTERVAL + limits.PING_TIMEOUT) < limits.CLIENT_SILENCE


def test_limits_are_named_and_cannot_be_changed() -> None:
    chosen = Limits(dials=Rate(5, 60.0))
    assert chosen.dials.count == 5
    with pytest.raises(AttributeError):
        chosen.topics_per_request = 5  # type: ignore[misc]
    with pytest.raises(TypeError):
        Limits(Rate(1, 1.0))  # type: ignore[misc]


def test_tokens_have_room_beside_all_other_rest_requests() -> None:
    ours = Limits()
    assert ours.rest.count + ours.dials.count * weight("/api/v1/bullet-public") < limits.REST.count


def test_the_name_of_0_1_0_for_topics_per_request_still_works() -> None:
    assert Limits(topics_per_line=7) == Limits(topics_per_request=7)
    assert Limits(topics_per_line=7).topics_per_line == 7
    assert replace(Limits(topics_per_line=7), topics_per_request=5).topics_per_request == 5
    with pytest.raises(ValueError, match="topics_per_request must be 1 to 100, not 0"):
        Limits(topics_per_line=0)
