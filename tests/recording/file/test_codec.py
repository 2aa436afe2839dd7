import dataclasses
import inspect
from typing import get_type_hints

import msgspec
import pytest

from rx_kucoin import errors, events
from rx_kucoin.errors import KuCoinError
from rx_kucoin.events import Event
from rx_kucoin.recording.file.codec import error_of, event_of, is_of_a_line, write_error, write_event

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, KuCoinError)]
EVENTS = [kind for _, kind in inspect.getmembers(events, inspect.isclass) if issubclass(kind, Event)]
SAMPLES = {str: "words", int: 7, float: 0.5, Exception: errors.LineLost("cut"), BaseException: errors.LineLost("cut")}


def through(written: dict[str, object]) -> dict[str, object]:
    return msgspec.json.decode(msgspec.json.encode(written))


def example(kind: type[KuCoinError]) -> KuCoinError:
    hints = {name: hint for name, hint in get_type_hints(kind.__init__).items() if name != "return"}
    given = {
        name: SAMPLES[next((each for each in SAMPLES if hint == each or hint == each | None), str)]
        for name, hint in hints.items()
    }
    return kind(**given) if given else kind() if kind is errors.Closed else kind("it went wrong")


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_again_what_it_said(kind: type[KuCoinError]) -> None:
    error = example(kind)
    again = error_of(through(write_error(error)))
    assert type(again) is kind
    assert str(again) == str(error)
    assert {name: str(value) for name, value in vars(again).items()} == {n: str(v) for n, v in vars(error).items()}


def test_an_error_of_an_unknown_kind_is_a_plain_one_with_its_words() -> None:
    for strange in ({"error": "Any", "text": "words"}, {"error": "os", "text": "words"}, write_error(OSError("words"))):
        again = error_of(through(strange))
        assert type(again) is KuCoinError
        assert str(again) == "words"


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_is_told_again_as_it_was(kind: type[Event]) -> None:
    hints = get_type_hints(kind)
    facts = {
        field.name: SAMPLES[next(each for each in SAMPLES if hints[field.name] in {each, each | None})]
        for field in dataclasses.fields(kind)
    }
    event = kind(**facts)
    assert repr(event_of(through(write_event(event)))) == repr(event)


def test_what_is_no_event_is_none() -> None:
    for written in ({"event": "dataclass"}, {"event": "LineUp"}, {"event": "Sunrise", "line": 1}, {}):
        assert event_of(written) is None


def test_what_streams_tell_by_themselves_is_not_told_for_them() -> None:
    assert is_of_a_line(events.LineUp(1, "host"))
    assert is_of_a_line(events.Malformed(1, "why", "", 1))
    assert not is_of_a_line(events.Malformed(0, "why", "", 1))
    assert not is_of_a_line(events.CandleCorrected(0, "/t", 1, "volume 1 to 2"))
    assert not is_of_a_line(events.Gap(0, "/t", 1, 3, "why"))
