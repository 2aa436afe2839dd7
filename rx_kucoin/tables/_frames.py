"""Columns as data frames. pandas and polars are imported here only, when a frame is made."""

from array import array
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal

from rx_kucoin.tables._columns import MISSING, Column
from rx_kucoin.tables._kinds import Kind
from rx_kucoin.tables._ring import View

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
    import polars as pl

__all__ = ["Library", "frame_in", "library", "pandas_frame", "polars_frame"]

Library = Literal["pandas", "polars"]

_INSTALL: Final[dict[Library, str]] = {"pandas": 'pip install "rx-kucoin[tables]"', "polars": "pip install polars"}


def library(name: Library) -> Any:
    """Import a library.

    Raises:
        ImportError: It is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(f"frames need {name}: {_INSTALL[name]}", name=name) from error


def frame_in(name: Library) -> Callable[[View], Any]:
    """Return the function that makes frames of a library.

    Raises:
        ImportError: It is not installed.
        ValueError: It is not supported.
    """
    if name not in _INSTALL:
        raise ValueError(f"frames are made by {' or '.join(_INSTALL)}, not by {name!r}")
    library(name)
    return pandas_frame if name == "pandas" else polars_frame


def pandas_frame(view: View) -> "pd.DataFrame":
    """Make a frame with the time as index, in UTC, to the nanosecond; `attrs["time"]` is the origin of the times."""
    pandas = library("pandas")
    index = pandas.DatetimeIndex(_numpy(view.times).view("M8[ns]"), name="time").tz_localize("UTC")
    columns = {name: _pandas_column(pandas, column) for name, column in view.columns.items()}
    frame: pd.DataFrame = pandas.DataFrame(columns, copy=False)
    frame.index = index
    frame.attrs["time"] = view.origin
    return frame


def polars_frame(view: View) -> "pl.DataFrame":
    """Make a frame with the time as its first column, in UTC, to the nanosecond."""
    polars = library("polars")
    time = _polars_column(polars, "time", Column("time", view.times))
    frame: pl.DataFrame = polars.DataFrame(
        [time, *(_polars_column(polars, name, column) for name, column in view.columns.items())]
    )
    return frame


def _numpy(data: "Sequence[Any]") -> Any:
    return import_module("numpy").array(data)


def _pandas_column(pandas: Any, column: Column) -> Any:
    kind, data = column
    if kind == "float":
        return _numpy(data)
    if kind == "int":
        numbers = _numpy(data)
        missing = numbers == MISSING
        numbers[missing] = 0
        return pandas.arrays.IntegerArray(numbers, missing)
    if kind == "time":
        return pandas.DatetimeIndex(_numpy(data).view("M8[ns]")).tz_localize("UTC").array
    if kind in _PANDAS:
        return pandas.array(data, dtype=_PANDAS[kind])
    if kind == "word":
        return pandas.Categorical(data)
    return pandas.Series(data, dtype=object).array


_PANDAS: Final[dict[Kind, str]] = {"bool": "boolean", "text": "string"}


def _polars_column(polars: Any, name: str, column: Column) -> Any:
    kind, data = column
    if kind == "float":
        return polars.Series(name, _plain(data), dtype=polars.Float64).fill_nan(None)
    if kind in {"int", "time"}:
        numbers = polars.Series(name, _plain(data), dtype=polars.Int64)
        numbers = numbers.set(numbers == MISSING, None)
        return numbers if kind == "int" else numbers.cast(polars.Datetime("ns", "UTC"))
    types = {"bool": polars.Boolean, "word": polars.Categorical, "text": polars.String, "null": polars.Null}
    return polars.Series(name, data, dtype=types.get(kind, polars.Object))


def _plain(data: Sequence[Any]) -> Any:
    """Return numbers as a numpy array if possible; polars also takes a list."""
    try:
        return _numpy(data)
    except ModuleNotFoundError:
        return data.tolist() if isinstance(data, array) else data
