"""The charts in a real JupyterLab, before a real browser, where both are installed."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("browser.py")


@pytest.mark.ci
@pytest.mark.socket
def test_the_charts_move_on_the_screen_and_ask_nobody_else_for_anything(tmp_path: Path) -> None:
    said = subprocess.run([sys.executable, SCRIPT, "", tmp_path], capture_output=True, text=True, check=False)
    if said.stdout.startswith("not here:"):
        pytest.skip(said.stdout.strip())
    assert said.returncode == 0, said.stderr
    told = dict(line.split(": ", 1) for line in said.stdout.splitlines())
    assert float(told["pixels that differ after a second"].rstrip("%")) > 0.1
    assert float(told["pictures a second on the screen"]) > 5
    assert told["addresses beyond this machine"] == told["errors on the console"] == "[]"
    assert told["what charts say when their kernel is gone"].count("run the cell again") == 3
    assert {path.name for path in tmp_path.glob("*.png")} == {"charts_before.png", "charts_after.png"}
