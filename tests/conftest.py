"""How all tests are run: collected quickly, the longest first."""

import gc
import os
import sys
from collections.abc import Generator
from typing import Final

import pytest

# Two hundred programs are started: without bytecode each compiles the package anew, and each worker the tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_LONG: Final = (
    *("test_notebooks", "test_instructions", "test_books", "test_stop", "test_readme", "test_renewal"),
    *("test_calibration_day", "test_virtual_day", "test_screen", "test_main", "test_every_stream_lives"),
)
"""Files whose tests take longest, so that none of them is left for the end with a single process at it."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector, and keep what was collected out of its passes.

    Tests are a quarter of a million objects. A pass over them stops every thread, and takes seconds on a busy machine:
    more than some tests give what they measure.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    turns = {name: turn for turn, name in enumerate(_LONG)}
    items.sort(key=lambda item: turns.get(item.path.stem, len(_LONG)))
