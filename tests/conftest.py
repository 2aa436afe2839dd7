"""Files whose tests take longest come first, so that none of them is left for the end with a single process at it."""

from typing import Final

import pytest

_LONG: Final = (
    *("test_notebooks", "test_instructions", "test_books", "test_stop", "test_readme", "test_renewal"),
    *("test_calibration_day", "test_virtual_day", "test_screen", "test_main", "test_every_stream_lives"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    turns = {name: turn for turn, name in enumerate(_LONG)}
    items.sort(key=lambda item: turns.get(item.path.stem, len(_LONG)))
