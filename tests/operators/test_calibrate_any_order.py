"""calibrate: whatever is lost, late, repeated, doubted or refused, in any order: right, or marked."""

import sys
import threading
from itertools import pairwise
from typing import Any, NamedTuple

from calibration_watch import watched
from hypothesis import event, given, settings
from hypothesis import strategies as st
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject
from waiting import eventually

from rx_kucoin.operators._calibrate import Numbering, SnapshotPolicy, StateChecks, calibrate


class Standing(NamedTuple):
    """What was applied of an era up to a position: all that a state can be wrong in."""

    era: int
    position: int
    applied: tuple[int, ...]
    since: int = 0
    """The position of the snapshot."""
    spoilt: bool = False
    stale: bool = False

    def after(self, change: "Change") -> "Standing":
        news = [number for number in change.holds if number > self.position]
        return self._replace(
            position=max(self.position, change.last),
            applied=(*self.applied, *news),
            spoilt=self.spoilt or change.spoils,
        )


class Change(NamedTuple):
    """Some of the numbers of a range stand for nothing."""

    first: int
    last: int
    holds: tuple[int, ...]
    spoils: bool = False


class Exchange:
    """Makes changes, delivers them with delay, or not at all, and answers with snapshots of any age."""

    def __init__(self, *, thin: bool, patience: float | None, marks: bool, sync: bool, most: int) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.changes, self.doubts = Subject[Change](), Subject[bool]()
        self.era, self.begun, self.made, self.sent_up_to = 0, 0, 0, 0
        """The numbers of an era begin after `begun`."""
        self.real: set[int] = set()
        self.sent: list[Change] = []
        self.asked: list[abc.ObserverBase[Standing]] = []
        self.seen: list[Standing] = []
        self.errors: list[Exception] = []
        self.lives = 0
        self.past: dict[tuple[int, int], tuple[int, ...]] = {}
        self.marks, self.sync = marks, sync
        self.changes.pipe(
            calibrate(
                Observable(self._ask),
                Standing.after,
                Numbering(
                    position=lambda state: state.position,
                    first=lambda change: change.first,
                    last=lambda change: change.last,
                ),
                checks=StateChecks(
                    stale=(lambda state: state._replace(stale=True)) if marks else None,
                    is_sound=lambda state: not state.spoilt,
                    is_thin=(lambda state: state.position - state.since > 3) if thin else None,
                ),
                policy=SnapshotPolicy(
                    patience=patience,
                    max_attempts=None,
                    delay=lambda attempt, cause: float(attempt),
                    max_buffer=most,
                ),
                doubts=self.doubts,
                on_live=self._live,
                scheduler=self.clock,
            )
        ).subscribe(self._see, self.errors.append)

    def _ask(self, observer: abc.ObserverBase[Standing], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        self.asked.append(observer)
        if self.sync:
            self.answer(0)
        return Disposable(lambda: self.asked.remove(observer) if observer in self.asked else None)

    def _live(self, *_: object) -> None:
        self.lives += 1

    def _see(self, state: Standing) -> None:
        before = self.seen[-1] if self.seen and self.marks else None
        self.seen.append(state)
        assert not state.spoilt
        assert before is None or before.stale or state.position >= before.position  # what is right does not go back
        assert state._replace(since=0, stale=False) == self.standing(state.position, state.era)
        assert state.era == self.era or state.stale

    def standing(self, position: int, era: int | None = None) -> Standing:
        era = self.era if era is None else era
        if era != self.era:
            return Standing(era, position, self.past[era, position])
        applied = tuple(number for number in range(self.begun + 1, position + 1) if number in self.real)
        self.past[era, position] = applied
        return Standing(era, position, applied)

    # What may happen; each takes a number that says how

    def make(self, how: int) -> None:
        """Make some numbers, of which some stand for nothing."""
        last = self.made + 1 + how % 3
        for number in range(self.made + 1, last + 1):
            if not how >> (number % 4) & 1:
                self.real.add(number)
        self.made = last

    def send(self, how: int) -> None:
        """Send a change with all that was made and not sent, and sometimes with what was sent before."""
        self._send(self._change(back=max(how % 8 - 3, 0)))

    def go_on(self, how: int) -> None:
        self.make(how)
        self.send(how // 4)

    def lose(self, how: int) -> None:
        """Lose a change, and say so, or not."""
        self.make(how)
        self._change()
        if how % 3 == 0:
            self.doubts.on_next(False)

    def repeat(self, how: int) -> None:
        if self.sent:
            self.changes.on_next(self.sent[how % len(self.sent)])

    def answer(self, how: int) -> None:
        """Answer the one who asked first: ahead of the stream, where that is behind, or as old as that."""
        self._answer(max(how % 12 - 5, 0))

    def answer_late(self, how: int) -> None:
        self._answer(how)

    def spoil_change(self, how: int) -> None:
        self.make(how)
        self._send(self._change(), spoils=True)

    def spoil_answer(self, how: int) -> None:
        self._answer(how % 4, spoilt=True)

    def refuse(self, how: int) -> None:
        if self.asked:
            observer = self.asked.pop(0)
            observer.on_completed() if how % 2 else observer.on_error(OSError())

    def doubt(self, _: int) -> None:
        self.doubts.on_next(False)

    def begin_anew(self, how: int) -> None:
        self.standing(self.made)
        self.era += 1
        self.begun = self.made = self.sent_up_to = how
        self.real, self.sent = set(), []
        self.doubts.on_next(True)

    def wait(self, how: int) -> None:
        self.clock.advance_by((0.5, 1.0, 3.0)[how % 3])

    def _change(self, back: int = 0) -> Change | None:
        first, last = max(self.sent_up_to + 1 - back, self.begun + 1), self.made
        if last <= self.sent_up_to:
            return None
        self.sent_up_to = last
        return Change(first, last, tuple(number for number in range(first, last + 1) if number in self.real))

    def _send(self, change: Change | None, *, spoils: bool = False) -> None:
        if change is None:
            return
        self.sent.append(change)
        self.changes.on_next(change._replace(spoils=spoils))
        if self.seen and self.marks and not self.seen[-1].stale:  # who says that it is right knows the latest
            assert self.seen[-1].position >= change.last

    def _answer(self, age: int, *, spoilt: bool = False) -> None:
        if self.asked:
            position = max(self.made - age, self.begun)
            self.asked.pop(0).on_next(self.standing(position)._replace(since=position, spoilt=spoilt))

    def come_to_rest(self) -> None:
        """Nothing more is lost, and snapshots are good."""
        for _ in range(3):
            self.go_on(0)
            for _ in range(3):
                self.answer(0)
                self.clock.advance_by(1000.0)


OFTEN = ["go_on"] * 8 + ["answer"] * 4 + ["wait", "lose"] * 3
RARELY = ["make", "send", "answer_late", "refuse", "repeat", "doubt", "spoil_change", "spoil_answer", "begin_anew"]


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(OFTEN + RARELY), st.integers(0, 63)), min_size=30, max_size=70),
    st.fixed_dictionaries(
        {
            "thin": st.booleans(),
            "patience": st.sampled_from([1.0, None]),
            "marks": st.booleans(),
            "sync": st.sampled_from([False, False, True]),
            "most": st.sampled_from([1, 3, 1000, 1000]),
        }
    ),
)
def test_whatever_happens_every_state_is_right_or_marked_and_at_rest_it_is_live(
    happens: list[tuple[str, int]], kind: dict[str, Any]
) -> None:
    with watched():
        exchange = Exchange(**kind)
        for name, how in happens:
            getattr(exchange, name)(how)
        event(f"live {min(exchange.lives, 3)} times before it came to rest")
        exchange.come_to_rest()
    assert not exchange.errors
    assert exchange.seen[-1]._replace(since=0) == exchange.standing(exchange.made)


