"""Watching `calibrate` from inside: each transition it makes, and whether its invariants hold between two steps."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from rx_kucoin.operators._calibration.machine import Calibration
from rx_kucoin.operators._calibration.rules import HOLDING, REQUESTS, TRANSITIONS, Phase, RequestStatus, Trigger

__all__ = ["Watch", "watched"]

Made = tuple[Phase, Trigger, Phase]


class Watch:
    """All that was seen, of all subscriptions."""

    def __init__(self) -> None:
        self.made: list[Made] = []
        """Transitions: the phase before, the trigger, the phase after."""
        self.stood: set[tuple[Phase, RequestStatus]] = set()
        """How phase and request stood between two steps."""
        self.broken: list[str] = []
        """Each invariant that did not hold."""
        self.phases: dict[Calibration[Any, Any], Phase] = {}
        """Where each subscription came to, the latest of them at the end."""

    def went(self, calibration: Calibration[Any, Any], before: Phase, trigger: Trigger) -> None:
        after = calibration._phase
        self.made.append((before, trigger, after))
        if TRANSITIONS[before][trigger].after is not after:
            self.broken.append(f"{trigger} led from {before} to {after}")
        if before is not self.phases[calibration]:
            self.broken.append(f"{before} came without a transition")
        self.phases[calibration] = after

    def stands(self, calibration: Calibration[Any, Any]) -> None:
        if calibration.is_closed:
            return
        phase, request = calibration._phase, calibration._request
        self.stood.add((phase, request.status))
        holds = {
            f"{request.status} while {phase}": request.status in REQUESTS[phase],
            f"changes held while {phase}": (calibration._held.start is not None) == (phase in HOLDING),
            f"a reply while {request.status}": (request._reply is not None) == (request.status is RequestStatus.ASKED),
        }
        self.broken += [what for what, it_does in holds.items() if not it_does]


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch all subscriptions within; afterwards every invariant must have held."""
    watch = Watch()
    go, take, begin = Calibration._go, Calibration._take, Calibration.begin

    def watched_go(self: Calibration[Any, Any], trigger: Trigger, *cause: Exception) -> Any:
        before = self._phase
        emitted = go(self, trigger, *cause)
        watch.went(self, before, trigger)
        return emitted

    def watched_take(self: Calibration[Any, Any], step: Any, *args: object) -> None:
        watch.stands(self)
        take(self, step, *args)
        watch.stands(self)

    def watched_begin(self: Calibration[Any, Any], *args: Any) -> None:
        watch.phases[self] = self._phase
        begin(self, *args)

    with (
        patch.object(Calibration, "_go", watched_go),
        patch.object(Calibration, "_take", watched_take),
        patch.object(Calibration, "begin", watched_begin),
    ):
        yield watch
    assert not watch.broken
