"""The limiter: what waits, what passes, and when a request stops counting."""

import logging
import sys
import threading
from collections.abc import Callable

import pytest
import reactivex
from limiter_desk import Desk
from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.disposable import Disposable
from waiting import eventually, nothing_left

from rx_kucoin.connections.limiter import Limiter
from rx_kucoin.errors import ApiError, RateLimited, RestUnavailable
from rx_kucoin.protocol.limits import Rate
from rx_kucoin.protocol.rest_weights import Allowance
from rx_kucoin.transport.clock import Clock


def test_they_pass_in_order_as_many_as_there_are_places() -> None:
    desk = Desk(at_once=2)
    for name in "abcde":
        desk.ask(name, takes=1.0)
    assert desk.names == "ab"
    assert repr(desk.limiter) == "<Limiter 2 of 2 under way, 3 waiting | 2 of 1000000 in 30 s | open>"
    desk.advance(10)
    assert desk.entered == [(0.0, "a"), (0.0, "b"), (1.0, "c"), (1.0, "d"), (2.0, "e")]
    assert desk.told == list("abcde")


def test_no_more_weight_passes_than_a_window_holds_and_a_light_one_does_not_overtake() -> None:
    desk = Desk(10, 30.0, at_once=9)
    for name, weight in zip("abcd", (4, 5, 3, 1), strict=True):
        desk.ask(name, weight, takes=1.0)
    assert desk.names == "ab"
    desk.advance(31.0)
    assert desk.names == "ab"
    desk.advance(0.001)
    assert desk.names == "abcd"


def test_one_counts_while_it_is_under_way_and_a_window_longer_for_who_knows_when_it_arrived() -> None:
    desk = Desk(1, 30.0)
    desk.ask("a", takes=100.0)
    desk.ask("b")
    desk.advance(129.999)
    assert desk.names == "a"
    assert desk.pending == 1
    desk.advance(0.002)
    assert desk.names == "ab"


def test_one_that_weighs_more_than_there_is_passes_alone() -> None:
    desk = Desk(2, 30.0)
    for name, weight in zip("abc", (1, 3, 1), strict=True):
        desk.ask(name, weight)
    desk.advance(29)
    assert desk.names == "a"
    desk.advance(2)
    assert desk.names == "ab"
    desk.advance(31)
    assert desk.names == "abc"


def test_what_weighs_nothing_needs_no_room() -> None:
    desk = Desk(1, 30.0)
    for name, weight in zip("abc", (1, 0, 1), strict=True):
        desk.ask(name, weight)
    desk.advance(1)
    assert desk.names == "ab"


@pytest.mark.parametrize(("left", "passes"), [(3, True), (2, False), (0, False)])
def test_when_less_is_left_than_it_weighs_it_waits_for_the_exchanges_next_window(left: int, passes: bool) -> None:  # noqa: FBT001
    desk = Desk()
    desk.ask("a", 3, says=Allowance(left, 12.0))
    desk.advance(1.0)
    desk.ask("b", 3)
    desk.ask("c", 3)
    desk.advance(11.0)
    assert desk.names == ("ab" if passes else "a")
    desk.advance(0.2)
    assert desk.names == "abc"


def test_what_others_take_is_seen_and_what_is_under_way_may_not_be_in_it() -> None:
    desk = Desk()
    desk.ask("a", 3, takes=2.0)
    desk.ask("b", 3, says=Allowance(5, 12.0))
    desk.advance(1.0)
    desk.ask("c", 2)
    desk.ask("d", 3)
    desk.advance(11.0)
    assert desk.names == "abc"
    desk.advance(1.0)
    assert desk.names == "abcd"


def test_in_one_window_the_least_that_was_told_counts_whatever_the_order_of_answers() -> None:
    desk = Desk()
    desk.ask("a", 1, takes=2.0, says=Allowance(9, 10.0))
    desk.ask("b", 1, takes=1.0, says=Allowance(1, 11.0))
    desk.advance(3.0)
    desk.ask("c", 1)
    desk.advance(8.0)
    assert desk.names == "ab"
    desk.advance(2.0)
    assert desk.names == "abc"


