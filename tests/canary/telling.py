"""All that an error, an event or a record tells to whoever looks: a log, a notebook, a debugger that shows locals."""

import dataclasses
import logging
import pickle
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final

__all__ = ["of_error", "of_event", "of_object", "of_record", "of_stack", "of_trace"]

TESTS: Final = str(Path(__file__).parents[1])


def of_error(error: BaseException | None) -> Iterator[str]:
    """What an error tells, with all the errors that hang on it, shown or not."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield from (repr(one), str(one), repr(one.args), repr(vars(one)), *traceback.format_exception(one))
        yield from of_trace(one.__traceback__)
        yield from of_pickle(one)
        values = (*one.args, *vars(one).values())
        waiting += [one.__cause__, one.__context__, *(value for value in values if isinstance(value, BaseException))]


def of_trace(trace: TracebackType | None) -> Iterator[str]:
    """What the frames of a traceback hold, but those of the tests, which know every secret."""
    yield from _locals(traceback.StackSummary.extract(traceback.walk_tb(trace), capture_locals=True))


def of_stack() -> Iterator[str]:
    """What the frames hold that called whoever asks, but those of the tests."""
    yield from _locals(traceback.StackSummary.extract(traceback.walk_stack(None), capture_locals=True))


def _locals(frames: traceback.StackSummary) -> Iterator[str]:
    for frame in frames:
        if not frame.filename.startswith(TESTS):
            for name, shown in (frame.locals or {}).items():
                yield f"{frame.filename}:{frame.lineno} {frame.name} {name}={shown}"


def of_event(event: Any) -> Iterator[str]:
    """What an event tells, and what hangs on it."""
    yield from of_object(event)
    yield from of_pickle(event)
    for field in dataclasses.fields(event):
        value = getattr(event, field.name)
        yield from of_error(value) if isinstance(value, BaseException) else of_object(value)


def of_object(shown: object) -> Iterator[str]:
    """What any object shows of itself."""
    yield repr(shown)
    yield str(shown)


def of_record(record: logging.LogRecord) -> Iterator[str]:
    """What a record of the log tells, to any handler."""
    yield from (record.getMessage(), str(record.msg), repr(record.args))
    yield logging.Formatter("%(asctime)s %(threadName)s %(pathname)s %(funcName)s %(message)s").format(record)
    yield repr(vars(record))
    for value in record.args if isinstance(record.args, tuple) else ():
        yield from of_error(value) if isinstance(value, BaseException) else of_object(value)
    if record.exc_info:
        yield from of_error(record.exc_info[1])
        yield from of_trace(record.exc_info[2])


def of_pickle(kept: object) -> Iterator[str]:
    """What is written where it is pickled, if it can be."""
    with suppress(Exception):
        yield pickle.dumps(kept).decode("latin-1")
