"""The machine of closed bars, by conversations written down. Seconds here; a bar lasts 60."""

from decimal import Decimal
from typing import Any

import pytest

from rx_kucoin.candles.closer import BarCloser, BarsRequest, Step
from rx_kucoin.candles.rest import CandleBar

S = 1_000_000_000
SETTLE = 3


def bar(start: int, price: int, volume: int = 1, time: float | None = None) -> CandleBar:
    return CandleBar(start * S, *[Decimal(price)] * 4, Decimal(volume), Decimal(volume), time and int(time * S))


class Driver:
    """A machine, and what it has emitted. The stream has had no break since `since`."""

    def __init__(self, now: float = 1_000.0, interval: str = "1min", since: float | None = 0.0) -> None:
        self.bars = BarCloser("S-USDT", interval, int(now * S), settle_ns=SETTLE * S, most=10)
        self.since = since
        self.said: list[tuple[int, str, int]] = []
        self.request: BarsRequest | None = None

    def at(self, now: float) -> Step:
        step = self.bars.step(int(now * S), None if self.since is None else int(self.since * S))
        self.said += [(each.start_ns // S, each.origin.value, int(each.close)) for each in step.closed]
        self.request = step.request or self.request
        return step

    def add(self, now: float, start: int, price: int, volume: int = 1) -> Step:
        self.bars.add(bar(start, price, volume), int(now * S))
        return self.at(now)

    def answered(self, now: float, *rows: CandleBar) -> Step:
        self.bars.answered(list(rows), int(now * S))
        return self.at(now)

    def failed(self, now: float) -> Step:
        self.bars.failed(int(now * S))
        return self.at(now)

    def asked(self) -> tuple[Any, ...] | None:
        ask, self.request = self.request, None
        return ask and (ask.interval, ask.since_ns / S, ask.until_ns / S, ask.is_search)


def test_a_bar_is_over_when_it_has_settled_and_the_next_one_was_seen() -> None:
    driver = Driver()
    driver.add(1_001, 960, 5)
    assert driver.add(1_022, 1_020, 6).wake_ns == (1_020 + SETTLE) * S
    assert driver.said == []
    driver.add(1_022.5, 960, 7, 2)
    driver.at(1_023)
    assert driver.said == [(960, "stream", 7)]
    driver.add(1_024, 960, 9, 3)
    assert driver.said == [(960, "stream", 7)]


def test_a_bar_with_nothing_after_it_waits_until_a_dead_line_would_have_shown() -> None:
    driver = Driver()
    driver.add(1_001, 960, 5)
    step = driver.at(1_023)
    assert (step.wake_ns, step.wants_barrier, driver.said) == (1_053 * S, True, [])
    driver.at(1_053)
    assert driver.said == [(960, "stream", 5)]


def test_proof_that_all_has_come_ends_the_wait() -> None:
    driver = Driver()
    driver.add(1_001, 960, 5)
    driver.bars.confirm_until(1_022 * S)
    driver.at(1_023.5)
    assert driver.said == []
    driver.bars.confirm_until(1_023 * S)
    driver.at(1_023.5)
    assert driver.said == [(960, "stream", 5)]


def test_a_bar_that_nobody_traded_in_is_flat_at_the_close_before() -> None:
    driver = Driver()
    driver.add(1_001, 960, 5)
    driver.add(1_150, 1_140, 8)
    assert driver.said == [(960, "stream", 5), (1_020, "empty", 5), (1_080, "empty", 5)]


@pytest.mark.parametrize(
    ("since", "origin"), [(1_000.5, "stream"), (1_001.5, "rest"), (None, "rest")], ids=["before", "after", "never"]
)
def test_a_bar_is_the_streams_only_if_that_was_whole_since_it_was_last_heard(since: float, origin: str) -> None:
    driver = Driver(since=since)
    driver.add(1_001, 960, 5)
    driver.add(1_030, 1_020, 6)
    if origin == "rest":
        assert driver.asked() == ("1min", 960, 1_020, False)
        driver.answered(1_031, bar(960, 7, 2))
    assert driver.said[0][:2] == (960, origin)


def test_what_a_break_swallowed_is_asked_for_at_once_and_only_that() -> None:
    driver = Driver()
    driver.add(1_001, 960, 5)
    driver.add(1_030, 1_020, 6)
    driver.since = 1_215
    driver.at(1_270)
    assert driver.asked() == ("1min", 1_020, 1_260, False)
    driver.add(1_290, 1_260, 9)
    assert driver.asked() is None
    driver.answered(1_291, bar(1_020, 7, 4), bar(1_140, 8))
    assert driver.said[1:] == [(1_020, "rest", 7), (1_080, "rest", 7), (1_140, "rest", 8), (1_200, "rest", 8)]
    driver.add(1_330, 1_320, 9)
    assert driver.said[-1] == (1_260, "stream", 9)


def test_what_the_stream_brought_whole_is_not_asked_for() -> None:
    driver = Driver()
    driver.add(1_001, 960, 5)
    driver.since = 1_002
    driver.bars.add(bar(1_020, 6), 1_022 * S)
    driver.bars.add(bar(1_080, 7), 1_082 * S)
    driver.at(1_090)
    assert driver.asked() == ("1min", 960, 1_020, False)


def test_what_our_own_clock_placed_is_placed_anew_when_the_exchanges_time_is_known() -> None:
    driver = Driver(now=5e8, interval="1month")
    driver.bars.calibrate(int(6e8) * S, int(5e8) * S)
    first_of_february_1989 = 602_294_400
    assert driver.at(5e8).wake_ns == (first_of_february_1989 - 10**8 + SETTLE) * S


def test_no_more_is_asked_for_at_once_than_an_answer_holds() -> None:
    driver = Driver(since=None)
    driver.add(1_001, 960, 5)
    driver.at(3_000)
    assert driver.asked() == ("1min", 960, 960 + 9 * 60, False)
    driver.answered(3_001, bar(960, 5))
    assert driver.asked() == ("1min", 1_500, 1_500 + 9 * 60, False)
    assert len(driver.said) == 9


def test_what_rest_does_not_tell_is_doubtful() -> None:
    driver = Driver()
    driver.add(1_001, 960, 5)
    driver.add(1_030, 1_020, 6)
    driver.since = None
    driver.at(1_150)
    driver.failed(1_151)
    assert driver.said[1:] == [(1_020, "doubtful", 6), (1_080, "doubtful", 6)]
    driver.asked()
    driver.at(1_210)
    assert driver.asked() == ("1min", 1_140, 1_200, False)


def test_rest_that_is_behind_the_stream_is_asked_again_once() -> None:
    driver = Driver(since=None)
    driver.add(1_001, 960, 5, 10)
    driver.at(1_030)
    driver.asked()
    assert driver.answered(1_031, bar(960, 4, 9)).wake_ns == 1_041 * S
    driver.at(1_041)
    assert driver.asked() == ("1min", 960, 1_020, False)
    driver.answered(1_042, bar(960, 6, 11))
    assert driver.said == [(960, "rest", 6)]


def test_rest_that_stays_behind_the_stream_is_not_believed() -> None:
    driver = Driver(since=None)
    driver.add(1_001, 960, 5, 10)
    driver.at(1_030)
    driver.answered(1_031)
    driver.at(1_041)
    driver.answered(1_042)
    assert driver.said == [(960, "doubtful", 5)]


def test_a_silent_symbol_begins_with_what_rest_tells_of_before() -> None:
    driver = Driver()
    assert driver.at(1_000).wake_ns == 1_003 * S
    driver.at(1_003)
    assert driver.asked() == ("1min", 1_063 - 9 * 60, 1_063, True)
    driver.answered(1_004, bar(600, 4), bar(660, 5))
    driver.at(1_053)
    assert driver.said == [(960, "empty", 5)]


def test_a_symbol_that_has_long_been_silent_has_its_price_looked_for_far_back() -> None:
    driver = Driver(now=5e8)
    driver.at(5e8 + 3)
    driver.asked()
    driver.answered(5e8 + 4)
    for longer in ("1hour", "1day", "1week"):
        assert driver.asked()[::3] == (longer, True)
        driver.answered(5e8 + 5, *([bar(604_800, 7)] if longer == "1week" else []))
    first = int(5e8 // 60 * 60)
    driver.at(5e8 + 100)
    assert driver.said == [(first, "empty", 7)]


def test_a_symbol_that_never_traded_begins_with_its_first_trade() -> None:
    driver = Driver(now=5e8)
    driver.at(5e8 + 3)
    for _ in range(4):
        driver.answered(5e8 + 4)
    assert driver.at(5e8 + 9) == Step([], None, None, wants_barrier=False)
    first = int(5e8 // 60 * 60) + 600
    driver.add(first + 1, first, 3)
    driver.add(first + 70, first + 60, 4)
    assert driver.said == [(first, "stream", 3)]


def test_of_a_symbol_that_never_traded_a_new_connection_is_a_reason_to_ask_again() -> None:
    driver = Driver(now=5e8)
    driver.at(5e8 + 3)
    for _ in range(4):
        driver.answered(5e8 + 4)
    driver.asked()
    driver.since = None
    driver.at(5e8 + 1_000)
    assert driver.asked() is None
    driver.since = 5e8 + 1_100
    driver.at(5e8 + 1_101)
    assert driver.asked()[::3] == ("1min", True)
    driver.answered(5e8 + 1_102, bar(int(5e8 + 1_000) // 60 * 60, 5))
    driver.at(5e8 + 1_200)
    assert driver.asked()[::3] == ("1min", False)


def test_the_long_bar_that_goes_on_does_not_tell_the_price_before() -> None:
    driver = Driver(now=5e8)
    driver.at(5e8 + 3)
    driver.answered(5e8 + 4)
    hour = int(5e8 // 3_600 * 3_600)
    driver.answered(5e8 + 5, bar(hour - 3_600, 6), bar(hour, 7))
    driver.at(5e8 + 100)
    assert [(origin, price) for _, origin, price in driver.said] == [("empty", 6)]


def test_without_any_answer_the_bars_begin_with_the_first_that_is_heard() -> None:
    driver = Driver()
    driver.at(1_003)
    assert driver.failed(1_004).wake_ns == 1_064 * S
    driver.add(1_030, 1_020, 6)
    driver.failed(1_031)
    driver.add(1_090, 1_080, 7)
    assert driver.said == [(1_020, "stream", 6)]


def test_the_exchanges_time_counts_and_not_ours() -> None:
    driver = Driver(now=1_000)
    driver.bars.calibrate(5_000 * S, 1_000 * S)
    driver.add(1_001, 4_980, 5)
    assert driver.add(1_041, 5_040, 6).wake_ns == 1_043 * S
    driver.at(1_043)
    assert driver.said == [(4_980, "stream", 5)]


def test_weeks_begin_where_the_exchange_begins_them() -> None:
    week, monday = 604_800, 4 * 86_400
    driver = Driver(now=monday + 10 * week + 5, interval="1week")
    driver.add(monday + 10 * week + 6, monday + 10 * week, 5)
    driver.add(monday + 12 * week + 6, monday + 12 * week, 6)
    assert driver.said == [(monday + 10 * week, "stream", 5), (monday + 11 * week, "empty", 5)]
