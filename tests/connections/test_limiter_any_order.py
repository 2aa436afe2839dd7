"""The limiter, for any requests at any times: no limit is exceeded, and every request passes."""

from itertools import pairwise
from typing import Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limiter_desk import Desk, Ending, heaviest
from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable

from rx_kucoin.errors import RateLimited, RestUnavailable
from rx_kucoin.operators.internal.timers import after
from rx_kucoin.protocol.rest_weights import Allowance
from rx_kucoin.simulator._rest import Quota

FEW: Final = st.integers(0, 5)
SECONDS: Final = st.floats(0, 4, allow_nan=False)
ENDINGS: Final[list[Ending]] = ["value", "empty", RestUnavailable("down"), RateLimited("too many", 6.0)]


class Visit(NamedTuple):
    """Somebody who comes, and perhaps leaves before he was answered."""

    pause: float
    weight: int
    takes: float
    ends: Ending
    leaves_after: float | None


VISITS: Final = st.lists(
    st.builds(Visit, SECONDS, FEW, SECONDS, st.sampled_from(ENDINGS), st.none() | st.floats(0, 40)), max_size=40
)


@settings(max_examples=200, deadline=None)
@given(st.integers(5, 12), st.sampled_from([1.0, 7.0, 30.0]), st.integers(1, 4), VISITS)
def test_no_window_is_ever_too_heavy_nobody_overtakes_and_nobody_is_forgotten(
    count: int, per: float, at_once: int, visits: list[Visit]
) -> None:
    desk = Desk(count, per, at_once=at_once)
    left: dict[str, float] = {}
    for number, visit in enumerate(visits):
        desk.advance(visit.pause)
        asked = desk.ask(str(number), visit.weight, takes=visit.takes, ends=visit.ends)
        if visit.leaves_after is not None:
            left[str(number)] = desk.time + visit.leaves_after
            after(desk.clock, visit.leaves_after, asked.dispose)
    desk.advance(5_000)
    assert heaviest(desk.weights, per) <= count
    assert desk.most_inside <= at_once
    entered = [int(name) for _, name in desk.entered]
    assert all(earlier < later for earlier, later in pairwise(entered))
    assert {str(number) for number in range(len(visits))} - set(left) <= {name for _, name in desk.entered}
    assert all(at <= left.get(name, at) + 0.001 for at, name in desk.entered)
    assert desk.inside == desk.pending == 0


class Exchange:
    """A host of which the way there and the way back take their time, with a window that its first request begins."""

    def __init__(self, desk: Desk, quota: int) -> None:
        self.desk = desk
        self.quota = Quota({"public": quota}, 30.0)
        self.refused: list[float] = []
        self.answered = 0

    def spend(self, weight: int) -> tuple[bool, Allowance]:
        fits, headers = self.quota.spend("public", "me", weight, self.desk.time)
        left, reset = headers["gw-ratelimit-remaining"], headers["gw-ratelimit-reset"]
        return fits, Allowance(int(left), int(reset) / 1000)

    def ask(self, weight: int, there: float, back: float) -> None:
        """Ask, and ask again when it was too much."""

        def make(told):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            def subscribe(observer: abc.ObserverBase[int], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
                both = CompositeDisposable()

                def arrive() -> None:
                    fits, allowance = self.spend(weight)
                    if not fits:
                        self.refused.append(self.desk.time)

                    def answer() -> None:
                        told(allowance)
                        if fits:
                            observer.on_next(1)
                            observer.on_completed()
                        else:
                            observer.on_error(RateLimited("too many", allowance.reset))

                    both.add(after(self.desk.clock, back, answer))

                both.add(after(self.desk.clock, there, arrive))
                return both

            return Observable(subscribe)

        def answered(_: int) -> None:
            self.answered += 1

        self.desk.limiter.admit_request(make, weight).subscribe(answered, lambda _: self.ask(weight, there, back))


TRIPS: Final = st.lists(st.tuples(SECONDS, st.integers(1, 5), SECONDS, SECONDS), max_size=80)


@settings(max_examples=200, deadline=None)
@given(st.integers(20, 40), TRIPS)
def test_who_is_alone_is_never_refused_even_without_a_limit_of_his_own(
    quota: int, trips: list[tuple[float, int, float, float]]
) -> None:
    desk = Desk(at_once=4)
    exchange = Exchange(desk, quota)
    for pause, weight, there, back in trips:
        desk.advance(pause / 4)
        exchange.ask(weight, there, back)
    desk.advance(5_000)
    assert exchange.refused == []
    assert exchange.answered == len(trips)


@settings(max_examples=100, deadline=None)
@given(st.integers(20, 40), st.lists(st.tuples(SECONDS, st.integers(1, 5)), max_size=30), TRIPS)
def test_who_shares_a_pool_is_refused_a_few_times_in_a_window_at_most(
    quota: int, others: list[tuple[float, int]], trips: list[tuple[float, int, float, float]]
) -> None:
    desk = Desk(at_once=4)
    exchange = Exchange(desk, quota)
    due = 0.0
    for pause, weight in others:
        due += pause
        after(desk.clock, due, lambda weight=weight: exchange.spend(weight))
    for _, weight, there, back in trips:
        exchange.ask(weight, there, back)
    desk.advance(5_000)
    assert exchange.answered == len(trips)
    for start in exchange.refused:  # those that were under way when the first of them was refused, and no more
        assert len([at for at in exchange.refused if start <= at < start + 20.0]) <= 8


@pytest.mark.parametrize("back", [0.0, 0.3])
def test_a_pool_is_used_up_to_the_end(back: float) -> None:
    desk = Desk(at_once=4)
    exchange = Exchange(desk, 300)
    for _ in range(250):
        exchange.ask(3, 0.05, back)
    desk.advance(29.0)
    assert exchange.answered == 100
    desk.advance(60.0)
    assert (exchange.answered, exchange.refused) == (250, [])
