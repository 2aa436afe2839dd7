"""Every notebook runs from top to bottom, and is kept with its outputs."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell as code_cell

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda it: it.stem)


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds(cell: Any) -> set[str]:
    """What a cell brings: text, values, pictures."""
    return {kind for out in cell.outputs for kind in out.get("data", [out.get("name")])}


@pytest.mark.socket
def test_it_runs_and_each_cell_may_be_run_again(path: Path) -> None:
    kept = code(nbformat.read(path, as_version=4))
    twice = nbformat.v4.new_notebook(cells=[code_cell(cell.source) for cell in kept for _ in range(2)])
    NotebookClient(twice, timeout=60, kernel_name="python3").execute()
    for before, again, cell in zip(twice.cells[::2], twice.cells[1::2], kept, strict=True):
        assert kinds(before) == kinds(again) == kinds(cell)
        assert "stderr" not in kinds(cell)
    assert twice.cells[-1].outputs[-1].data["text/plain"] == "[]"  # no thread is left


def test_it_was_kept_as_it_ran_from_top_to_bottom(path: Path) -> None:
    cells = code(nbformat.read(path, as_version=4))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert "image/png" in set.union(*map(kinds, cells))
