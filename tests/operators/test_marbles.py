"""Every operator shows a marble diagram, and every diagram tells the truth."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import rx_kucoin.operators
from tests.marbles import Diagram, MarbleError, diagrams, play, read

FOLDER = Path(next(iter(rx_kucoin.operators.__path__)))
MODULES = [
    importlib.import_module(f"rx_kucoin.operators.{path.stem}")
    for path in sorted(FOLDER.glob("_*.py"))
    if path.stem != "__init__"
]


def operators() -> Iterator[tuple[ModuleType, Callable[..., Any]]]:
    """What a module offers and what deals in Observables; classes and helpers like `full_jitter` do not."""
    for module in MODULES:
        for name in module.__all__:
            offered = getattr(module, name)
            if inspect.isfunction(offered) and "Observable" in str(inspect.signature(offered).return_annotation):
                yield module, offered


@pytest.mark.parametrize(("module", "operator"), list(operators()), ids=lambda it: it.__name__.rpartition(".")[2])
def test_an_operator_does_what_its_marbles_show(module: ModuleType, operator: Callable[..., Any]) -> None:
    shown = diagrams(operator.__doc__ or "")
    assert shown, f"{operator.__name__} has no marble diagram"
    for diagram in shown:
        outcome = play(diagram, {name: getattr(module, name) for name in module.__all__})
        assert outcome.happened == outcome.expected


def test_the_operators_are_found() -> None:
    assert {"rate_limit", "retry_backoff", "buffer_bounded", "serialize", "merge_serial"} <= {
        operator.__name__ for _, operator in operators()
    }


def passing_on() -> Callable[[Any], Any]:
    return lambda source: source


def diagram(text: str) -> Diagram:
    (only,) = diagrams("Summary.\n\n    .. marble::\n\n" + text + "\n\n    More.\n")
    return only


def outcome(text: str, **names: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    played = play(diagram(text), {"passing_on": passing_on, **names})
    return played.expected, played.happened


@pytest.mark.parametrize("lie", ["-a-c|", "-a-b-|", "-a--b|", "-ab-|", "-a-b#", "-(ab)|", "-a-bc|", "a-b|", "-a-b--"])
def test_a_lie_is_noticed(lie: str) -> None:
    expected, happened = outcome(f"        source: -a-b|\n        [ passing_on() ]\n        result: {lie}")
    assert happened == {"result": [(1, "a"), (3, "b"), (4, "|")]}
    assert happened != expected


def test_a_group_happens_in_the_second_of_its_bracket_and_keeps_its_columns() -> None:
    shown = diagram("        source: -(ab)c(d|)\n        [ passing_on() ]\n        result: -(ab)c(d|)")
    assert shown.inputs["source"].moments == ((1, "a"), (1, "b"), (5, "c"), (6, "d"), (6, "|"))


def test_an_error_is_an_error() -> None:
    text = "        source: -a#\n        [ passing_on() ]\n        result: -a#"
    played = play(diagram(text), {"passing_on": passing_on})
    assert played.happened == played.expected
    assert isinstance(played.errors["result"], MarbleError)


def test_several_subscribers_come_and_go() -> None:
    expected, happened = outcome(
        """
        source (hot): -1-2-3-4-5|
        [ passing_on() ]
        early:        -1-2!
        late:             ^3-4-5|
        again:        ^1!---^4-5|
        """
    )
    assert happened == expected
    assert happened["again"] == [(1, "1"), (7, "4"), (9, "5"), (10, "|")]


def test_subscribers_may_be_drawn_apart_from_what_they_see() -> None:
    expected, happened = outcome(
        """
        source (hot): -1-2-3-4-5|
        early:        ^--!
        late:         ---^
        [ passing_on() ]
        early:        -1-2
        late:         ---2-3-4-5|
        """
    )
    assert happened == expected


def test_an_inner_lane_is_the_value_of_its_name() -> None:
    def joined() -> Callable[[Any], Any]:
        return lambda source: source.flat_map(lambda inner: inner)

    text = """
        source: -a---b-|
        a:       -1-2---|
        b:           --3|
        [ joined() ]
        result: --1-2--3|
        b:           ^--!
    """
    expected, happened = outcome(text, joined=joined)
    assert happened == expected


def test_an_inner_lane_is_drawn_where_it_is_subscribed_to() -> None:
    def joined() -> Callable[[Any], Any]:
        return lambda source: source.flat_map(lambda inner: inner)

    with pytest.raises(MarbleError, match="drawn from second 3"):
        outcome(
            "        source: -a---|\n        a:         -1|\n        [ joined() ]\n        result: ---1-|",
            joined=joined,
        )


def test_a_callback_has_a_lane() -> None:
    def telling(told: Callable[[str], None]) -> Callable[[Any], Any]:
        return lambda source: source.do_action(told)

    expected, happened = outcome(
        "        source: -a-b|\n        [ telling(lambda it: calls(it)) ]\n        result: -a-b|\n        calls:  -a-b",
        telling=telling,
    )
    assert happened == expected == {"result": [(1, "a"), (3, "b"), (4, "|")], "calls": [(1, "a"), (3, "b")]}


def test_brackets_may_hold_an_observable() -> None:
    expected, happened = outcome("        a:      -1|\n        [ a ]\n        result: -1|\n        a:      ^-!")
    assert happened == expected


@pytest.mark.parametrize(
    "nonsense",
    [
        "source: -a|",
        "[ passing_on() ]\nresult: -a|",
        "source: -a|\n[ passing_on() ]",
        "source: -a|\n[ passing_on() ]\nresult: -(a",
        "source: -a|\n[ passing_on() ]\nresult: -a*",
        "source: -a|\n[ passing_on() ]\nresult: -()|",
        "source: -a|\n[ passing_on() ]\nresult: -a |",
        "source: -^|\n[ passing_on() ]\nresult: --|",
        "source: -a|\n[ passing_on() ]\nsource: ^a!",
        "source: -a|\nsource: -a|\n[ passing_on() ]\nresult: -a|",
        "source:   -a|\n[ passing_on() ]\nresult: -a|",
        "source: -a|\n[ passing_on() ]\nresult:",
    ],
)
def test_what_cannot_be_read_is_refused(nonsense: str) -> None:
    with pytest.raises(MarbleError):
        read(nonsense)
