"""Marble diagrams in docstrings, and a player that finds out whether they tell the truth.

    .. marble::

        source: -abc-d-----|
        [ rate_limit(2, per=4) ]
        result: -ab--cd----|

One character is one second; everything that happens during a second stands in its column.

| `-`         | a second in which nothing happens                                                             |
| `a`, `1`    | an item: letters and digits stand for themselves, as `str`                                    |
| `(ab)`      | several things in the second of the opening bracket; the group is as long as it is wide       |
| `|`, `#`    | completion, an error                                                                          |
| `^`, `!`    | subscribed, disposed                                                                          |
| blank       | before a lane: it does not exist yet. The marbles of all lanes begin below each other         |

Lanes above the line in brackets are inputs, each an Observable under its name:

- They are *cold*: their first column is the moment of subscription. Drawn with blanks before it, they must also be
  subscribed to, for the first time, in that very column. An item of an input that is the name of a lane is that lane.
- `name (hot): ...` is played once, from second 0 on, whoever listens.
- A lane of `^` and `!` alone is a subscriber; what it sees is the lane of its name below the brackets.

The line in brackets is evaluated, with the names of the lanes and of the operator's module; `scheduler=` is filled in.
It yields an operator, through which the lane `source` is piped, or an Observable.

Lanes below are expectations, and are compared whole:

- `result`, and any other lane of which nothing more is said, subscribes at second 0 to what is in brackets. One with
  `^` in it, or above the brackets, subscribes there and disposes at `!`. In their second, `^` comes before what the
  inputs say, `!` after it.
- A lane of which the brackets speak is a callback: it is called there, and expects the `str` of its first argument.
- A lane with the name of an input expects the input's subscriptions, `^--!`.

A diagram is looked at for as long as its longest lane.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable, SerialDisposable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

__all__ = ["Diagram", "MarbleError", "Outcome", "diagrams", "play"]

LANE = re.compile(r"(?P<name>\w+)(?P<hot> \(hot\))?:(?P<marbles>[ \w()|#^!-]*)")
MOMENT = re.compile(r"(?P<nothing>-)|\((?P<group>[\w|#^!]+)\)|(?P<one>[\w|#^!])")


class MarbleError(Exception):
    """A diagram that cannot be read; also what `#` raises in an input."""


@dataclass(frozen=True)
class Lane:
    """A line of a diagram: what happens in which second."""

    name: str
    hot: bool
    start: int
    moments: tuple[tuple[int, str], ...]
    end: int

    @property
    def signs(self) -> set[str]:
        return {sign for _, sign in self.moments}


@dataclass(frozen=True)
class Diagram:
    """Inputs, who subscribes when where that is drawn apart, an expression, expectations."""

    inputs: dict[str, Lane]
    subscribers: dict[str, Lane]
    expression: str
    expected: dict[str, Lane]

    @property
    def length(self) -> int:
        return max(lane.end for lane in [*self.inputs.values(), *self.expected.values()])


@dataclass
class Outcome:
    """What the diagram says, what happened, and the errors that did."""

    expected: dict[str, list[tuple[int, str]]]
    happened: dict[str, list[tuple[int, str]]]
    errors: dict[str, Exception] = field(default_factory=dict[str, Exception])


def diagrams(docstring: str) -> list[Diagram]:
    """All the `.. marble::` blocks of a docstring."""
    lines = inspect.cleandoc(docstring).splitlines()
    return [read(_block(lines[at + 1 :])) for at, line in enumerate(lines) if line.strip() == ".. marble::"]


def _block(lines: list[str]) -> str:
    def indented() -> Iterator[str]:
        for line in lines:
            if line.strip() and not line.startswith(" "):
                return
            yield line

    return textwrap.dedent("\n".join(indented())).strip("\n")


def read(text: str) -> Diagram:
    """Read a diagram, and be strict about it."""
    above, bracket, rest = text.partition("[")
    expression, closed, below = rest.rpartition("]\n")
    if not bracket or not closed:
        raise MarbleError(f"a diagram needs a line in brackets between two others:\n{text}")
    first = LANE.match(above)
    if first is None:
        raise MarbleError(f"a diagram begins with a lane:\n{text}")
    marbles = first["marbles"]
    origin = first.start("marbles") + len(marbles) - len(marbles.lstrip())
    inputs, expected = (
        {lane.name: lane for lane in (_lane(line, origin) for line in part.splitlines())} for part in (above, below)
    )
    if len(inputs) + len(expected) != len((above + below).splitlines()):
        raise MarbleError(f"two lanes of one name:\n{text}")
    subscribers = {name: inputs.pop(name) for name, lane in list(inputs.items()) if "^" in lane.signs}
    for lane in [*inputs.values(), *(expected[name] for name in expected.keys() & subscribers.keys())]:
        if lane.signs & {"^", "!"}:
            raise MarbleError(f"{lane.name!r} cannot have ^ or ! here:\n{text}")
    for lane in [*subscribers.values(), *(expected[name] for name in expected.keys() & inputs.keys())]:
        if lane.signs - {"^", "!"} or (lane.name in subscribers and lane.name not in expected):
            raise MarbleError(f"{lane.name!r} can only have ^ and ! here, and what it sees below:\n{text}")
    return Diagram(inputs, subscribers, " ".join(expression.split()), expected)


def _lane(line: str, origin: int) -> Lane:
    match = LANE.fullmatch(line.rstrip())
    if match is None:
        raise MarbleError(f"not a lane: {line!r}")
    if line[match.start("marbles") : origin].strip() or not line[origin:].strip():
        raise MarbleError(f"the marbles of a lane begin below those of the first: {line!r}")
    marbles = line[origin:].rstrip()
    start = len(marbles) - len(marbles.lstrip())
    moments: list[tuple[int, str]] = []
    second = start
    while second < len(marbles):
        moment = MOMENT.match(marbles, second)
        if moment is None:
            raise MarbleError(f"cannot read {marbles[second:]!r} in {line!r}")
        moments += [(second, what) for what in moment["group"] or moment["one"] or ""]
        second = moment.end()
    return Lane(match["name"], bool(match["hot"]), start, tuple(moments), second)


def play(diagram: Diagram, names: Mapping[str, Any]) -> Outcome:
    """Play a diagram in virtual time; `names` are what the brackets may speak of, beside the lanes."""
    player = _Player(diagram, names)
    player.play()
    return Outcome(player.expected, player.happened, player.errors)


class _Player:
    def __init__(self, diagram: Diagram, names: Mapping[str, Any]) -> None:
        self.diagram = diagram
        self.scheduler = VirtualTimeScheduler(0.0)
        self.hot: dict[str, Subject[Any]] = {name: Subject() for name, lane in diagram.inputs.items() if lane.hot}
        self.lanes = {name: self._input(lane) for name, lane in diagram.inputs.items()}
        self.names = {name: self._timed(thing) for name, thing in names.items()}
        self.first_subscribed: dict[str, int] = {}
        self.expected: dict[str, list[tuple[int, str]]] = {}
        self.happened: dict[str, list[tuple[int, str]]] = {name: [] for name in diagram.expected}
        self.errors: dict[str, Exception] = {}

    def play(self) -> None:
        spoken_of = {node.id for node in ast.walk(ast.parse(self.diagram.expression)) if isinstance(node, ast.Name)}
        callbacks = self.diagram.expected.keys() & spoken_of - self.lanes.keys()
        names = {**self.names, **self.lanes, **{name: self._callback(name) for name in callbacks}, "lanes": self.lanes}
        made = eval(self.diagram.expression, names)  # noqa: S307 - our own docstrings
        shared = made if isinstance(made, Observable) else self.lanes["source"].pipe(made)
        for lane in self.diagram.expected.values():
            own = () if lane.name in self.lanes or lane.name in callbacks else ("^", "!")
            self.expected[lane.name] = [(second, sign) for second, sign in lane.moments if sign not in own]
            if own:
                self._subscriber(lane, self.diagram.subscribers.get(lane.name, lane), shared)
        for lane in self.diagram.inputs.values():
            if lane.hot:
                self._emit(lane, self.hot[lane.name], 0)
        self.scheduler.advance_to(self.diagram.length - 1e-6)
        for lane in self.diagram.inputs.values():
            if lane.start not in {0, self.first_subscribed.get(lane.name)}:
                subscribed = self.first_subscribed.get(lane.name)
                raise MarbleError(
                    f"{lane.name!r} is drawn from second {lane.start} on, but subscribed to at {subscribed}"
                )

    def _second(self) -> int:
        return int(self.scheduler.to_seconds(self.scheduler.clock))

    def _record(self, lane: str, what: object) -> None:
        if lane in self.happened:
            self.happened[lane].append((self._second(), str(what)))

    def _callback(self, lane: str) -> Callable[..., None]:
        return lambda *args: self._record(lane, args[0])

    def _timed(self, thing: Any) -> Any:
        if inspect.isfunction(thing) and "scheduler" in inspect.signature(thing).parameters:
            return partial(thing, scheduler=self.scheduler)
        return thing

    def _input(self, lane: Lane) -> Observable[Any]:
        def subscribe(observer: abc.ObserverBase[Any], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            self.first_subscribed.setdefault(lane.name, self._second())
            self._record(lane.name, "^")
            events = self.hot[lane.name].subscribe(observer) if lane.hot else self._emit(lane, observer, lane.start)
            return CompositeDisposable(events, Disposable(lambda: self._record(lane.name, "!")))

        return Observable(subscribe)

    def _emit(self, lane: Lane, observer: abc.ObserverBase[Any], start: int) -> abc.DisposableBase:
        def say(what: str, *_: object) -> None:
            match what:
                case "|":
                    observer.on_completed()
                case "#":
                    observer.on_error(MarbleError("#"))
                case _:
                    observer.on_next(self.lanes.get(what, what))

        events = CompositeDisposable(Disposable())
        for second, what in lane.moments:
            events.add(self.scheduler.schedule_relative(second - start, partial(say, what)))
        return events

    def _subscriber(self, lane: Lane, visits: Lane, shared: Observable[Any]) -> None:
        current = SerialDisposable()

        def subscribe(*_: object) -> None:
            current.disposable = shared.subscribe(
                partial(self._record, lane.name),
                on_error,
                lambda: self._record(lane.name, "|"),
                scheduler=self.scheduler,
            )

        def on_error(error: Exception) -> None:
            self.errors[lane.name] = error
            self._record(lane.name, "#")

        def unsubscribe(*_: object) -> None:
            current.disposable = Disposable()

        if "^" not in visits.signs:
            self.scheduler.schedule_relative(0, subscribe)
        for second, sign in visits.moments:
            if sign == "^":
                self.scheduler.schedule_relative(second, subscribe)
            elif sign == "!":  # once more through the queue, and so behind what the inputs say in this second
                self.scheduler.schedule_relative(second, lambda *_: self.scheduler.schedule(unsubscribe))
