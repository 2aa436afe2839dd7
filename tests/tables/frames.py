"""Frames of either library as plain Python values."""

from typing import Any, Literal

from rx_kucoin.tables import Table

__all__ = ["Library", "rows_of", "times_of", "values_of"]

Library = Literal["pandas", "polars"]


def rows_of(table: Table, library: Library) -> list[dict[str, Any]]:
    """Return the rows without their time. None: the value is missing."""
    rows: list[dict[str, Any]]
    if library == "polars":
        rows = table.polars().drop("time").to_dicts()
    else:
        frame = table.pandas()
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return rows


def values_of(table: Table, library: Library, column: str) -> list[Any]:
    """Return one column. None: the value is missing."""
    return [row[column] for row in rows_of(table, library)]


def times_of(table: Table, library: Library) -> list[int]:
    """Return the time of each row, in nanoseconds since 1970."""
    times: list[int]
    if library == "polars":
        times = table.polars()["time"].to_physical().to_list()
    else:
        times = table.pandas().index.as_unit("ns").asi8.tolist()
    return times
