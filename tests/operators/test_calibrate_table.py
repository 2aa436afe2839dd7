"""calibrate: each row of its table happens as it says, and the table is complete."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from calibration_watch import Watch, watched
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin.operators._calibrate import Numbering, SnapshotPolicy, StateChecks, calibrate
from rx_kucoin.operators._calibration.rules import (
    REQUESTS,
    TRANSITIONS,
    Phase,
    Trigger,
)

WAYS = {
    Phase.EMPTY: "",
    Phase.GATHERING: "5",
    Phase.AHEAD: "5 =8",
    Phase.BELIEVED: "wait =5",
    Phase.DOUBTED: "5 =5 doubt",
    Phase.LIVE: "5 =5",
    Phase.REFRESHING: "8 =8 9",
}
"""How each phase is reached. 5: that change; 5!: it makes the state unsound; =5: a snapshot up to there; =5!: one that
is not sound; refuse: there is no snapshot; wait: ten seconds pass; doubt and restart: as they say. 2 and 9 are thin."""

ROWS = {
    Phase.EMPTY: {
        Trigger.CHANGE: ("wait refuse 5", "ask, calm 0", "GATHERING ASKED"),
        Trigger.SNAPSHOT: ("wait refuse wait =5", "drop, 5?, calm 0", "BELIEVED IDLE"),
        Trigger.UNSOUND_SNAPSHOT: ("wait =5!", "drop, +10, unsound 1", "EMPTY RETRYING"),
        Trigger.REFUSED: ("wait refuse", "drop, +10, calm 1", "EMPTY RETRYING"),
        Trigger.ALARM: ("wait", "ask", "EMPTY ASKED"),
        Trigger.DOUBT: ("doubt", "+1", "EMPTY PATIENT"),
        Trigger.RESTART: ("restart", "+1", "EMPTY PATIENT"),
    },
    Phase.GATHERING: {
        Trigger.CHANGE: ("6", "", "GATHERING ASKED"),
        Trigger.FITS: ("=5", "drop, live(1), 5", "LIVE IDLE"),
        Trigger.OLD_SNAPSHOT: ("=3", "drop, +10, failures 1", "GATHERING RETRYING"),
        Trigger.EARLY_SNAPSHOT: ("=8", "drop, +10, calm 1", "AHEAD RETRYING"),
        Trigger.UNSOUND: ("=5!", "drop, +10, unsound 1", "GATHERING RETRYING"),
        Trigger.REFUSED: ("refuse", "drop, +10, failures 1", "GATHERING RETRYING"),
        Trigger.ALARM: ("refuse wait", "ask", "GATHERING ASKED"),
        Trigger.DOUBT: ("doubt", "drop, +1", "EMPTY PATIENT"),
        Trigger.RESTART: ("restart", "drop, +1", "EMPTY PATIENT"),
    },
    Phase.AHEAD: {
        Trigger.CHANGE: ("6", "", "AHEAD RETRYING"),
        Trigger.HOLE: ("20", "", "GATHERING RETRYING"),
        Trigger.FITS: ("6 7 8", "live(1), 8, calm 0", "LIVE IDLE"),
        Trigger.OLD_SNAPSHOT: ("wait =3", "drop, +10, failures 1", "AHEAD RETRYING"),
        Trigger.EARLY_SNAPSHOT: ("wait =7", "drop, +20, calm 2", "AHEAD RETRYING"),
        Trigger.UNSOUND: ("wait =8! 6 7 8", "+10, unsound 1", "GATHERING RETRYING"),
        Trigger.REFUSED: ("wait refuse", "drop, +10, failures 1", "AHEAD RETRYING"),
        Trigger.ALARM: ("wait", "ask", "AHEAD ASKED"),
        Trigger.DOUBT: ("doubt", "+1", "EMPTY PATIENT"),
        Trigger.RESTART: ("restart", "+1", "EMPTY PATIENT"),
    },
    Phase.BELIEVED: {
        Trigger.FOLLOWS: ("doubt 6", "live(1), 6", "LIVE IDLE"),
        Trigger.REPEATED: ("doubt 5", "live(1), 5", "LIVE IDLE"),
        Trigger.OUTDATED: ("doubt wait refuse 3", "ask, calm 0", "AHEAD ASKED"),
        Trigger.GAP: ("7", "+10, failures 1", "GATHERING RETRYING"),
        Trigger.UNSOUND: ("6!", "+10, unsound 1", "GATHERING RETRYING"),
        Trigger.SNAPSHOT: ("doubt wait =6", "drop, 6?", "BELIEVED IDLE"),
        Trigger.OLD_SNAPSHOT: ("doubt wait =4", "drop, +10, calm 1", "BELIEVED RETRYING"),
        Trigger.UNSOUND_SNAPSHOT: ("doubt wait =6!", "drop, +10, unsound 1", "EMPTY RETRYING"),
        Trigger.REFUSED: ("doubt wait refuse", "drop, +10, calm 1", "BELIEVED RETRYING"),
        Trigger.ALARM: ("doubt wait", "ask", "BELIEVED ASKED"),
        Trigger.DOUBT: ("doubt", "+1", "BELIEVED PATIENT"),
        Trigger.RESTART: ("restart", "+1", "EMPTY PATIENT"),
    },
    Phase.DOUBTED: {
        Trigger.FOLLOWS: ("6", "live(0), 6", "LIVE IDLE"),
        Trigger.REPEATED: ("5", "live(0), 5", "LIVE IDLE"),
        Trigger.OUTDATED: ("3", "", "DOUBTED PATIENT"),
        Trigger.GAP: ("wait 7", "drop, ask", "GATHERING ASKED"),
        Trigger.UNSOUND: ("6!", "+10, unsound 1", "GATHERING RETRYING"),
        Trigger.SNAPSHOT: ("wait =6", "drop, 6?", "BELIEVED IDLE"),
        Trigger.OLD_SNAPSHOT: ("wait =4", "drop, +10, calm 1", "DOUBTED RETRYING"),
        Trigger.UNSOUND_SNAPSHOT: ("wait =6!", "drop, +10, unsound 1", "EMPTY RETRYING"),
        Trigger.REFUSED: ("wait refuse", "drop, +10, calm 1", "DOUBTED RETRYING"),
        Trigger.ALARM: ("wait", "ask", "DOUBTED ASKED"),
        Trigger.DOUBT: ("doubt", "+1", "DOUBTED PATIENT"),
        Trigger.RESTART: ("restart", "+1", "EMPTY PATIENT"),
    },
    Phase.LIVE: {
        Trigger.FOLLOWS: ("6 7 8 9", "ask, 9", "REFRESHING ASKED"),  # 6 to 8 skip the table
        Trigger.REPEATED: ("restart 9 =9 9", "", "LIVE RETRYING"),
        Trigger.OUTDATED: ("restart 9 =9 3", "", "LIVE RETRYING"),
        Trigger.THIN: ("6 7 8 9", "ask, 9", "REFRESHING ASKED"),
        Trigger.THIN_SNAPSHOT: ("restart 9 =9", "drop, live(1), +10, 9, calm 1", "LIVE RETRYING"),
        Trigger.ALARM: ("restart 9 =9 10 wait", "calm 0", "LIVE IDLE"),
        Trigger.GAP: ("restart 9 =9 12", "stale, ask, 9?, calm 0", "GATHERING ASKED"),
        Trigger.UNSOUND: ("6!", "stale, +10, 5?, unsound 1", "GATHERING RETRYING"),
        Trigger.DOUBT: ("doubt", "stale, +1, 5?", "DOUBTED PATIENT"),
        Trigger.RESTART: ("restart", "stale, +1, 5?", "EMPTY PATIENT"),
    },
    Phase.REFRESHING: {
        Trigger.FOLLOWS: ("10", "10", "REFRESHING ASKED"),
        Trigger.REPEATED: ("9", "", "REFRESHING ASKED"),
        Trigger.OUTDATED: ("3", "", "REFRESHING ASKED"),
        Trigger.FITS: ("10 =10", "drop, 10", "LIVE IDLE"),
        Trigger.OLD_SNAPSHOT: ("=8", "drop, +10, calm 1", "LIVE RETRYING"),
        Trigger.EARLY_SNAPSHOT: ("restart 1 =1 2 =9", "drop, +10, calm 1", "LIVE RETRYING"),
        Trigger.REFUSED: ("refuse", "drop, +10, calm 1", "LIVE RETRYING"),
        Trigger.GAP: ("12", "stale, drop, ask, 9?", "GATHERING ASKED"),
        Trigger.UNSOUND: ("10!", "stale, drop, +10, 9?, unsound 1", "GATHERING RETRYING"),
        Trigger.DOUBT: ("doubt", "stale, drop, +1, 9?", "DOUBTED PATIENT"),
        Trigger.RESTART: ("restart", "stale, drop, +1, 9?", "EMPTY PATIENT"),
    },
}
"""How each row happens from there, at the last word; what is done then, in order; and what phase and request are then.

