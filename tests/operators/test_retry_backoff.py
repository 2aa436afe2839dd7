"""retry_backoff: so many failures in a row and no more, with waits that grow; a healthy life ends the row."""

import inspect
import random
import tracemalloc
from typing import Any

import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.scheduler import CurrentThreadScheduler, VirtualTimeScheduler

from rx_kucoin.operators._retry_backoff import full_jitter, growing_waits, retry_backoff

Life = tuple[float | None, float]  # seconds to the first value (None: there is none), and to the failure


class DroppedError(Exception):
    pass


class Server:
    """A cold source whose k-th subscription lives the k-th life, and after the last one for ever."""

    def __init__(self, scheduler: VirtualTimeScheduler, lives: list[Life]) -> None:
        self.scheduler = scheduler
        self.lives = lives
        self.dialled: list[float] = []
        self.alive = 0

    def line(self) -> Observable[int]:
        def subscribe(observer: abc.ObserverBase[int], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            number = len(self.dialled)
            self.dialled.append(self.scheduler.to_seconds(self.scheduler.clock))
            self.alive += 1
            if number < len(self.lives):
                first, failure = self.lives[number]
                if first is not None:
                    self.scheduler.schedule_relative(first, lambda *_: observer.on_next(number))
                self.scheduler.schedule_relative(failure, lambda *_: observer.on_error(DroppedError(number)))

            def hang_up() -> None:
                self.alive -= 1

            return Disposable(hang_up)

        return Observable(subscribe)


def model(lives: list[Life], limit: int | None, healthy_after: float) -> tuple[list[float], float | None]:
    """When it dials, and when it gives up, told without Rx: wait 1, 2, 4 ... seconds."""
    now, row, dialled = 0.0, 0, [0.0]
    for first, failure in lives:
        now += failure
        row = 1 if first is not None and failure - first >= healthy_after else row + 1
        if limit is not None and row > limit:
            return dialled, now
        now += 2.0 ** (row - 1)
        dialled.append(now)
    return dialled, None


def doubling(attempt: int, _: Exception) -> float:
    return 2.0 ** (attempt - 1)


lives_strategy = st.lists(
    st.tuples(st.none() | st.integers(0, 30), st.integers(0, 40)).map(
        lambda it: (None if it[0] is None or it[0] > it[1] else float(it[0]), float(it[1]))
    ),
    max_size=12,
)


@given(lives_strategy, st.none() | st.integers(0, 5), st.integers(0, 20))
@settings(max_examples=300, deadline=None)
def test_it_dials_and_gives_up_when_the_model_does(lives: list[Life], limit: int | None, healthy_after: int) -> None:
    scheduler = VirtualTimeScheduler(0.0)
    server = Server(scheduler, lives)
    failed: list[float] = []
    server.line().pipe(retry_backoff(limit, delay=doubling, healthy_after=healthy_after)).subscribe(
        on_error=lambda _: failed.append(scheduler.to_seconds(scheduler.clock)), scheduler=scheduler
    )
    scheduler.advance_to(100_000.0)
    dialled, given_up = model(lives, limit, healthy_after)
    assert server.dialled == dialled
    assert failed == ([] if given_up is None else [given_up])
    assert server.alive == (0 if failed else 1)


def test_five_attempts_in_a_row_and_a_long_life_between() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    short: Life = (None, 1.0)
    server = Server(scheduler, [short, short, short, (5.0, 100.0), *[short] * 6])
    told: list[tuple[int, float, str]] = []
    errors: list[Exception] = []
    server.line().pipe(
        retry_backoff(5, delay=doubling, on_retry=lambda attempt, wait, error: told.append((attempt, wait, str(error))))
    ).subscribe(on_error=errors.append, scheduler=scheduler)
    scheduler.advance_to(1_000.0)
    assert [attempt for attempt, _, _ in told] == [1, 2, 3, 1, 2, 3, 4, 5]
    assert [wait for _, wait, _ in told] == [1.0, 2.0, 4.0, 1.0, 2.0, 4.0, 8.0, 16.0]
    assert [about for _, _, about in told] == [str(number) for number in range(8)]
    assert server.dialled == [0.0, 2.0, 5.0, 10.0, 111.0, 114.0, 119.0, 128.0, 145.0]
    assert [str(error) for error in errors] == ["8"]


def test_a_value_alone_does_not_end_the_row() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    server = Server(scheduler, [(0.1, 1.0)] * 100)
    errors: list[Exception] = []
    server.line().pipe(retry_backoff(5, delay=doubling)).subscribe(on_error=errors.append, scheduler=scheduler)
    scheduler.advance_to(3_600.0)
    assert len(server.dialled) == 6
    assert len(errors) == 1


def test_a_long_life_without_a_value_does_not_end_the_row() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    server = Server(scheduler, [(None, 100.0)] * 100)
    errors: list[Exception] = []
    server.line().pipe(retry_backoff(2, delay=doubling)).subscribe(on_error=errors.append, scheduler=scheduler)
    scheduler.advance_to(3_600.0)
    assert len(server.dialled) == 3
    assert len(errors) == 1


def test_a_life_is_counted_from_its_first_value_however_many_follow() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    talkative = reactivex.interval(1.0).take(100).concat(reactivex.throw(DroppedError()))
    attempts: list[int] = []
    talkative.pipe(retry_backoff(2, delay=doubling, on_retry=lambda attempt, *_: attempts.append(attempt))).subscribe(
        scheduler=scheduler
    )
    scheduler.advance_to(1_000.0)
    assert attempts == [1] * 9


def test_without_a_limit_it_never_gives_up() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    server = Server(scheduler, [(None, 1.0)] * 1_000)
    server.line().pipe(retry_backoff(None, delay=lambda *_: 1.0)).subscribe(scheduler=scheduler)
    scheduler.advance_to(10_000.0)
    assert len(server.dialled) == 1_001


def test_what_is_not_worth_another_attempt_passes_untouched() -> None:
    refused = PermissionError("no")
    errors: list[Exception] = []
    reactivex.throw(refused).pipe(
        retry_backoff(
            retryable=lambda error: not isinstance(error, PermissionError),
            on_give_up=lambda *_: AssertionError("it was never tried"),
        )
    ).subscribe(on_error=errors.append)
    assert errors == [refused]


def test_the_last_error_may_be_told_differently() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    told: list[tuple[int, str]] = []
    errors: list[Exception] = []

    def give_up(attempts: int, error: Exception) -> Exception:
        told.append((attempts, str(error)))
        return ConnectionAbortedError(attempts)

    Server(scheduler, [(None, 1.0)] * 9).line().pipe(retry_backoff(3, delay=doubling, on_give_up=give_up)).subscribe(
        on_error=errors.append, scheduler=scheduler
    )
    scheduler.advance_to(100.0)
    assert told == [(3, "3")]
    assert [type(error) for error in errors] == [ConnectionAbortedError]


def test_completion_and_values_pass() -> None:
    seen: list[object] = []
    reactivex.of(1, 2).pipe(retry_backoff()).subscribe(seen.append, on_completed=lambda: seen.append("|"))
    assert seen == [1, 2, "|"]


def test_dispose_during_the_wait_is_the_end() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    server = Server(scheduler, [(None, 1.0)] * 9)
    subscription = server.line().pipe(retry_backoff(delay=lambda *_: 10.0)).subscribe(scheduler=scheduler)
    scheduler.advance_to(5.0)
    subscription.dispose()
    scheduler.advance_to(1_000.0)
    assert server.dialled == [0.0]


def test_dispose_during_a_life_hangs_up() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    server = Server(scheduler, [(None, 1.0)])
    subscription = server.line().pipe(retry_backoff(delay=lambda *_: 1.0)).subscribe(scheduler=scheduler)
    scheduler.advance_to(5.0)
    assert server.alive == 1
    subscription.dispose()
    assert server.alive == 0


def test_a_timer_that_rings_after_dispose_dials_no_more() -> None:
    class Stubborn(VirtualTimeScheduler):
        def schedule_relative(self, duetime, action, state=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            super().schedule_relative(duetime, action, state)
            return Disposable()

    scheduler = VirtualTimeScheduler(0.0)
    server = Server(scheduler, [(None, 1.0)])
    stubborn = Stubborn(0.0)
    subscription = server.line().pipe(retry_backoff(delay=lambda *_: 1.0, scheduler=stubborn)).subscribe()
    scheduler.advance_to(2.0)
    subscription.dispose()
    stubborn.advance_to(9.0)
    assert server.dialled == [0.0]


def counted(*, emits: bool = False) -> tuple[Observable[int], list[int]]:
    """A source that emits while it is subscribed to, or fails, and the number of its subscriptions."""
    subscribed: list[int] = []

    def subscribe(observer: abc.ObserverBase[int], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        subscribed.append(1)
        if emits:
            observer.on_next(1)
        else:
            observer.on_error(DroppedError())
        return Disposable()

    return Observable(subscribe), subscribed


def test_ten_thousand_retries_need_neither_stack_nor_memory() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    source, subscribed = counted()
    depths: set[int] = set()

    def measure(attempt: int, *_: object) -> None:
        if attempt % 1_000 == 500:
            depths.add(len(inspect.stack(0)))

    tracemalloc.start()
    source.pipe(retry_backoff(10_000, delay=lambda *_: 0.5, on_retry=measure)).subscribe(
        on_error=lambda _: None, scheduler=scheduler
    )
    scheduler.advance_to(300.0)
    before, _ = tracemalloc.get_traced_memory()
    scheduler.advance_to(6_000.0)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(subscribed) == 10_001
    assert after - before < 500_000
    assert len(depths) <= 2


def test_waits_of_nothing_go_through_the_scheduler() -> None:
    source, subscribed = counted()
    errors: list[Exception] = []
    source.pipe(retry_backoff(5_000, delay=lambda *_: -1.0, scheduler=CurrentThreadScheduler())).subscribe(
        on_error=errors.append
    )
    assert len(subscribed) == 5_001
    assert len(errors) == 1


def test_a_scheduler_whose_timer_fires_before_it_returns_keeps_the_new_line() -> None:
    class Hasty(VirtualTimeScheduler):
        def schedule_relative(self, duetime, action, state=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG002
            action(self, state)
            return Disposable()

    source, _ = counted(emits=True)
    hung_up: list[int] = []
    fails_once = iter([reactivex.throw(DroppedError()), source.finally_action(lambda: hung_up.append(1))])
    alive = reactivex.defer(lambda _: next(fails_once)).pipe(retry_backoff(delay=lambda *_: 0.0, scheduler=Hasty(0.0)))
    subscription = alive.subscribe()
    assert not hung_up
    subscription.dispose()
    assert hung_up


def test_a_subscribers_exception_is_no_failure_of_the_source() -> None:
    source, subscribed = counted(emits=True)
    errors: list[Exception] = []

    def refuse(_: int) -> None:
        raise KeyError("the subscriber's own")

    source.pipe(retry_backoff(delay=lambda *_: 0.0, scheduler=CurrentThreadScheduler())).subscribe(
        refuse, errors.append
    )
    assert len(subscribed) == 1
    assert [type(error) for error in errors] == [KeyError]


@pytest.mark.parametrize("which", ["delay", "retryable", "on_retry", "on_give_up"])
def test_a_mistake_in_a_callback_ends_the_stream(which: str) -> None:
    def mistake(*_: object) -> float:
        raise ZeroDivisionError

    errors: list[Exception] = []
    arguments = {which: mistake}
    limit = 0 if which == "on_give_up" else 5
    reactivex.throw(DroppedError()).pipe(retry_backoff(limit, **arguments)).subscribe(  # type: ignore[arg-type]
        on_error=errors.append
    )
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_each_subscription_has_a_row_of_its_own() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    source, subscribed = counted()
    retried = source.pipe(retry_backoff(2, delay=doubling))
    errors: list[Exception] = []
    for _ in range(2):
        retried.subscribe(on_error=errors.append, scheduler=scheduler)
    scheduler.advance_to(100.0)
    assert len(errors) == 2
    assert len(subscribed) == 6


@pytest.mark.parametrize(("attempts", "healthy"), [(-1, 60.0), (5, -1.0)])
def test_limits_that_make_no_sense_are_refused(attempts: int, healthy: float) -> None:
    with pytest.raises(ValueError, match="retry_backoff"):
        retry_backoff(attempts, healthy_after=healthy)


def test_the_longest_waits_double_up_to_the_cap() -> None:
    delay = full_jitter(random=lambda: 1.0)
    assert [delay(attempt, OSError()) for attempt in range(1, 10)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert delay(1_000_000, OSError()) == 60


def test_the_shortest_waits_are_nothing_and_the_mean_is_half() -> None:
    assert full_jitter(random=lambda: 0.0)(5, OSError()) == 0
    delay = full_jitter(cap=8.0, random=random.Random(7).random)
    waits = [delay(4, OSError()) for _ in range(2_000)]
    assert 0 <= min(waits) < 0.1
    assert 7.9 < max(waits) < 8
    assert 3.7 < sum(waits) / len(waits) < 4.3


def test_a_wait_that_the_server_asks_for_is_kept_and_jittered() -> None:
    error = DroppedError()
    error.retry_after = 30.0  # type: ignore[attr-defined]
    assert full_jitter(random=lambda: 0.0)(1, error) == 30.0
    assert full_jitter(random=lambda: 0.5)(1, error) == 30.5
    error.retry_after = None  # type: ignore[attr-defined]
    assert full_jitter(random=lambda: 0.5)(1, error) == 0.5


@given(
    st.floats(0.001, 100.0), st.floats(1.0, 1e6), st.floats(0.001, 1e6), st.integers(1, 10_000), st.floats(0.0, 0.999)
)
@settings(max_examples=300, deadline=None)
def test_any_wait_is_within_the_cap(initial: float, factor: float, cap: float, attempt: int, dice: float) -> None:
    longest = full_jitter(initial, factor, cap, random=lambda: 1.0)
    assert 0 <= full_jitter(initial, factor, cap, random=lambda: dice)(attempt, OSError()) <= cap
    assert longest(attempt, OSError()) <= longest(attempt + 1, OSError())


@pytest.mark.parametrize(("initial", "factor", "cap"), [(0.0, 2.0, 60.0), (1.0, 0.5, 60.0), (1.0, 2.0, 0.0)])
def test_waits_that_make_no_sense_are_refused(initial: float, factor: float, cap: float) -> None:
    with pytest.raises(ValueError, match="full_jitter"):
        full_jitter(initial, factor, cap)


def attempts_of(
    lives: list[Life], seconds: float = 10_000.0, **rules: Any
) -> tuple[list[tuple[int, float]], list[str]]:
    """Each attempt with the wait before it, and the error in the end."""
    scheduler = VirtualTimeScheduler(0.0)
    told: list[tuple[int, float]] = []
    errors: list[str] = []
    Server(scheduler, lives).line().pipe(
        retry_backoff(delay=doubling, on_retry=lambda attempt, wait, _: told.append((attempt, wait)), **rules)
    ).subscribe(on_error=lambda error: errors.append(str(error)), scheduler=scheduler)
    scheduler.advance_to(seconds)
    return told, errors


def test_an_attempt_that_succeeded_ends_the_row_of_failures_but_not_the_growth_of_waits() -> None:
    told, errors = attempts_of([(0.1, 1.0)] * 20, succeeded=lambda _: True)
    assert told[:6] == [(1, 1.0), (1, 2.0), (1, 4.0), (1, 8.0), (1, 16.0), (1, 32.0)]
    assert errors == []


def test_an_attempt_that_did_not_succeed_counts_though_it_emitted() -> None:
    told, errors = attempts_of([(0.1, 1.0)] * 20, succeeded=lambda _: False)
    assert [attempt for attempt, _ in told] == [1, 2, 3, 4, 5]
    assert errors == ["5"]


def test_the_first_attempt_after_a_healthy_life_follows_at_once_and_the_next_waits_as_the_first_does_else() -> None:
    lives: list[Life] = [(0.1, 100.0), (None, 1.0), (None, 1.0), (0.1, 100.0), (None, 1.0)]
    told, _ = attempts_of(lives, at_once=lambda: 0.25)
    assert told == [(1, 0.25), (2, 1.0), (3, 2.0), (1, 0.25), (2, 1.0)]


def test_a_server_that_acknowledges_and_hangs_up_is_dialled_at_once_only_once() -> None:
    told, _ = attempts_of([(0.1, 1.0)] * 20, succeeded=lambda _: True, at_once=lambda: 0.25)
    assert [wait for _, wait in told[:5]] == [0.25, 1.0, 2.0, 4.0, 8.0]


class AskingError(Exception):
    retry_after = 30.0


def test_an_attempt_after_patience_that_was_asked_for_is_not_counted() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    told: list[tuple[int, float]] = []
    failed: list[Exception] = []
    answers = iter([AskingError()] * 50 + [DroppedError()] * 6)
    source = reactivex.defer(lambda _: reactivex.throw(next(answers)))
    source.pipe(
        retry_backoff(
            delay=growing_waits(2.0, random=lambda: 0.5),
            on_retry=lambda attempt, wait, _: told.append((attempt, wait)),
        )
    ).subscribe(on_error=failed.append, scheduler=scheduler)
    scheduler.advance_to(10_000.0)
    assert told[:50] == [(1, 31.0)] * 50
    assert [attempt for attempt, _ in told[50:]] == [1, 2, 3, 4, 5]
    assert [type(error) for error in failed] == [DroppedError]


def test_growing_waits_have_a_fixed_part_and_a_random_one() -> None:
    error = DroppedError()
    least, most = growing_waits(2.0, random=lambda: 0.0), growing_waits(2.0, random=lambda: 1.0)
    assert [least(number, error) for number in range(1, 6)] == [1.5, 4.5, 13.5, 40.5, 45.0]
    assert [most(number, error) for number in range(1, 6)] == [2.0, 6.0, 18.0, 54.0, 60.0]
    assert growing_waits(2.0, jitter=1.0, random=lambda: 0.0)(3, error) == 0.0
    assert least(2, AskingError()) == 30.0
    assert most(2, AskingError()) == 32.0


@pytest.mark.parametrize("wrong", [{"initial": 0.0}, {"factor": 0.5}, {"cap": 0.0}, {"jitter": -0.1}, {"jitter": 1.1}])
def test_growing_waits_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="growing_waits"):
        growing_waits(**wrong)  # type: ignore[arg-type]
