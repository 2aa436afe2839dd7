"""gather: one value for all that come within a moment of the first."""

import threading
from collections.abc import Callable

from marbles import diagrams, play
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin.operators.internal.gather import gather
from rx_kucoin.transport.clock import Clock


def gathered() -> tuple[VirtualTimeScheduler, Subject[str], list[str], Callable[[], None]]:
    clock, source, seen = VirtualTimeScheduler(0.0), Subject[str](), list[str]()
    operator = gather(3.0, at_once=str.isupper, scheduler=clock)
    subscription = source.pipe(operator).subscribe(seen.append, lambda _: seen.append("#"), lambda: seen.append("|"))
    return clock, source, seen, subscription.dispose


def test_it_does_what_its_marbles_show() -> None:
    (diagram,) = diagrams(gather.__doc__ or "")
    outcome = play(diagram, {"gather": gather})
    assert outcome.happened == outcome.expected


def test_completion_does_not_wait_for_what_is_gathered() -> None:
    clock, source, seen, _ = gathered()
    source.on_next("a")
    source.on_completed()
    clock.advance_to(10.0)
    assert seen == ["|"]


def test_nothing_is_emitted_after_dispose() -> None:
    clock, source, seen, dispose = gathered()
    source.on_next("a")
    dispose()
    clock.advance_to(10.0)
    assert seen == []
    assert not source.observers


def test_a_value_from_another_thread_is_never_lost_between_two_periods() -> None:
    clock, source, seen = Clock(), Subject[int](), list[int]()
    latest, everything_seen = [0], threading.Event()

    def look(_: int) -> None:
        seen.append(latest[0])
        if seen[-1] == 2_000:
            everything_seen.set()

    subscription = source.pipe(gather(0.0, at_once=lambda _: False, scheduler=clock)).subscribe(look)
    for number in range(1, 2_001):
        latest[0] = number
        source.on_next(number)
    assert everything_seen.wait(30)  # whatever was written before a value came is seen by an emission that follows
    subscription.dispose()
    assert clock.join(10)