def test_what_is_told_late_of_the_window_before_keeps_nobody_from_the_next_one() -> None:
    desk = Desk()
    desk.ask("a", 1, takes=1.5, says=Allowance(0, 0.1))
    desk.ask("b", 1, takes=1.0, says=Allowance(1999, 29.9))
    desk.advance(2.0)
    desk.ask("c", 1)
    assert desk.names == "abc"


def test_a_window_that_begins_a_little_before_it_was_thought_to_is_a_new_one() -> None:
    desk = Desk()
    desk.ask("a", 1, takes=1.0, says=Allowance(1, 10.0))
    desk.advance(10.5)
    desk.ask("b", 1, takes=0.1, says=Allowance(1999, 29.9))
    desk.advance(0.2)
    desk.ask("c", 1)
    assert desk.names == "abc"


def test_a_429_holds_everybody_for_as_long_as_it_says() -> None:
    desk = Desk(at_once=2)
    desk.ask("a", ends=RateLimited("too many", 7.5))
    desk.ask("b", takes=1.0, says=Allowance(500, 2.0))
    for name, weight in (("c", 1), ("d", 0), ("e", 1)):
        desk.ask(name, weight)
    desk.advance(7.6)
    assert desk.names == "ab"
    assert repr(desk.limiter) == "<Limiter 0 of 2 under way, 3 waiting | 2 of 1000000 in 30 s | held for 0.0 s>"
    desk.advance(0.2)
    assert desk.names == "abcde"


def test_of_two_429s_the_one_that_asks_for_more_patience_counts() -> None:
    desk = Desk(at_once=2)
    desk.ask("a", ends=RateLimited("too many", 9.0))
    desk.ask("b", takes=1.0, ends=RateLimited("too many", 2.0))
    desk.ask("c")
    desk.advance(9.0)
    assert desk.names == "ab"
    desk.advance(0.2)
    assert desk.names == "abc"


@pytest.mark.parametrize("error", [RateLimited("overload", 0.0), RestUnavailable("503", 503), ApiError("4", "", "x")])
def test_any_other_failure_holds_nobody(error: Exception) -> None:
    desk = Desk(at_once=1)
    desk.ask("a", ends=error)
    desk.ask("b")
    desk.advance(0.15)
    assert desk.names == "ab"
    assert desk.told == [error]


def test_one_that_is_withdrawn_while_it_waits_costs_nothing_and_stops_the_timer_for_good() -> None:
    desk = Desk(1, 30.0)
    desk.ask("a")
    b, c = desk.ask("b"), desk.ask("c")
    desk.advance(1)
    b.dispose()
    desk.advance(30)
    assert desk.names == "ac"
    desk.advance(1)
    d = desk.ask("d")
    assert desk.pending == 1
    d.dispose()
    assert desk.pending == 0
    c.dispose()


def test_when_a_heavy_one_is_withdrawn_the_next_waits_no_longer_than_it_must_itself() -> None:
    desk = Desk(10, 30.0)
    desk.ask("a", 4, takes=1.0)
    desk.ask("b", 5, takes=5.0)
    desk.advance(10.0)
    heavy = desk.ask("c", 6)
    desk.ask("d", 5)
    heavy.dispose()
    desk.advance(21.1)
    assert desk.names == "abd"


def test_one_that_is_withdrawn_under_way_gives_its_place_back_once() -> None:
    desk = Desk(at_once=1)
    first = desk.ask("a", takes=50.0)
    for name in "bcd":
        desk.ask(name, takes=10.0)
    first.dispose()
    first.dispose()
    assert desk.names == "ab"
    desk.advance(15)
    assert desk.names == "abc"
    assert desk.most_inside == 1


@pytest.mark.parametrize("ends", ["value", "empty", ApiError("1", "no", "x"), "never"])
def test_however_one_ends_its_place_is_given_back_exactly_once(ends: object) -> None:
    desk = Desk(at_once=1)
    asked = desk.ask("a", ends=ends)  # type: ignore[arg-type]
    for name in "bc":
        desk.ask(name, takes=10.0)
    desk.advance(5)
    assert desk.names == ("a" if ends == "never" else "ab")
    asked.dispose()
    assert desk.names == "ab"


