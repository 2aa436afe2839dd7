from decimal import Decimal

import pytest
from rich.cells import cell_len

from rx_kucoin.cli._numbers import ago, clean, clock, fitted, number, per_second, percent


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        ("84521.3", "84521.3"),
        ("0.01183133", "0.01183133"),
        ("0.000000012345", "1.234e-8"),
        ("1234567.12345678", "1234567.12"),
        ("123456789.5", "123456789"),
        ("123456789012.5", "1.235e+11"),
        ("0", "0"),
        ("-0.5", "-0.5"),
    ],
)
def test_a_number_fits_its_column_and_keeps_its_size(value: str | None, shown: str) -> None:
    assert number(None if value is None else Decimal(value)) == shown


@pytest.mark.parametrize("width", [6, 7, 8, 10, 12])
@pytest.mark.parametrize("text", ["1.23456789012", "-12345678901234.5", "0.00000000000123", "9.99E+120", "-1E-99"])
def test_no_number_is_wider_than_its_column(text: str, width: int) -> None:
    shown = number(Decimal(text), width)
    assert len(shown) <= width
    assert float(shown) == pytest.approx(float(text), rel=0.5)


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (None, ("-", "")),
        ("0", ("0", "")),
        ("0.000001", ("0", "")),
        ("0.0123", ("+1.230%", "green")),
        ("-0.5", ("-50.000%", "red")),
        ("0.999994", ("+99.999%", "green")),
        ("0.999996", ("+100%", "green")),
        ("-1", ("-100%", "red")),
        ("2.5", ("+250%", "green")),
        ("99.99", ("+9999%", "green")),
        ("100", ("huge", "green")),
        ("1E9", ("huge", "green")),
        ("-1E9", ("huge", "red")),
        ("NaN", ("-", "")),
    ],
)
def test_a_change_has_a_sign_and_its_colour(part: str | None, shown: tuple[str, str]) -> None:
    assert percent(None if part is None else Decimal(part)) == shown


def test_spans_and_rates_are_short() -> None:
    assert [ago(seconds) for seconds in (-0.1, 7.4, 99, 100, 5_999, 7_200)] == ["0s", "7s", "99s", "2m", "100m", "2h"]
    assert [per_second(rate) for rate in (0.0, 0.5, 9.94, 10.4, 9_999, 12_345)] == [
        "0",
        "0.5",
        "9.9",
        "10",
        "9999",
        "12k",
    ]
    assert [clock(seconds) for seconds in (0, 61.9, 3_600, 360_000)] == ["0:00:00", "0:01:01", "1:00:00", "100:00:00"]


ODD = [
    "BTC",
    "日本-円",
    "é" * 9,
    "e\u0301",
    "\x1b[2J",
    "a\nb",
    "👩\u200d👩\u200d👧",
    "\u202eabc",
    "\ud800",
    "\uff37\uff29\uff24\uff25",
    "",
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("width", [0, 1, 2, 3, 5, 12])
@pytest.mark.parametrize("right", [True, False])
def test_any_text_is_exactly_as_wide_as_it_shall_be(text: str, width: int, *, right: bool) -> None:
    shown = fitted(clean(text), width, right=right)
    assert cell_len(shown) == width
    assert clean(shown) == shown


def test_what_moves_the_cursor_is_a_question_mark() -> None:
    assert clean("\x1b[2J\r\n\u202e\u200b") == "?[2J????"
    assert clean("日本 → é") == "日本 → é"
