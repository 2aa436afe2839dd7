"""The machine of closed bars, by conversations written down. Seconds here; a bar lasts 60."""

from decimal import Decimal
from typing import Any

import pytest

from rx_kucoin.candles.closer import Ask, Bars, Step
from rx_kucoin.candles.rest import Bar

S = 1_000_000_000
SETTLE = 3


def bar(start: int, price: int, volume: int = 1, time: float | None = None) -> Bar:
    return Bar(start * S, *[Decimal(price)] * 4, Decimal(volume), Decimal(volume), time and int(time * S))


class Talk:
    """A machine, and what it has said. The stream is whole since `since`."""

    def __init__(self, now: float = 1_000.0, interval: str = "1min", since: float | None = 0.0) -> None:
        self.bars = Bars("S-USDT", interval, int(now * S), settle_ns=SETTLE * S, most=10)
        self.since = since
        self.said: list[tuple[int, str, int]] = []
        self.ask: Ask | None = None

    def at(self, now: float) -> Step:
        step = self.bars.step(int(now * S), None if self.since is None else int(self.since * S))
        self.said += [(each.start_ns // S, each.origin.value, int(each.close)) for each in step.closed]
        self.ask = step.ask or self.ask
        return step

    def heard(self, now: float, start: int, price: int, volume: int = 1) -> Step:
        self.bars.heard(bar(start, price, volume), int(now * S))
        return self.at(now)

    def answered(self, now: float, *rows: Bar) -> Step:
        self.bars.answered(list(rows), int(now * S))
        return self.at(now)

    def failed(self, now: float) -> Step:
        self.bars.failed(int(now * S))
        return self.at(now)

    def asked(self) -> tuple[Any, ...] | None:
        ask, self.ask = self.ask, None
        return ask and (ask.interval, ask.since_ns / S, ask.until_ns / S, ask.is_search)


def test_a_bar_is_over_when_it_has_settled_and_the_next_one_was_seen() -> None:
    talk = Talk()
    talk.heard(1_001, 960, 5)
    assert talk.heard(1_022, 1_020, 6).wake_ns == (1_020 + SETTLE) * S
    assert talk.said == []
    talk.heard(1_022.5, 960, 7, 2)
    talk.at(1_023)
    assert talk.said == [(960, "stream", 7)]
    talk.heard(1_024, 960, 9, 3)
    assert talk.said == [(960, "stream", 7)]


def test_a_bar_with_nothing_after_it_waits_until_a_dead_line_would_have_shown() -> None:
    talk = Talk()
    talk.heard(1_001, 960, 5)
    step = talk.at(1_023)
    assert (step.wake_ns, step.wants_proof, talk.said) == (1_053 * S, True, [])
    talk.at(1_053)
    assert talk.said == [(960, "stream", 5)]


def test_proof_that_all_has_come_ends_the_wait() -> None:
    talk = Talk()
    talk.heard(1_001, 960, 5)
    talk.bars.proved(1_022 * S)
    talk.at(1_023.5)
    assert talk.said == []
    talk.bars.proved(1_023 * S)
    talk.at(1_023.5)
    assert talk.said == [(960, "stream", 5)]


def test_a_bar_that_nobody_traded_in_is_flat_at_the_close_before() -> None:
    talk = Talk()
    talk.heard(1_001, 960, 5)
    talk.heard(1_150, 1_140, 8)
    assert talk.said == [(960, "stream", 5), (1_020, "empty", 5), (1_080, "empty", 5)]


@pytest.mark.parametrize(
    ("since", "origin"), [(1_000.5, "stream"), (1_001.5, "rest"), (None, "rest")], ids=["before", "after", "never"]
)
def test_a_bar_is_the_streams_only_if_that_was_whole_since_it_was_last_heard(since: float, origin: str) -> None:
    talk = Talk(since=since)
    talk.heard(1_001, 960, 5)
    talk.heard(1_030, 1_020, 6)
    if origin == "rest":
        assert talk.asked() == ("1min", 960, 1_020, False)
        talk.answered(1_031, bar(960, 7, 2))
    assert talk.said[0][:2] == (960, origin)


def test_what_a_break_swallowed_is_asked_for_at_once_and_only_that() -> None:
    talk = Talk()
    talk.heard(1_001, 960, 5)
    talk.heard(1_030, 1_020, 6)
    talk.since = 1_215
    talk.at(1_270)
    assert talk.asked() == ("1min", 1_020, 1_260, False)
    talk.heard(1_290, 1_260, 9)
    assert talk.asked() is None
    talk.answered(1_291, bar(1_020, 7, 4), bar(1_140, 8))
    assert talk.said[1:] == [(1_020, "rest", 7), (1_080, "rest", 7), (1_140, "rest", 8), (1_200, "rest", 8)]
    talk.heard(1_330, 1_320, 9)
    assert talk.said[-1] == (1_260, "stream", 9)


def test_what_the_stream_brought_whole_is_not_asked_for() -> None:
    talk = Talk()
    talk.heard(1_001, 960, 5)
    talk.since = 1_002
    talk.bars.heard(bar(1_020, 6), 1_022 * S)
    talk.bars.heard(bar(1_080, 7), 1_082 * S)
    talk.at(1_090)
    assert talk.asked() == ("1min", 960, 1_020, False)


def test_what_our_own_clock_placed_is_placed_anew_when_the_exchanges_time_is_known() -> None:
    talk = Talk(now=5e8, interval="1month")
    talk.bars.calibrate(int(6e8) * S, int(5e8) * S)
    first_of_february_1989 = 602_294_400
    assert talk.at(5e8).wake_ns == (first_of_february_1989 - 10**8 + SETTLE) * S


def test_no_more_is_asked_for_at_once_than_an_answer_holds() -> None:
    talk = Talk(since=None)
    talk.heard(1_001, 960, 5)
    talk.at(3_000)
    assert talk.asked() == ("1min", 960, 960 + 9 * 60, False)
    talk.answered(3_001, bar(960, 5))
    assert talk.asked() == ("1min", 1_500, 1_500 + 9 * 60, False)
    assert len(talk.said) == 9


def test_what_rest_does_not_tell_is_doubtful() -> None:
    talk = Talk()
    talk.heard(1_001, 960, 5)
    talk.heard(1_030, 1_020, 6)
    talk.since = None
    talk.at(1_150)
    talk.failed(1_151)
    assert talk.said[1:] == [(1_020, "doubtful", 6), (1_080, "doubtful", 6)]
    talk.asked()
    talk.at(1_210)
    assert talk.asked() == ("1min", 1_140, 1_200, False)


def test_rest_that_is_behind_the_stream_is_asked_again_once() -> None:
    talk = Talk(since=None)
    talk.heard(1_001, 960, 5, 10)
    talk.at(1_030)
    talk.asked()
    assert talk.answered(1_031, bar(960, 4, 9)).wake_ns == 1_041 * S
    talk.at(1_041)
    assert talk.asked() == ("1min", 960, 1_020, False)
    talk.answered(1_042, bar(960, 6, 11))
    assert talk.said == [(960, "rest", 6)]


def test_rest_that_stays_behind_the_stream_is_not_believed() -> None:
    talk = Talk(since=None)
    talk.heard(1_001, 960, 5, 10)
    talk.at(1_030)
    talk.answered(1_031)
    talk.at(1_041)
    talk.answered(1_042)
    assert talk.said == [(960, "doubtful", 5)]


def test_a_silent_symbol_begins_with_what_rest_tells_of_before() -> None:
    talk = Talk()
    assert talk.at(1_000).wake_ns == 1_003 * S
    talk.at(1_003)
    assert talk.asked() == ("1min", 1_063 - 9 * 60, 1_063, True)
    talk.answered(1_004, bar(600, 4), bar(660, 5))
    talk.at(1_053)
    assert talk.said == [(960, "empty", 5)]


def test_a_symbol_that_has_long_been_silent_has_its_price_looked_for_far_back() -> None:
    talk = Talk(now=5e8)
    talk.at(5e8 + 3)
    talk.asked()
    talk.answered(5e8 + 4)
    for longer in ("1hour", "1day", "1week"):
        assert talk.asked()[::3] == (longer, True)
        talk.answered(5e8 + 5, *([bar(604_800, 7)] if longer == "1week" else []))
    first = int(5e8 // 60 * 60)
    talk.at(5e8 + 100)
    assert talk.said == [(first, "empty", 7)]


def test_a_symbol_that_never_traded_begins_with_its_first_trade() -> None:
    talk = Talk(now=5e8)
    talk.at(5e8 + 3)
    for _ in range(4):
        talk.answered(5e8 + 4)
    assert talk.at(5e8 + 9) == Step([], None, None, wants_proof=False)
    first = int(5e8 // 60 * 60) + 600
    talk.heard(first + 1, first, 3)
    talk.heard(first + 70, first + 60, 4)
    assert talk.said == [(first, "stream", 3)]


def test_of_a_symbol_that_never_traded_a_new_connection_is_a_reason_to_ask_again() -> None:
    talk = Talk(now=5e8)
    talk.at(5e8 + 3)
    for _ in range(4):
        talk.answered(5e8 + 4)
    talk.asked()
    talk.since = None
    talk.at(5e8 + 1_000)
    assert talk.asked() is None
    talk.since = 5e8 + 1_100
    talk.at(5e8 + 1_101)
    assert talk.asked()[::3] == ("1min", True)
    talk.answered(5e8 + 1_102, bar(int(5e8 + 1_000) // 60 * 60, 5))
    talk.at(5e8 + 1_200)
    assert talk.asked()[::3] == ("1min", False)


def test_the_long_bar_that_goes_on_does_not_tell_the_price_before() -> None:
    talk = Talk(now=5e8)
    talk.at(5e8 + 3)
    talk.answered(5e8 + 4)
    hour = int(5e8 // 3_600 * 3_600)
    talk.answered(5e8 + 5, bar(hour - 3_600, 6), bar(hour, 7))
    talk.at(5e8 + 100)
    assert [(origin, price) for _, origin, price in talk.said] == [("empty", 6)]


def test_without_any_answer_the_bars_begin_with_the_first_that_is_heard() -> None:
    talk = Talk()
    talk.at(1_003)
    assert talk.failed(1_004).wake_ns == 1_064 * S
    talk.heard(1_030, 1_020, 6)
    talk.failed(1_031)
    talk.heard(1_090, 1_080, 7)
    assert talk.said == [(1_020, "stream", 6)]


def test_the_exchanges_time_counts_and_not_ours() -> None:
    talk = Talk(now=1_000)
    talk.bars.calibrate(5_000 * S, 1_000 * S)
    talk.heard(1_001, 4_980, 5)
    assert talk.heard(1_041, 5_040, 6).wake_ns == 1_043 * S
    talk.at(1_043)
    assert talk.said == [(4_980, "stream", 5)]


def test_weeks_begin_where_the_exchange_begins_them() -> None:
    week, monday = 604_800, 4 * 86_400
    talk = Talk(now=monday + 10 * week + 5, interval="1week")
    talk.heard(monday + 10 * week + 6, monday + 10 * week, 5)
    talk.heard(monday + 12 * week + 6, monday + 12 * week, 6)
    assert talk.said == [(monday + 10 * week, "stream", 5), (monday + 11 * week, "empty", 5)]
