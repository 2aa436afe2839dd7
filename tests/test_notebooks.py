"""Every notebook runs from top to bottom, with one line changed on another exchange as well, and is kept as it ran."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rx_kucoin.simulator import Simulator

LOG = re.compile(r"((line \d+|/|\d+ more of the same: ).*\n+)*")
NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda it: it.stem)


def cells(path: Path) -> list[dict[str, Any]]:
    """The cells as they are kept, each with its source in one piece."""
    kept: list[dict[str, Any]] = json.loads(path.read_text())["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in kept]


def code(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in cells(path) if cell["cell_type"] == "code"]


def run(sources: list[str]) -> list[Any]:
    client, new = pytest.importorskip("nbclient"), pytest.importorskip("nbformat.v4")
    notebook = new.new_notebook(cells=[new.new_code_cell(source) for source in sources])
    client.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return list(notebook.cells)


def kinds(cell: dict[str, Any]) -> set[str]:
    """What a cell brings: text, values, pictures. What the log says of a line that a cell cuts is none of it."""
    outputs = [out for out in cell["outputs"] if out.get("name") != "stderr" or not LOG.fullmatch("".join(out["text"]))]
    return {kind for out in outputs for kind in out.get("data", [out.get("name")])}


@pytest.mark.ci
@pytest.mark.socket
def test_each_cell_may_be_run_again_and_with_one_line_changed_all_on_an_exchange_that_is_far_away(path: Path) -> None:
    kept = code(path)
    with Simulator(rate_per_topic=60) as far:
        far.faults.slow_welcome(0.7)
        elsewhere = [cell["source"].replace("exchange.rest_url", repr(far.rest_url)) for cell in kept]
        ran = run([*(cell["source"] for cell in kept for _ in range(2)), *elsewhere])
        assert far.dials
    twice, away = ran[: 2 * len(kept)], ran[2 * len(kept) :]
    for before, again, moved, cell in zip(twice[::2], twice[1::2], away, kept, strict=True):
        assert kinds(before) == kinds(again) == kinds(cell)
        assert ("image/png" in kinds(moved)) == ("image/png" in kinds(cell))
        assert "stderr" not in kinds(cell)
    for last in (twice[-1], away[-1]):
        assert last.outputs[-1].data["text/plain"] == "[]"  # no thread is left


def test_one_line_changes_for_kucoin_and_the_last_section_shows_it(path: Path) -> None:
    [line] = [line for cell in code(path) for line in cell["source"].splitlines() if "rest_url" in line]
    instead = re.sub(r"rest_url=exchange\.rest_url(, )?", "", line)
    last = cells(path)[-1]["source"]
    assert last.startswith("## For KuCoin itself\n\nOne line of ")
    assert f"```python\n{instead}\n```" in last


def test_it_was_kept_as_it_ran_from_top_to_bottom(path: Path) -> None:
    kept = code(path)
    assert [cell["execution_count"] for cell in kept] == list(range(1, len(kept) + 1))
    assert "image/png" in set.union(*map(kinds, kept))
