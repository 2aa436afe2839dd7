"""calibrate: a state is right, or it is marked; each rule in virtual time."""

import copy
from collections.abc import Callable
from dataclasses import fields
from typing import Any, NamedTuple

import pytest
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin.operators._calibrate import (
    Numbering,
    SnapshotPolicy,
    StateChecks,
    Uncalibrated,
    UngroupedArguments,
    calibrate,
)
from rx_kucoin.operators._calibration.rules import Reason
from rx_kucoin.operators.internal.unguarded import Unguarded, attach


class State(NamedTuple):
    """The numbers that were applied, after a snapshot."""

    snapshot: int
    applied: tuple[int, ...] = ()
    mark: str = ""

    @property
    def position(self) -> int:
        return max(self.snapshot, *self.applied, 0)

    def after(self, change: "Change") -> "State":
        news = range(max(change.first, self.position + 1), change.last + 1)
        return self._replace(applied=(*self.applied, *news), mark=change.mark or self.mark)

    def __repr__(self) -> str:
        return "-".join(map(str, (self.snapshot, *self.applied))) + self.mark


class Change(NamedTuple):
    first: int
    last: int
    mark: str = ""


def one(number: int, mark: str = "") -> Change:
    return Change(number, number, mark)


def at_once(*values: Any) -> Observable[Any]:
    """Says everything within subscribe, whatever the scheduler."""

    def subscribe(observer: abc.ObserverBase[Any], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        for value in values:
            observer.on_next(value)
        observer.on_completed()
        return Disposable()

    return Observable(subscribe)


class Desk:
    """Changes, doubts and snapshots by hand, and what came of them as one list of words."""

    def __init__(self, *, ungrouped: bool = False, **settings: Any) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.changes: Subject[Change] = Subject()
        self.doubts: Subject[bool] = Subject()
        self.asks: list[abc.ObserverBase[State]] = []
        self.given_up = 0
        self.told: list[str] = []
        self.then: Callable[[], object] | None = None
        """What happens while the next state is being emitted: it all has to queue."""
        self.errors: list[Exception] = []

        def ask(observer: abc.ObserverBase[State], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            self.asks.append(observer)
            self.told.append("ask")
            return Disposable(self._given_up)

        chosen: dict[str, Any] = {
            "position": lambda state: state.position,
            "first": lambda change: change.first,
            "last": lambda change: change.last,
            "doubts": self.doubts,
            "stale": lambda state: state._replace(mark="?"),
            "delay": lambda attempt, cause: 10.0 * attempt,
            "on_live": lambda state, taken: self.told.append(f"live({taken})"),
            "on_stale": lambda why: self.told.append(f"({why.reason} {why.before} {why.after})"),
            "scheduler": self.clock,
            "snapshot": Observable(ask),
            "apply": State.after,
            **settings,
        }
        if not ungrouped:
            for name, group in (("numbering", Numbering), ("checks", StateChecks), ("policy", SnapshotPolicy)):
                names = {field.name for field in fields(group)} & chosen.keys()
                chosen[name] = group(**{name: chosen.pop(name) for name in names})
        self.operator = calibrate(chosen.pop("snapshot"), chosen.pop("apply"), **chosen)
        self.subscription = self.changes.pipe(self.operator).subscribe(self.take, self.fail, self.complete)

    def take(self, state: State) -> None:
        self.told.append(repr(state))
        act, self.then = self.then, None
        if act is not None:
            act()

    def fail(self, error: Exception) -> None:
        self.errors.append(error)
        self.told.append("#")

    def complete(self) -> None:
        self.told.append("|")

    def _given_up(self) -> None:
        self.given_up += 1

    def change(self, *changes: Change | int) -> list[str]:
        for change in changes:
            self.changes.on_next(one(change) if isinstance(change, int) else change)
        return self.news()

    def doubt(self, *, anew: bool = False) -> list[str]:
        self.doubts.on_next(anew)
        return self.news()

    def answer(self, position: int, mark: str = "") -> list[str]:
        self.asks[-1].on_next(State(position, mark=mark))
        return self.news()

    def refuse(self, error: Exception | None = None) -> list[str]:
        self.asks[-1].on_error(error or OSError("no"))
        return self.news()

    def wait(self, seconds: float) -> list[str]:
        self.clock.advance_by(seconds)
        return self.news()

    def live(self, position: int = 5) -> None:
        """Be live at this position."""
        self.change(position)
        assert self.answer(position) == ["live(1)", str(position)]

    def news(self) -> list[str]:
        told, self.told = self.told, []
        return told


# The run, and snapshots that fit it or do not


def test_the_first_change_is_kept_and_then_a_snapshot_is_asked_for() -> None:
    desk = Desk()
    assert desk.news() == []
    assert desk.change(5) == ["ask"]
    assert desk.change(6, 7) == []
    assert desk.answer(5) == ["live(1)", "5-6-7"]
    assert desk.change(8) == ["5-6-7-8"]


@pytest.mark.parametrize(("position", "state"), [(4, "4-5-6-7-8"), (5, "5-6-7-8"), (6, "6-7-8"), (8, "8")])
def test_a_snapshot_fits_if_it_leads_up_to_the_first_change_at_least(position: int, state: str) -> None:
    desk = Desk()
    desk.change(Change(5, 7), 8)
    assert desk.answer(position) == ["live(1)", state]


def test_one_that_is_a_single_number_older_does_not_and_is_asked_for_again_after_a_wait() -> None:
    desk = Desk()
    desk.change(Change(5, 7), 8)
    assert desk.answer(3) == []
    assert desk.wait(9.9) == []
    assert desk.change(9) == []
    assert desk.wait(0.1) == ["ask"]
    assert desk.answer(4) == ["live(2)", "4-5-6-7-8-9"]


def test_a_snapshot_that_is_ahead_is_believed_once_the_changes_have_got_to_it() -> None:
    desk = Desk()
    desk.change(5)
    assert desk.answer(8) == []
    assert desk.change(6, Change(6, 7)) == []
    assert desk.change(Change(7, 9)) == ["live(1)", "8-9"]
    assert desk.wait(60) == []


def test_only_what_a_snapshot_leaves_out_is_applied_after_one_that_is_ahead_while_it_goes_on() -> None:
    desk = Desk(is_thin=lambda state: state.position == 5)
    desk.change(5)
    assert desk.answer(5) == ["live(1)", "5"]
    assert desk.wait(10) == ["ask"]
    assert desk.answer(8) == ["8"]
    assert desk.change(6, 7, Change(7, 8)) == []
    assert desk.change(Change(7, 9)) == ["8-9"]


def test_one_that_they_do_not_get_to_is_asked_for_again_and_never_the_end() -> None:
    desk = Desk(max_attempts=2)
    desk.change(5)
    for attempt in range(1, 6):
        assert desk.answer(1_000) == []
        assert desk.change(5 + attempt) == []
        assert desk.wait(10.0 * attempt) == ["ask"]
    assert desk.answer(8) == ["live(6)", "8-9-10"]


def test_numbers_from_before_they_began_anew_are_not_believed() -> None:
    desk = Desk()
    desk.live(1_000)
    assert desk.doubt(anew=True) == ["(anew 1000 None)", "1000?"]
    assert desk.change(2) == ["ask"]
    assert desk.answer(1_000) == []
    assert desk.change(3, 4) == []
    assert desk.wait(10) == ["ask"]
    assert desk.answer(3) == ["live(2)", "3-4"]


def test_nor_while_it_goes_on() -> None:
    desk = Desk(is_thin=lambda state: state.position < 9)
    desk.change(1_000)
    desk.answer(1_000)
    desk.doubt(anew=True)
    desk.change(2)
    desk.news()
    assert desk.answer(2) == ["live(1)", "2"]
    for number, old in enumerate((1_000, 990, 1_010), 3):
        assert desk.wait(100) == ["ask"]
        assert desk.answer(old) == []
        assert desk.change(number) == ["-".join(map(str, range(2, number + 1)))]
    assert desk.wait(100) == ["ask"]
    assert desk.answer(9) == ["9"]


def test_nor_after_they_began_anew_twice() -> None:
    desk = Desk(is_thin=lambda state: state.position < 9)
    desk.live(1_000)
    desk.doubt(anew=True)
    desk.doubt(anew=True)
    desk.change(2)
    desk.answer(2)
    desk.wait(10)
    desk.news()
    assert desk.answer(1_000) == []
    assert desk.change(3) == ["2-3"]


@pytest.mark.parametrize(("next_one", "told"), [(8, ["live(1)", "8"]), (9, ["live(1)", "8-9"]), (10, [])])
def test_a_snapshot_that_is_ahead_fits_if_it_leads_up_to_the_changes_behind_a_hole(
    next_one: int, told: list[str]
) -> None:
    desk = Desk()
    desk.change(5)
    desk.answer(8)
    assert desk.change(next_one) == told


def test_a_snapshot_that_is_ahead_by_a_single_number_waits_for_it() -> None:
    desk = Desk()
    desk.change(5)
    assert desk.answer(6) == []
    assert desk.change(6) == ["live(1)", "6"]


def test_changes_that_are_missing_on_the_way_to_a_snapshot_make_another_one_needed() -> None:
    desk = Desk()
    desk.change(5)
    assert desk.answer(8) == []
    assert desk.change(12) == []
    assert desk.wait(10) == ["ask"]
    assert desk.answer(12) == ["live(2)", "12"]


def test_a_hole_while_waiting_begins_the_run_anew_and_the_snapshot_is_still_waited_for() -> None:
    desk = Desk()
    desk.change(5, 6)
    assert desk.change(8, 9) == []
    assert desk.answer(6) == []  # it lacks 7
    desk.wait(10)
    assert desk.answer(7) == ["live(2)", "7-8-9"]


@pytest.mark.parametrize("old", [one(5), Change(4, 6), Change(5, 7)])
def test_repetitions_and_overlaps_while_waiting_do_no_harm(old: Change) -> None:
    desk = Desk()
    desk.change(4, 5, Change(5, 7), old, 8, Change(6, 9))
    assert desk.answer(4) == ["live(1)", "4-5-6-7-8-9"]


def test_of_too_many_changes_the_oldest_are_dropped_and_the_snapshot_has_to_be_newer() -> None:
    desk = Desk(max_buffer=2)
    desk.change(1, 2, 3, 4)
    assert desk.answer(1) == []
    desk.wait(10)
    assert desk.answer(2) == ["live(2)", "2-3-4"]


def test_nothing_but_the_first_value_of_a_snapshot_counts() -> None:
    desk = Desk()
    desk.change(5)
    desk.answer(5)
    for more in (desk.asks[0].on_next, desk.asks[0].on_error):
        more(OSError())  # type: ignore[arg-type]
    desk.asks[0].on_completed()
    assert desk.news() == []
    assert desk.given_up == 1


# Gaps and doubts


def test_a_gap_is_told_and_marked_and_a_snapshot_is_asked_for_at_once() -> None:
    desk = Desk()
    desk.live()
    assert desk.change(7) == ["(gap 5 7)", "ask", "5?"]
    assert desk.change(8, 12) == []
    assert desk.answer(11) == ["live(1)", "11-12"]


def test_without_a_mark_nothing_is_emitted_of_what_may_not_be_right() -> None:
    desk = Desk(stale=None)
    desk.live()
    assert desk.change(7) == ["(gap 5 7)", "ask"]
    assert desk.answer(7) == ["live(1)", "7"]
    assert desk.doubt() == ["(doubt 7 None)"]
    assert desk.wait(1) == ["ask"]
    assert desk.answer(9) == []
    assert desk.change(9) == ["live(1)", "9"]


def test_gaps_are_no_failed_attempts() -> None:
    desk = Desk(max_attempts=1)
    desk.live()
    for number in range(10, 100, 10):
        assert "ask" in desk.change(number)
        desk.answer(number)
    assert not desk.errors


def test_after_a_doubt_the_next_change_makes_it_live_again_without_a_snapshot() -> None:
    desk = Desk()
    desk.live()
    assert desk.doubt() == ["(doubt 5 None)", "5?"]
    assert desk.doubt() == []
    assert desk.change(6) == ["live(0)", "5-6"]
    assert desk.wait(100) == []


@pytest.mark.parametrize("repeated", [one(5), Change(3, 5)])
def test_after_a_doubt_a_repetition_confirms_it_too(repeated: Change) -> None:
    desk = Desk()
    desk.live()
    desk.doubt()
    assert desk.change(repeated) == ["live(0)", "5"]


def test_after_a_doubt_a_gap_is_not_marked_twice() -> None:
    desk = Desk()
    desk.live()
    desk.doubt()
    assert desk.change(8) == ["ask"]
    assert desk.answer(7) == ["live(1)", "7-8"]


def test_a_doubt_drops_the_run_and_the_snapshot_on_its_way() -> None:
    desk = Desk()
    desk.change(5)
    assert desk.doubt() == []
    assert desk.given_up == 1
    assert desk.answer(5) == []
    assert desk.change(7) == ["ask"]
    assert desk.answer(5) == []  # 6 was lost
    desk.wait(10)
    assert desk.answer(6) == ["live(3)", "6-7"]


def test_when_the_numbers_begin_anew_nothing_that_was_known_counts() -> None:
    desk = Desk()
    desk.live(100)
    assert desk.doubt(anew=True) == ["(anew 100 None)", "100?"]
    assert desk.change(3) == ["ask"]
    assert desk.answer(3) == ["live(1)", "3"]
    assert desk.change(4) == ["3-4"]


@pytest.mark.parametrize("end", ["on_completed", "on_error"])
def test_how_doubts_end_is_of_no_interest(end: str) -> None:
    desk = Desk()
    desk.live()
    getattr(desk.doubts, end)(*[OSError()][: end == "on_error"])
    assert desk.change(6) == ["5-6"]


# Silence


def test_where_nothing_comes_a_snapshot_is_asked_for_and_shown_as_unconfirmed() -> None:
    desk = Desk(patience=3.0)
    assert desk.wait(2.9) == []
    assert desk.wait(0.1) == ["ask"]
    assert desk.answer(5) == ["5?"]
    assert desk.wait(1000) == []
    assert desk.change(6) == ["live(1)", "5-6"]


def test_an_unconfirmed_snapshot_is_confirmed_by_what_it_includes() -> None:
    desk = Desk()
    desk.wait(1)
    desk.answer(5)
    assert desk.change(5) == ["live(1)", "5"]


def test_an_unconfirmed_snapshot_is_not_confirmed_by_what_is_far_below_it() -> None:
    desk = Desk()
    desk.wait(1)
    desk.answer(1_000)
    assert desk.change(4) == ["ask"]
    assert desk.change(5) == []
    assert desk.answer(5) == ["live(2)", "5"]


def test_an_unconfirmed_snapshot_is_confirmed_when_the_changes_get_to_it() -> None:
    desk = Desk()
    desk.wait(1)
    desk.answer(6)
    assert desk.change(4) == ["ask"]
    assert desk.change(5) == []
    assert desk.change(6) == ["live(2)", "6"]


def test_an_unconfirmed_snapshot_that_turns_out_too_old_is_a_failed_attempt() -> None:
    desk = Desk()
    desk.wait(1)
    desk.answer(5)
    assert desk.change(7) == []
    assert desk.wait(9.9) == []
    assert desk.wait(0.1) == ["ask"]
    assert desk.answer(6) == ["live(2)", "6-7"]


def test_too_many_of_these_are_the_end() -> None:
    desk = Desk(max_attempts=1)
    desk.wait(1)
    desk.answer(5)
    assert desk.change(7) == ["#"]
    (error,) = desk.errors
    assert isinstance(error, Uncalibrated)
    assert (error.reason, error.before, error.after) == ("old snapshot", 5, 7)


def test_a_change_that_comes_before_the_answer_is_compared_with_it() -> None:
    desk = Desk()
    desk.wait(1)
    assert desk.change(7) == []
    assert desk.answer(5) == []
    desk.wait(10)
    assert desk.answer(6) == ["live(2)", "6-7"]


def test_without_patience_nothing_is_asked_for_before_a_change() -> None:
    desk = Desk(patience=None)
    assert desk.wait(1000) == []
    desk.live()
    desk.doubt()
    assert desk.wait(1000) == []
    assert desk.change(6) == ["live(0)", "5-6"]


def test_patience_begins_anew_with_a_doubt_and_the_doubted_state_stays() -> None:
    desk = Desk()
    desk.wait(0.9)
    desk.doubt()
    assert desk.wait(0.9) == []
    desk.live()
    desk.doubt()
    assert desk.wait(0.9) == []
    assert desk.wait(0.1) == ["ask"]
    assert desk.change(6) == ["live(1)", "5-6"]
    assert desk.given_up == 2  # it is not needed any more
    assert desk.answer(9) == []


def test_a_snapshot_that_is_older_than_what_is_known_does_not_replace_it() -> None:
    desk = Desk()
    desk.live()
    desk.doubt()
    desk.wait(1)
    assert desk.answer(4) == []
    assert desk.change(6) == ["live(1)", "5-6"]


def test_in_silence_failed_attempts_are_not_the_end() -> None:
    desk = Desk(max_attempts=1)
    desk.wait(1)
    for attempt in range(1, 20):
        desk.refuse()
        assert desk.wait(10.0 * attempt) == ["ask"]
    desk.refuse()
    assert desk.change(5) == ["ask"]
    assert desk.answer(5) == ["live(21)", "5"]


# Failed attempts


@pytest.mark.parametrize("how", ["old", "error", "empty", "raises"])
def test_the_last_attempt_ends_the_stream_with_its_cause(how: str) -> None:
    def refuse(*_: object) -> Any:
        raise OSError("no")

    desk = Desk(max_attempts=3, **({"snapshot": Observable(refuse)} if how == "raises" else {}))
    desk.change(5)
    for attempt in (1, 2, 3):
        if how == "old":
            desk.answer(1)
        elif how == "error":
            desk.refuse()
        elif how == "empty":
            desk.asks[-1].on_completed()
        assert bool(desk.errors) == (attempt == 3)
        desk.wait(attempt * 10)
    assert len(desk.errors) == 1
    assert type(desk.errors[0]).__name__ == {"old": "Uncalibrated", "empty": "SequenceContainsNoElementsError"}.get(
        how, "OSError"
    )
    assert not desk.changes.observers
    assert not desk.doubts.observers


def test_how_it_gives_up_can_be_said_in_other_words() -> None:
    desk = Desk(max_attempts=2, on_give_up=lambda attempts, cause: KeyError(attempts, repr(cause)))
    desk.change(5)
    desk.refuse()
    desk.wait(10)
    desk.refuse()
    assert [error.args for error in desk.errors] == [(2, "OSError('no')")]


def test_none_is_for_ever() -> None:
    desk = Desk(max_attempts=None, delay=lambda attempt, cause: 1.0)
    desk.change(5)
    for _ in range(1000):
        desk.refuse()
        assert desk.wait(1) == ["ask"]


def test_an_error_that_is_not_worth_another_attempt_passes_at_once() -> None:
    desk = Desk(retryable=lambda error: isinstance(error, OSError))
    desk.change(5)
    assert desk.refuse() == []
    desk.wait(10)
    assert desk.refuse(KeyError()) == ["#"]


def test_an_answer_without_a_value_is_always_worth_another() -> None:
    desk = Desk(retryable=lambda error: False)
    desk.change(5)
    desk.asks[-1].on_completed()
    assert desk.wait(10) == ["ask"]


def test_being_live_ends_the_row() -> None:
    desk = Desk(max_attempts=2)
    for number in (10, 20, 30):
        desk.change(number)
        desk.refuse()
        assert desk.wait(10)[-1] == "ask"
        desk.answer(number)
        desk.news()
    assert not desk.errors


def test_a_gap_does_not() -> None:
    desk = Desk(max_attempts=2)
    desk.change(5)
    desk.refuse()
    desk.change(7)
    desk.wait(10)
    assert desk.refuse() == ["#"]


# Unsound states


def sound(state: State) -> bool:
    return state.mark != "!"


def test_an_unsound_state_is_not_emitted_and_all_begins_anew_after_the_change() -> None:
    desk = Desk(is_sound=sound)
    desk.live()
    assert desk.change(one(6, "!")) == ["(unsound 5 6)", "5?"]
    assert desk.change(7) == []
    assert desk.wait(10) == ["ask"]
    assert desk.answer(5) == []
    desk.wait(10)
    assert desk.answer(6) == ["live(2)", "6-7"]


def test_a_snapshot_that_becomes_unsound_is_not_emitted_either() -> None:
    desk = Desk(is_sound=sound)
    desk.change(5, one(6, "!"))
    assert desk.answer(5) == []
    assert desk.change(7) == []
    assert desk.wait(10) == ["ask"]
    assert desk.answer(6) == ["live(2)", "6-7"]


def test_nor_an_unconfirmed_one() -> None:
    desk = Desk(is_sound=sound)
    desk.wait(1)
    assert desk.answer(5, "!") == []
    assert desk.wait(10) == ["ask"]
    assert desk.answer(5) == ["5?"]


def test_nor_one_that_is_not_needed_yet() -> None:
    desk = Desk(is_sound=sound, is_thin=lambda state: len(state.applied) > 1)
    desk.live()
    assert desk.change(6, 7) == ["5-6", "ask", "5-6-7"]
    assert desk.answer(7, "!") == ["(unsound 7 7)", "5-6-7?"]


def test_behind_an_unsound_one_that_is_ahead_the_changes_that_lead_up_to_it_count() -> None:
    desk = Desk(is_sound=sound, is_thin=lambda state: len(state.applied) > 1)
    desk.live()
    desk.change(6, 7)
    assert desk.answer(9, "!") == ["(unsound 7 9)", "5-6-7?"]
    desk.change(8)
    desk.wait(10)
    assert desk.answer(7) == ["live(1)", "7-8"]


def test_an_unsound_snapshot_says_that_nothing_was_known() -> None:
    desk = Desk(is_sound=sound, max_attempts=1)
    desk.change(5)
    assert desk.answer(5, "!") == ["#"]
    assert [(error.before, error.after) for error in desk.errors if isinstance(error, Uncalibrated)] == [(None, 5)]


@pytest.mark.parametrize(("lived", "ends"), [(59.0, True), (60.0, False)])
def test_only_a_state_that_lived_for_long_ends_the_row_of_unsound_ones(lived: float, *, ends: bool) -> None:
    desk = Desk(is_sound=sound, max_attempts=2)
    desk.live(5)
    desk.change(one(6, "!"))
    desk.wait(10)
    desk.answer(6)
    desk.change(7)
    desk.wait(lived)
    desk.news()
    assert desk.change(one(8, "!"))[-1] == ("#" if ends else "6-7?")


# Thin states


def thin(state: State) -> bool:
    return len(state.applied) > 1


def test_a_state_that_gets_thin_goes_on_until_a_new_snapshot_replaces_it() -> None:
    desk = Desk(is_thin=thin)
    desk.live()
    assert desk.change(6, 7, 8) == ["5-6", "ask", "5-6-7", "5-6-7-8"]
    assert desk.answer(7) == ["7-8"]
    assert desk.change(9) == ["ask", "7-8-9"]


def test_a_snapshot_asked_for_while_live_fits_if_it_is_as_new_as_the_asking() -> None:
    desk = Desk(is_thin=thin)
    desk.live()
    desk.change(6, 7)
    assert desk.answer(6) == []
    assert desk.change(8) == ["5-6-7-8"]
    assert desk.wait(10) == ["ask"]
    assert desk.answer(8) == ["8"]


def test_while_live_failed_attempts_are_not_the_end() -> None:
    desk = Desk(is_thin=thin, max_attempts=1)
    desk.live()
    desk.change(6, 7)
    for attempt in range(1, 20):
        desk.refuse()
        assert desk.wait(attempt * 10) == ["ask"]
    assert desk.change(8) == ["5-6-7-8"]
    assert desk.answer(7) == ["7-8"]


def test_a_fresh_one_that_is_thin_as_well_is_asked_for_again_after_waits_that_grow() -> None:
    desk = Desk(is_thin=lambda state: True)
    desk.live()
    for attempt in (1, 2, 3):
        assert desk.wait(attempt * 10 - 0.1) == []
        assert desk.change(5 + attempt)[-1].endswith(str(5 + attempt))
        assert desk.wait(0.1) == ["ask"]
        assert desk.answer(5 + attempt) == [str(5 + attempt)]


def test_changes_that_queue_do_not_put_off_the_next_request() -> None:
    desk = Desk(is_thin=lambda state: True)
    desk.live()
    desk.then = lambda: desk.change(7, 6, 7)
    desk.change(6)
    assert desk.wait(10) == ["ask"]


def test_one_that_recovered_meanwhile_is_left_alone() -> None:
    desk = Desk(is_thin=lambda state: len(state.applied) == 2)
    desk.live()
    desk.change(6, 7)
    desk.refuse()
    desk.change(8)
    assert desk.wait(1000) == []


def test_what_comes_while_a_snapshot_is_on_its_way_is_applied_to_it_even_if_the_state_recovered() -> None:
    desk = Desk(is_thin=lambda state: len(state.applied) == 2)
    desk.live()
    desk.change(6, 7)
    assert desk.change(8, 9) == ["5-6-7-8", "5-6-7-8-9"]
    assert desk.answer(8) == ["8-9"]


def test_a_gap_while_thin_drops_the_snapshot_on_its_way_and_asks_for_another() -> None:
    desk = Desk(is_thin=thin)
    desk.live()
    desk.change(6, 7)
    assert desk.change(9) == ["(gap 7 9)", "ask", "5-6-7?"]
    assert desk.given_up == 2
    assert desk.answer(8) == ["live(1)", "8-9"]


# The end


def test_the_end_of_the_source_passes() -> None:
    desk = Desk()
    desk.change(5)
    desk.changes.on_completed()
    assert desk.news() == ["|"]
    assert desk.given_up == 1
    failing = Desk()
    failing.changes.on_error(KeyError())
    assert failing.news() == ["#"]
    assert not failing.doubts.observers


@pytest.mark.parametrize("when", ["silent", "asking", "waiting", "live", "thin"])
def test_disposal_ends_everything(when: str) -> None:
    desk = Desk(is_thin=thin)
    if when != "silent":
        desk.change(5)
    if when in {"live", "thin"}:
        desk.answer(5)
    if when == "thin":
        desk.change(6, 7)
    if when == "waiting":
        desk.refuse()
    desk.news()
    desk.subscription.dispose()
    assert desk.given_up == len(desk.asks)
    assert not desk.changes.observers
    assert not desk.doubts.observers
    assert desk.wait(1000) == []


@pytest.mark.parametrize(
    "wrong",
    ["apply", "position", "first", "last", "stale", "is_sound", "is_thin", "delay", "retryable", "on_live", "on_stale"],
)
def test_a_function_of_the_callers_that_raises_ends_the_stream(wrong: str) -> None:
    def fail(*_: object) -> Any:
        raise KeyError(wrong)

    desk = Desk(**{wrong: fail})
    desk.change(5)
    if not desk.errors:
        desk.refuse()
        desk.wait(10)
    if not desk.errors:
        desk.answer(5)
        desk.change(Change(6, 7), 9)
    assert [error.args for error in desk.errors] == [(wrong,)]
    assert not desk.changes.observers
    assert not desk.doubts.observers


def test_what_the_subscriber_raises_is_the_sources_to_see_and_the_stream_goes_on() -> None:
    desk = Desk()
    desk.live()
    desk.subscription.dispose()

    def refuse(state: State) -> None:
        desk.told.append(repr(state))
        if state.position == 6:
            raise KeyError

    desk.changes.pipe(desk.operator).subscribe(refuse, desk.fail)
    desk.change(5)
    desk.answer(5)
    with pytest.raises(KeyError):
        desk.change(6)
    assert desk.change(7)[-1] == "5-6-7"


def test_where_the_source_cannot_be_subscribed_to_all_else_is_left() -> None:
    def refuse(*_: object) -> Any:
        raise OSError

    desk = Desk()
    desk.subscription.dispose()
    Unguarded(refuse).pipe(desk.operator).subscribe(desk.take, desk.fail)
    assert [type(error) for error in desk.errors] == [OSError]
    assert not desk.doubts.observers
    desk.news()
    assert desk.wait(1000) == []


def test_an_end_that_the_subscriber_does_not_take_is_an_end_nevertheless() -> None:
    class Refusing(Desk):
        def fail(self, error: Exception) -> None:
            raise error

        on_next, on_error, on_completed = Desk.take, fail, Desk.complete

    desk = Refusing()
    desk.subscription.dispose()
    attach(desk.changes.pipe(desk.operator), desk, None)
    desk.change(5)
    with pytest.raises(OSError, match="gone"):
        desk.changes.on_error(OSError("gone"))
    assert not desk.doubts.observers
    assert desk.given_up == 1


def test_no_snapshot_is_asked_for_once_a_callback_has_left() -> None:
    desk = Desk(on_stale=lambda why: desk.subscription.dispose())
    desk.live()
    assert desk.change(7) == []
    assert desk.given_up == len(desk.asks) == 1


# Reentrancy


def test_a_subscriber_may_leave_from_within_on_next() -> None:
    desk = Desk(is_thin=lambda state: True, snapshot=at_once(State(5)))
    desk.subscription.dispose()
    subscription = desk.changes.pipe(desk.operator).subscribe(lambda state: (desk.take(state), subscription.dispose()))
    assert desk.change(5, 6) == ["live(1)", "5"]
    assert not desk.changes.observers
    assert desk.wait(1000) == []


def test_a_snapshot_may_be_there_at_once() -> None:
    desk = Desk(snapshot=at_once(State(5)))
    assert desk.change(5, 6, 8) == ["live(1)", "5", "5-6", "(gap 6 8)", "5-6?"]


def test_a_source_may_speak_and_end_while_it_is_subscribed_to() -> None:
    desk = Desk(snapshot=at_once(State(5)))
    at_once(one(5), one(6)).pipe(desk.operator).subscribe(desk.take, desk.fail, desk.complete)
    assert desk.news() == ["live(1)", "5", "5-6", "|"]
    assert len(desk.doubts.observers) == 1  # of the other subscription


def test_changes_from_within_on_next_come_behind() -> None:
    desk = Desk()
    desk.live()
    desk.subscription.dispose()

    def feed(state: State) -> None:
        desk.take(state)
        if state.position < 9:
            desk.changes.on_next(one(state.position + 1))
            desk.told.append("fed")

    desk.changes.pipe(desk.operator).subscribe(feed)
    desk.change(5, 6, 7)
    assert desk.answer(7) == ["live(1)", "7", "fed", "7-8", "fed", "7-8-9"]


def test_each_subscription_is_for_itself() -> None:
    desk = Desk()
    second: list[State] = []
    desk.changes.pipe(desk.operator).subscribe(second.append)
    assert desk.change(5) == ["ask", "ask"]
    assert desk.answer(5) == ["live(1)"]
    assert second == [State(5)]


def test_an_answer_that_comes_behind_what_made_it_useless_is_not_taken() -> None:
    desk = Desk(is_thin=thin)
    desk.live()
    desk.change(6, 7)
    desk.then = lambda: (desk.doubts.on_next(True), desk.asks[-1].on_next(State(7)))
    assert desk.change(8) == ["5-6-7-8", "(anew 8 None)", "5-6-7-8?"]
    assert desk.wait(0.9) == []
    assert desk.wait(0.1) == ["ask"]


def test_a_refusal_that_comes_behind_what_made_it_useless_does_not_count() -> None:
    desk = Desk(is_thin=thin)
    desk.live()
    desk.change(6, 7)
    desk.then = lambda: (desk.doubts.on_next(False), desk.asks[-1].on_error(OSError()))
    assert desk.change(8) == ["5-6-7-8", "(doubt 8 None)", "5-6-7-8?"]
    assert desk.wait(1) == ["ask"]


def test_an_alarm_that_rings_behind_what_set_it_anew_is_not_heard() -> None:
    desk = Desk(is_thin=thin)
    desk.live()
    desk.change(6, 7)
    desk.refuse()
    desk.then = lambda: (desk.doubts.on_next(False), desk.clock.advance_by(10))
    assert desk.change(8) == ["5-6-7-8", "(doubt 8 None)", "5-6-7-8?"]
    assert desk.wait(0.9) == []
    assert desk.wait(0.1) == ["ask"]


# Words


@pytest.mark.parametrize("reason", ["gap", "doubt", "anew", "old snapshot", "unsound"])
def test_the_reason_can_be_read_and_copied(reason: Reason) -> None:
    why = Uncalibrated(reason, 41, 43)
    assert "41" in str(why)
    assert str(copy.copy(why)) == str(why)
    assert "nothing" in str(Uncalibrated(reason))


@pytest.mark.parametrize("wrong", [{"max_attempts": 0}, {"max_buffer": 0}, {"patience": -1.0}, {"healthy_after": -1.0}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="calibrate"):
        Desk(**wrong)


# The arguments of version 0.1.0


def a_life(**settings: Any) -> list[str]:
    """All that was told in a life in which each of the grouped arguments matters."""
    desk = Desk(
        ungrouped=settings.pop("ungrouped", False),
        is_sound=sound,
        is_thin=lambda state: state.position == 8,
        patience=2.0,
        max_attempts=3,
        delay=lambda attempt, cause: 3.0 * attempt,
        retryable=lambda error: isinstance(error, OSError),
        healthy_after=5.0,
        max_buffer=2,
        on_give_up=lambda attempts, cause: KeyError(attempts),
        **settings,
    )
    told = [desk.wait(2), desk.refuse(), desk.change(5, 6, 7), desk.answer(4), desk.wait(3), desk.answer(5)]
    told += [desk.wait(5), desk.change(8), desk.answer(7), desk.change(one(9, "!")), desk.wait(3)]
    told += [desk.refuse(), desk.wait(3), desk.refuse(), desk.wait(6), desk.refuse(), list(map(repr, desk.errors))]
    return [word for words in told for word in words]


def test_the_ungrouped_arguments_of_version_0_1_0_still_work() -> None:
    grouped = a_life()
    assert grouped == a_life(ungrouped=True)
    assert {"ask", "live(3)", "5-6-7-8", "(unsound 8 9)", "5-6-7-8?", "KeyError(3)"} <= set(grouped)


def test_each_field_of_a_group_is_an_ungrouped_argument() -> None:
    names = [field.name for group in (Numbering, StateChecks, SnapshotPolicy) for field in fields(group)]
    assert list(UngroupedArguments.__annotations__) == names


def test_ungrouped_arguments_take_the_place_of_the_fields_of_groups() -> None:
    def wrong(*_: object) -> Any:
        raise AssertionError

    groups = {
        "numbering": Numbering[State, Change](position=wrong, first=wrong, last=wrong),
        "checks": StateChecks[State](stale=wrong, is_sound=wrong, is_thin=wrong),
        "policy": SnapshotPolicy(patience=None, max_attempts=1, delay=wrong, retryable=wrong, on_give_up=wrong),
    }
    assert a_life(ungrouped=True, **groups) == a_life()


def test_a_delay_of_none_is_the_default_as_in_version_0_1_0() -> None:
    desk = Desk(ungrouped=True, delay=None)
    desk.change(5)
    desk.refuse()
    assert desk.wait(0.5) == ["ask"]


@pytest.mark.parametrize("wrong", [{}, {"position": int, "first": int}])
def test_without_numbering_it_does_not_begin(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="'last'"):
        calibrate(at_once(), max, **wrong)


def test_an_unknown_argument_is_refused() -> None:
    numbering = Numbering[Any, Any](position=int, first=int, last=int)
    with pytest.raises(TypeError, match="'patiense'"):
        calibrate(at_once(), max, numbering, patiense=1.0)  # type: ignore[call-arg]
