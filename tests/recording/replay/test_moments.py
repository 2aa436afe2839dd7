from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from rx_kucoin.recording.replay.moments import in_ns

NOON = 1_795_953_600 * 1_000_000_000
TOKYO = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        "2026-11-29T12:00:00",
        "2026-11-29 12:00",
        "2026-11-29T12:00:00Z",
        "2026-11-29T21:00:00+09:00",
        datetime(2026, 11, 29, 12, tzinfo=UTC).replace(tzinfo=None),
        datetime(2026, 11, 29, 12, tzinfo=UTC),
        datetime(2026, 11, 29, 21, tzinfo=TOKYO),
    ],
)
def test_it_may_be_said_in_many_ways(moment: Any) -> None:
    assert in_ns(moment) == NOON


def test_a_day_is_where_it_begins_and_none_is_none() -> None:
    assert in_ns(date(2026, 11, 29)) == in_ns("2026-11-29") == NOON - 12 * 3_600 * 1_000_000_000
    assert in_ns(None) is None


def test_numpy_and_pandas_have_their_own_ways() -> None:
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    ways = numpy.int64(NOON), numpy.datetime64(NOON, "ns"), pandas.Timestamp(NOON), pandas.Timestamp(NOON, tz=TOKYO)
    assert {in_ns(moment) for moment in ways} == {NOON}
    with pytest.raises(ValueError, match="NaT is no moment"):
        in_ns(pandas.NaT)


@pytest.mark.parametrize("moment", ["", "now", "12:00", 1.7e9, float("nan"), timedelta(1), [], b"2026"])
def test_anything_else_is_none(moment: Any) -> None:
    with pytest.raises(ValueError, match="is no moment"):
        in_ns(moment)