class Storm:
    """Numbers of which every eleventh is lost, doubts, and answers: each from a thread of its own."""

    count = 4_000

    def __init__(self) -> None:
        self.changes, self.doubts = Subject[int](), Subject[bool]()
        self.asked: list[abc.ObserverBase[tuple[int, str]]] = []
        self.seen: list[tuple[int, str]] = []
        self.inside = self.overlaps = self.made = 0
        self.over, self.wanted, self.live = threading.Event(), threading.Event(), threading.Event()
        self.lives = 0
        self.changes.pipe(
            calibrate(
                Observable(self._ask),
                self._after,
                Numbering(position=lambda state: state[0], first=int, last=int),
                checks=StateChecks(stale=lambda state: (state[0], "?")),
                policy=SnapshotPolicy(max_attempts=None, delay=lambda attempt, cause: 0.001),
                doubts=self.doubts,
                on_live=self._lives,
                on_stale=lambda why: self.live.clear(),
            )
        ).subscribe(self._see)

    def _ask(
        self, observer: abc.ObserverBase[tuple[int, str]], _: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        self.asked.append(observer)
        self.wanted.set()
        return Disposable()

    def _lives(self, *_: object) -> None:
        self.lives += 1
        self.live.set()

    def _after(self, state: tuple[int, str], change: int) -> tuple[int, str]:
        assert change == state[0] + 1
        return (change, "")

    def _see(self, state: tuple[int, str]) -> None:
        self.inside += 1
        self.overlaps += self.inside > 1
        self.seen.append(state)
        self.inside -= 1

    def change(self) -> None:
        for number in range(1, self.count + 1):
            self.made = number
            if number % 11:
                self.changes.on_next(number)
            if number % 11 == 5:
                self.live.wait(0.02)  # or nothing but gaps would be seen; no matter if it is not, once
        self.over.set()

    def doubt(self) -> None:
        while not self.over.wait(0.005):
            self.doubts.on_next(False)

    def answer(self) -> None:
        while not self.over.is_set():
            self.wanted.wait(0.01)
            self.wanted.clear()
            self.answer_all(self.made - self.made % 3)

    def answer_all(self, position: int) -> None:
        while self.asked:
            self.asked.pop().on_next((position, ""))


def test_from_three_threads_at_once_every_state_follows_on_the_one_before_or_is_marked() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with watched():
            storm = Storm()
            threads = [threading.Thread(target=work, daemon=True) for work in (storm.change, storm.doubt, storm.answer)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
                assert not thread.is_alive()
    finally:
        sys.setswitchinterval(interval)
    assert storm.overlaps == 0
    assert storm.lives > 50
    for (before, mark_before), (after, mark) in pairwise(storm.seen):
        assert after > before or "?" in (mark, mark_before)
    storm.made += 1  # whether that is a gap or not

    def goes_on() -> bool:
        storm.made += 1
        storm.changes.on_next(storm.made)
        storm.answer_all(storm.made)
        return storm.seen[-1] == (storm.made, "")

    assert eventually(goes_on)
