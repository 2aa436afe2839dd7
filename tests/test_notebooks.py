"""Every notebook runs from top to bottom, and is kept with its outputs."""

import copy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda it: it.stem)


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds(notebook: Any) -> list[list[str]]:
    """What each cell brings: text, values, pictures."""
    return [[*{kind: None for out in cell.outputs for kind in out.get("data", ["text"])}] for cell in code(notebook)]


@pytest.mark.socket
def test_it_runs_and_brings_what_it_is_kept_with(path: Path) -> None:
    kept = nbformat.read(path, as_version=4)
    ran = copy.deepcopy(kept)
    NotebookClient(ran, timeout=60, kernel_name="python3").execute()
    assert kinds(ran) == kinds(kept)
    assert not [out.text for cell in code(ran) for out in cell.outputs if out.get("name") == "stderr"]


@pytest.mark.socket
def test_each_cell_may_be_run_again(path: Path) -> None:
    twice = nbformat.read(path, as_version=4)
    twice.cells = [copy.deepcopy(cell) for cell in code(twice)[:-1] for _ in range(2)] + code(twice)[-1:]
    for number, cell in enumerate(twice.cells):
        cell.id = f"cell-{number}"
    NotebookClient(twice, timeout=60, kernel_name="python3").execute()
    assert twice.cells[-1].outputs[-1].data["text/plain"] == "[]"  # no thread is left


def test_it_was_kept_as_it_ran_from_top_to_bottom(path: Path) -> None:
    cells = code(nbformat.read(path, as_version=4))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any("image/png" in kind for cell in kinds(nbformat.read(path, as_version=4)) for kind in cell)
