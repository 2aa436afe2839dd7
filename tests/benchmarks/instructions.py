"""Instructions a message, under callgrind: the figure that hardly moves from run to run, where microseconds do."""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.child import Trouble, command
from benchmarks.inner.paths import PATHS

__all__ = ["MISSING", "WHOLE", "instructions", "table"]

WHOLE: Final = ("bare-orjson", "bare-msgspec", "raw", "typed")
"""The paths that go all the way."""
_LIMIT: Final = WHOLE[0]
_PATIENCE: Final = 300.0
_MARK: Final = "getloadavg"
"""The C function at whose calls callgrind writes down what it has counted; see `inner/__main__.py`."""

MISSING: Final = None if shutil.which("valgrind") else "valgrind is not installed, which counts the instructions"
"""Why nothing can be counted here; None: it can."""


def instructions(paths: Iterable[str] = WHOLE, python: str = sys.executable) -> dict[str, float]:
    """Count the instructions that each path takes a message.

    Raises:
        Trouble: it cannot be counted.
    """
    if MISSING:
        raise Trouble(MISSING)
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder) / "counts"
        going = command("inner", *paths, python=python)
        # The first run compiles, so that the second need not: it takes 50 times as long over everything.
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": f"{folder}/compiled"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        _run(going, environment)
        counting = ["valgrind", "--tool=callgrind", f"--dump-before={_MARK}", f"--callgrind-out-file={counts}"]
        told = _run([*counting, *going], environment)
        # One file for what comes before each mark: two for each path, the second of which is wanted.
        files = [counts.with_name(f"counts.{number}") for number in range(2, 2 * len(told) + 1, 2)]
        return {path: _total(file) / messages for (path, messages), file in zip(told.items(), files, strict=True)}


def table(found: Mapping[str, float]) -> Iterator[str]:
    """Write it down."""
    machine = f"callgrind, Python {platform.python_version()}, {platform.machine()}"
    yield f"Instructions a message, from the bytes of a read to the subscriber ({machine})"
    yield f"{'':<34}{'count':>9}{'x limit':>9}"
    for path, count in found.items():
        yield f"{PATHS[path].label:<34}{count:>9,.0f}{count / found[_LIMIT]:>9.2f}"


def _run(words: Sequence[str], environment: Mapping[str, str]) -> dict[str, int]:
    """Go the paths; return how many messages went each while it was counted."""
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode:
        raise Trouble("it failed: " + " | ".join(done.stderr.strip().splitlines()[-3:]))
    told = map(json.loads, done.stdout.splitlines())
    return {each["path"]: each["messages"] for each in told}


def _total(file: Path) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith("totals:"))
