import logging

import pytest

from rx_kucoin.recording.replay.clock import NEVER, ReplayClock

S = 1_000_000_000


def test_what_is_due_is_done_in_order_and_each_at_its_own_time() -> None:
    clock, done = ReplayClock(100 * S), list[tuple[str, float]]()

    def note(name: str) -> None:
        done.append((name, clock.now_ns / S))

    clock.schedule_relative(2.0, lambda *_: note("c"))
    clock.schedule_relative(1.0, lambda *_: (note("a"), clock.schedule_relative(0.5, lambda *_: note("b"))))
    clock.schedule_relative(2.0, lambda *_: note("d"))
    clock.schedule(lambda *_: note("at once"))
    clock.schedule_absolute(102.5, lambda *_: note("e"))
    assert clock.due == 100 * S
    clock.run_until(102 * S)
    assert done == [("at once", 100.0), ("a", 101.0), ("b", 101.5), ("c", 102.0), ("d", 102.0)]
    assert clock.due == 102_500_000_000
    clock.run_until(200 * S)
    assert done[-1] == ("e", 102.5)
    assert (clock.due, clock.now_ns) == (NEVER, 200 * S)
    assert clock.now.timestamp() == 200.0


def test_what_is_cancelled_is_not_done_and_takes_no_room() -> None:
    clock, done = ReplayClock(0), list[int]()
    timers = [clock.schedule_relative(1.0, lambda *_, each=each: done.append(each)) for each in range(1_000)]
    for timer in timers[1:]:
        timer.dispose()
        timer.dispose()
    assert clock._timers.size < 200
    assert repr(clock).endswith("1 timers>")
    clock.run_until(S)
    timers[0].dispose()
    assert done == [0]
    assert repr(clock).endswith("0 timers>")


def test_one_cancelled_by_another_that_is_due_at_the_same_time_is_not_done() -> None:
    clock, done = ReplayClock(0), list[str]()
    clock.schedule_relative(1.0, lambda *_: second.dispose())
    second = clock.schedule_relative(1.0, lambda *_: done.append("second"))
    clock.run_until(2 * S)
    assert done == []


def test_an_action_that_raises_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    clock, done = ReplayClock(0), list[str]()
    clock.schedule_relative(1.0, lambda *_: 1 / 0)
    clock.schedule_relative(1.0, lambda *_: done.append("next"))
    with caplog.at_level(logging.ERROR):
        clock.run_until(S)
    assert done == ["next"]
    assert "ZeroDivisionError" in caplog.text


def test_a_period_is_kept_to_without_drift() -> None:
    clock, done = ReplayClock(0), list[int]()
    timer = clock.schedule_periodic(0.1, lambda state: done.append(clock.now_ns))
    clock.run_until(S)
    assert done == [each * S // 10 for each in range(1, 11)]
    timer.dispose()
    clock.run_until(2 * S)
    assert len(done) == 10
