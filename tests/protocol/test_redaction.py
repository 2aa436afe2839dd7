"""What is hidden in a text, and what an error no longer holds."""

import base64
import inspect
import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from rx_kucoin.protocol.redaction import hide_arguments, hide_init_arguments, redactor, without_traceback

SECRET = "k\\e'y/\"1+ü="  # noqa: S105


@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda secret: quote(secret, safe=""),
        json.dumps,
        lambda secret: json.dumps(secret).replace("/", "\\/"),
        repr,
        lambda secret: repr(secret.encode("latin-1")),
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: secret.encode("ascii", "ignore").decode(),
    ],
)
def test_a_secret_is_hidden_in_any_usual_spelling(spell: Callable[[str], str]) -> None:
    told = redactor(["other", SECRET])(f"before {spell(SECRET)} after")
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert told.removeprefix("before ").removesuffix(" after").strip("b\"'") == "…"


def test_what_is_no_secret_stays_and_an_empty_secret_hides_nothing() -> None:
    assert redactor(["", "x"])("before and after") == "before and after"
    assert redactor([])("text") == "text"


def test_a_secret_that_stands_in_another_leaves_nothing_of_it() -> None:
    assert redactor(["abc", "abcdef"])("abcdef abc") == "… …"


def deep() -> None:
    try:
        {}[SECRET]
    except KeyError as error:
        raise ValueError("no") from error


def test_an_error_that_is_bare_holds_neither_frames_nor_others() -> None:
    with pytest.raises(ValueError, match="no") as caught:
        deep()
    assert caught.value.__cause__ is not None
    failure = without_traceback(caught.value)
    assert (failure.__traceback__, failure.__cause__, failure.__context__) == (None, None, None)


@hide_arguments
def careful(secret: str, *, fails: bool = True) -> int:
    """Take a secret."""
    if fails:
        raise ValueError("no")
    return len(secret)


@hide_init_arguments
@dataclass(frozen=True, slots=True)
class Careful:
    secret: str

    def __post_init__(self) -> None:
        careful(self.secret, fails=self.secret == SECRET)


@pytest.mark.parametrize("make", [careful, Careful])
def test_an_error_of_what_was_given_a_secret_holds_no_frame_that_knows_it(make: Callable[[str], object]) -> None:
    with pytest.raises(ValueError, match=r"^no$") as caught:
        make(SECRET)
    frames = traceback.StackSummary.extract(traceback.walk_tb(caught.value.__traceback__), capture_locals=True)
    assert [frame.name for frame in frames] == [frames[0].name, "call"]
    assert not any("secret" in name for name in frames[1].locals or {})
    assert repr(SECRET) not in (frames[1].locals or {}).values()
    assert caught.value.__context__ is None


def test_what_is_discreet_is_otherwise_as_it_was() -> None:
    assert careful("four", fails=False) == 4
    assert Careful("four") == Careful("four")
    assert str(inspect.signature(careful)) == "(secret: str, *, fails: bool = True) -> int"
    assert list(inspect.signature(Careful).parameters) == ["secret"]