ask: a snapshot is requested; drop: the subscription to it is disposed of; +10: an alarm is set; live(1): `on_live` is
called, with the snapshots requested; stale: `on_stale` is called; 5, 5?: what is emitted; calm 1: a count of failures.
"""


class State(NamedTuple):
    position: int
    mark: str = ""


class Change(NamedTuple):
    number: int
    mark: str = ""


class Alarms(VirtualTimeScheduler):
    """A clock that notes how many seconds its alarms are set for."""

    def __init__(self, course: "Course") -> None:
        super().__init__(0.0)
        self._course = course

    def schedule_relative(self, duetime: Any, action: Any, state: Any = None) -> abc.DisposableBase:
        self._course.did.append(f"+{duetime:g}")
        return super().schedule_relative(duetime, action, state)


class Course:
    """One subscription, and all that it did at the last word."""

    def __init__(self, watch: Watch, patience: float | None = 1.0) -> None:
        self.watch = watch
        self.did: list[str] = []
        self.clock = Alarms(self)
        self.changes, self.doubts = Subject[Change](), Subject[bool]()
        self.requests: list[abc.ObserverBase[State]] = []
        self.changes.pipe(
            calibrate(
                Observable(self._request),
                lambda state, change: State(change.number, change.mark),
                Numbering(
                    position=lambda state: state.position,
                    first=lambda change: change.number,
                    last=lambda change: change.number,
                ),
                checks=StateChecks(
                    stale=lambda state: state._replace(mark="?"),
                    is_sound=lambda state: state.mark != "!",
                    is_thin=lambda state: state.position in {2, 9},
                ),
                policy=SnapshotPolicy(patience=patience, delay=lambda attempt, cause: 10.0 * attempt),
                doubts=self.doubts,
                on_live=lambda state, taken: self.did.append(f"live({taken})"),
                on_stale=lambda why: self.did.append("stale"),
                scheduler=self.clock,
            )
        ).subscribe(
            lambda state: self.did.append(f"{state.position}{state.mark}"), lambda error: self.did.append("end")
        )
        self.calibration = list(watch.phases)[-1]

    def _request(self, observer: abc.ObserverBase[State], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        self.requests.append(observer)
        self.did.append("ask")
        return Disposable(lambda: self.did.append("drop"))

    def go(self, words: str) -> None:
        for word in words.split():
            self.did.clear()
            self.watch.made.clear()
            before = self._failures()
            self._go(word)
            self.did += [f"{name} {count}" for name, count in self._failures().items() if count != before[name]]

    def _failures(self) -> dict[str, int]:
        """The numbers of failures in a row."""
        request = self.calibration._request
        return {"failures": request.failures, "calm": request.calm_failures, "unsound": request.unsound_states}

    def stands(self) -> str:
        return f"{self.calibration._phase.name} {self.calibration._request.status.name}"

    def _go(self, word: str) -> None:
        match word.strip("=!"), word:
            case "wait", _:
                self.clock.advance_by(10)
            case "refuse", _:
                self.requests[-1].on_error(OSError())
            case (("doubt" | "restart"), _):
                self.doubts.on_next(word == "restart")
            case number, _:
                what = State if "=" in word else Change
                take = self.requests[-1] if "=" in word else self.changes
                take.on_next(what(int(number), "!" if "!" in word else ""))  # type: ignore[arg-type]


CASES = [(phase, trigger) for phase, rows in TRANSITIONS.items() for trigger in rows]


@pytest.mark.parametrize(("phase", "trigger"), CASES, ids=[f"{phase.name}-{trigger.name}" for phase, trigger in CASES])
def test_each_row_of_the_table_happens_as_it_says(phase: Phase, trigger: Trigger) -> None:
    words, did, stands = ROWS[phase][trigger]
    with watched() as watch:
        course = Course(watch)
        course.go(WAYS[phase])
        assert course.calibration._phase is phase
        course.go(words)
    assert (phase, trigger, TRANSITIONS[phase][trigger].after) in watch.made
    assert (", ".join(course.did), course.stands()) == (did, stands)


ENDS = {
    (Phase.GATHERING, Trigger.OLD_SNAPSHOT),
    (Phase.GATHERING, Trigger.REFUSED),
    (Phase.GATHERING, Trigger.UNSOUND),
    (Phase.AHEAD, Trigger.OLD_SNAPSHOT),
    (Phase.AHEAD, Trigger.REFUSED),
    (Phase.AHEAD, Trigger.UNSOUND),
    (Phase.BELIEVED, Trigger.GAP),
    (Phase.BELIEVED, Trigger.UNSOUND),
    (Phase.DOUBTED, Trigger.UNSOUND),
    (Phase.LIVE, Trigger.UNSOUND),
    (Phase.REFRESHING, Trigger.UNSOUND),
}
"""The rows that end the stream if they are the last attempt: changes wait for a snapshot."""


@pytest.mark.parametrize(("phase", "trigger"), CASES, ids=[f"{phase.name}-{trigger.name}" for phase, trigger in CASES])
def test_the_last_attempt_ends_the_stream_where_changes_wait_for_it_and_nowhere_else(
    phase: Phase, trigger: Trigger
) -> None:
    with watched() as watch:
        course = Course(watch)
        before, _, last = f"{WAYS[phase]} {ROWS[phase][trigger][0]}".rpartition(" ")
        course.go(before)
        request = course.calibration._request
        request._policy = replace(request._policy, max_attempts=1)
        course.go(last)
    assert ("end" in course.did) == ((phase, trigger) in ENDS)


def test_a_phase_has_a_row_for_each_trigger_that_can_happen_in_it() -> None:
    assert {phase: set(rows) for phase, rows in TRANSITIONS.items()} == {
        phase: set(rows) for phase, rows in ROWS.items()
    }


def test_requests_stand_in_each_phase_in_all_the_ways_that_are_legal_and_in_no_other() -> None:
    with watched() as watch:
        for phase, rows in ROWS.items():
            for words, _, _ in rows.values():
                Course(watch).go(f"{WAYS[phase]} {words} 100")
        for words in ("100", "5 =5 doubt 100"):
            Course(watch, patience=None).go(words)
    assert watch.stood == {(phase, status) for phase, statuses in REQUESTS.items() for status in statuses}