def test_one_that_cannot_even_be_asked_has_failed() -> None:
    desk = Desk(at_once=1)
    errors: list[Exception] = []

    def make(_: object) -> Observable[str]:
        raise OSError("no transport")

    desk.limiter.admit_request(make, 1).subscribe(on_error=errors.append)
    desk.ask("b")
    assert list(map(repr, errors)) == ["OSError('no transport')"]
    assert desk.names == "b"


@pytest.mark.parametrize("raised", [KeyError("no"), SystemExit(1)])
def test_a_subscriber_that_raises_keeps_nobody_out(raised: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(at_once=1)

    def fail() -> None:
        raise raised

    first = desk.ask("a", takes=50.0)
    desk.ask("b", takes=None, then=fail)
    desk.ask("c")
    with caplog.at_level(logging.ERROR, "rx_kucoin.connections.limiter"):
        first.dispose()
    assert desk.names == "abc"
    assert "a request raised when it was admitted" in caplog.text


def test_an_interrupt_goes_through_and_takes_no_place_along() -> None:
    desk = Desk(at_once=1)

    def interrupted(_: object) -> Observable[str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.limiter.admit_request(interrupted, 1).subscribe()
    desk.ask("b")
    assert desk.names == "b"


def test_a_subscriber_that_takes_long_takes_no_place() -> None:
    desk = Desk(at_once=1)
    while_told: list[str] = []
    desk.ask("a", then=lambda: while_told.append(desk.names))
    desk.ask("b")
    desk.advance(0.1)
    assert while_told == ["ab"]


def test_an_answer_that_comes_at_once_and_asks_for_the_next_ten_thousand_times_grows_no_stack() -> None:
    desk = Desk(at_once=1)

    def next_one() -> None:
        if len(desk.entered) < 10_000:
            desk.ask("x", takes=None, then=next_one)

    desk.ask("x", takes=None, then=next_one)
    assert len(desk.told) == 10_000
    assert sys.getrecursionlimit() < 10_000


def test_ten_thousand_that_wait_are_let_in_in_order_and_without_growing_the_stack() -> None:
    desk = Desk(at_once=1)
    first = desk.ask("first", takes=50.0)
    for number in range(10_000):
        desk.ask(str(number), takes=None)
    assert repr(desk.limiter).startswith("<Limiter 1 of 1 under way, 10000 waiting | ")
    first.dispose()
    assert desk.told == [str(number) for number in range(10_000)]


def test_nobody_is_let_in_once_it_is_closed() -> None:
    desk = Desk(1, 30.0)
    for name in "ab":
        desk.ask(name, takes=5.0)
    desk.limiter.dispose()
    desk.ask("c")
    desk.advance(100)
    assert desk.names == desk.told[0] == "a"
    assert desk.pending == 0
    assert repr(desk.limiter).endswith("0 waiting | 1 of 1 in 30 s | closed>")


def test_a_scheduler_that_does_all_at_once_is_no_trap() -> None:
    class Impatient(type(Desk().clock)):  # type: ignore[misc]
        def schedule_relative(self, duetime, action, state=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            self.advance_by(duetime)
            return self.invoke_action(action, state)

    desk = Desk()
    desk.clock = Impatient(0.0)
    desk.limiter = Limiter(Rate(1, 30.0), desk.clock)
    for name in "abc":
        desk.ask(name, takes=None)
    assert [at for at, _ in desk.entered] == pytest.approx([0, 30, 60], abs=0.01)


def test_from_many_threads_all_are_let_in_and_never_too_many_at_once() -> None:
    lock, clock = threading.Lock(), Clock()
    inside, most, told = [0], [0], [0]

    def subscribe(observer: abc.ObserverBase[int], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        def work() -> None:
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            eventually(lambda: inside[0] > 2, 0.001)
            with lock:
                inside[0] -= 1
            observer.on_next(1)
            observer.on_completed()

        threading.Thread(target=work, name="rx_kucoin worker").start()
        return Disposable()

    def count(_: int) -> None:
        with lock:
            told[0] += 1

    with nothing_left():
        limiter = Limiter(Rate(200, 0.1), clock, at_once=3)

        def ask() -> None:
            for _ in range(60):
                limiter.admit_request(lambda _: Observable(subscribe), 1).subscribe(count)

        askers = [threading.Thread(target=ask) for _ in range(6)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        assert eventually(lambda: told[0] == 360), (told, repr(limiter))
        assert eventually(lambda: repr(limiter).startswith("<Limiter 0 of 3 under way, 0 waiting"))
    assert most[0] == 3


def test_what_emits_at_once_works_as_any_other() -> None:
    limiter, told = Limiter(Rate(5, 30.0), Desk().clock), list[object]()
    make: Callable[[object], Observable[int]] = lambda _: reactivex.of(1, 2)  # noqa: E731
    limiter.admit_request(make, 1).subscribe(told.append, told.append, lambda: told.append("|"))
    assert told == [1, 2, "|"]
    assert repr(limiter) == "<Limiter 0 of 5 under way, 0 waiting | 1 of 5 in 30 s | open>"


def test_those_of_one_lane_do_not_hold_up_those_of_another() -> None:
    desk = Desk(at_once=1)
    for number, lane in enumerate("bbbbbaacbb"):
        desk.ask(f"{lane}{number} ", lane=lane)
    desk.advance(10)
    assert desk.names.split() == ["b0", "b1", "a5", "c7", "b2", "a6", "b3", "b4", "b8", "b9"]


def test_an_empty_lane_is_forgotten_when_its_last_one_leaves() -> None:
    desk = Desk(at_once=1)
    desk.ask("a", takes=5.0, lane="a")
    withdrawn = desk.ask("b", lane="b")
    desk.ask("c", lane="c")
    withdrawn.dispose()
    assert " 1 waiting" in repr(desk.limiter)
    desk.advance(10)
    assert desk.names == "ac"


def test_those_that_spare_something_wait_while_the_others_pass_by_them() -> None:
    desk = Desk(10, 30.0, at_once=9)
    for name in "aaaaaaa":
        desk.ask(name, lane="aside", spared=4)
    assert desk.names == "aaaaaa"
    desk.advance(1)
    for name in "bcdef":
        desk.ask(name, lane="own")
    assert desk.names == "aaaaaabcde"
    desk.advance(29.2)
    assert desk.names == "aaaaaabcdeaf"


def test_who_waits_for_more_than_is_there_is_not_passed_by_because_of_one_that_spares_something() -> None:
    desk = Desk(10, 30.0, at_once=9)
    desk.ask("a", 8)
    desk.ask("b", 1, lane="aside", spared=4)
    desk.ask("c", 3, lane="own")
    desk.ask("d", 1, lane="other")
    desk.advance(30.0)
    assert desk.names == "a"
    desk.advance(0.2)
    assert desk.names == "abcd"


def test_an_observable_is_subscribed_to_at_its_turn_and_counts_from_then_to_its_first_value_and_a_window_longer() -> (
    None
):
    desk = Desk(2, 30.0)
    subscribed: list[float] = []

    def dial(_: object) -> Observable[int]:
        subscribed.append(round(desk.time, 3))
        return reactivex.never().pipe(ops.start_with(1)).pipe(ops.delay_subscription(5.0, scheduler=desk.clock))

    told: list[int] = []
    for _ in range(3):
        desk.limiter.admit(reactivex.defer(dial)).subscribe(told.append)
    desk.advance(100.0)
    assert subscribed == [0.0, 0.0, 35.0]
    assert told == [1, 1, 1]


def test_two_observables_that_are_withdrawn_before_their_turn_are_never_subscribed_to() -> None:
    desk = Desk(1, 30.0)
    subscribed: list[int] = []

    def dial(number: int) -> Observable[int]:
        return reactivex.defer(lambda _: (subscribed.append(number), reactivex.of(number))[1])

    waiting = [desk.limiter.admit(dial(number)).subscribe() for number in range(4)]
    for each in waiting[1:3]:
        each.dispose()
    desk.advance(31.0)
    assert subscribed == [0, 3]


def test_the_error_of_a_limiter_that_does_not_ask_for_pauses_holds_no_other_request() -> None:
    desk = Desk()
    desk.limiter = Limiter(Rate(9, 30.0), desk.clock)
    desk.ask("a", ends=RateLimited("too many", 9.0))
    desk.advance(1.0)
    desk.ask("b")
    assert desk.names == "ab"
