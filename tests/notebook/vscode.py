"""See the charts before the widget manager that VS Code's Jupyter extension uses, and a real kernel.

    python tests/notebook/vscode.py [FOLDER FOR THE PICTURES]

VS Code itself is not opened: `vscode.js` does with outputs what its Jupyter extension does. It needs jupyterlab,
Chromium, npm and npm's registry; where one is missing it says so, and that is all.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, Final

from chromium import Page, chromium, installed

HERE: Final = Path(__file__).parent
PACKAGES: Final = ("@jupyterlab/services@7", "esbuild@0", "requirejs@2")
MANAGER: Final = "@vscode/jupyter-ipywidgets8@1"

PREPARE: Final = """
import threading
from reactivex.subject import Subject
from rx_kucoin.notebook import live_chart
from rx_kucoin.notebook._cells import CELLS

source, pause = Subject(), threading.Event()

def flow():
    for each in range(100_000):
        source.on_next(each * 7 % 101)
        pause.wait(0.02)

threading.Thread(target=flow, daemon=True).start()
"""
MAKE: Final = "chart = live_chart(source); chart"
COUNT: Final = "len(source.observers), len(CELLS._charts), chart.state"


def missing() -> list[str]:
    """What is not installed."""
    packages = [name for name in ("jupyterlab", "anywidget") if find_spec(name) is None]
    return packages + ([] if installed() else ["Chromium"]) + ([] if shutil.which("npm") else ["npm"])


def fetch(folder: Path) -> list[Path]:
    """Fetch what the page consists of: ours, RequireJS, the widget manager, and anywidget, which is here."""

    def npm(*words: str) -> str:
        command = [shutil.which("npm") or "npm", *words, "--loglevel=error"]
        return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout

    npm("install", "--no-audit", "--no-fund", *PACKAGES)
    shutil.unpack_archive(folder / npm("pack", MANAGER).split()[-1], folder / "manager", filter="data")
    modules = folder / "node_modules"
    words = [modules / ".bin" / "esbuild", HERE / "vscode.js", "--bundle", "--log-level=error", "--outfile=code.js"]
    subprocess.run(words, cwd=folder, env=os.environ | {"NODE_PATH": str(modules)}, check=True)
    named = folder / "anywidget.js"
    anywidget = Path(sys.prefix) / "share" / "jupyter" / "nbextensions" / "anywidget" / "index.js"
    named.write_text(anywidget.read_text().replace("define([", 'define("anywidget", ['))
    manager = folder / "manager" / "package" / "dist" / "ipywidgets.js"
    return [folder / "code.js", modules / "requirejs" / "require.js", manager, named]


@contextmanager
def opened(scripts: list[Path]) -> Iterator[tuple[Page, Callable[..., str]]]:
    """A page with a kernel of its own; gives it, and what runs a cell."""
    from lab import served  # noqa: PLC0415  needs what may be missing

    with TemporaryDirectory() as made:
        home = Path(made)
        with served(home, sys.executable) as (address, token, _), chromium(home / "browser") as (page, _):
            page.call("Page.navigate", url=f"{address}/login")
            page.until("document.readyState === 'complete'")
            ours, *others = (script.read_text() for script in scripts)
            page.run(f"{ours}; 1")
            page.run("kind = {type: 'text/javascript'}; 1")
            blobs = [f"URL.createObjectURL(new Blob([{json.dumps(each)}], kind))" for each in others]
            page.run(f"code.start({json.dumps(token)}, {', '.join(blobs)}).then(() => 1)")
            yield page, lambda source, cell="test": str(page.run(f"code.run({json.dumps(source)}, {json.dumps(cell)})"))


def look(scripts: list[Path], folder: Path) -> Iterator[tuple[str, Any]]:
    """Do what somebody does with a chart in VS Code; tell what came of it."""
    first = "code.outputs().at(-1)"
    with opened(scripts) as (page, run):
        run(PREPARE)
        run(MAKE, "one")
        page.until(f"!!{first}?.querySelector('canvas')")
        page.listen(2)
        before = page.picture()
        page.listen(1)
        (folder / "vscode.png").write_bytes(after := page.picture())
        yield "it moves", before != after
        for _ in range(20):
            run(MAKE, "one")
        page.listen(1)
        yield "one subscription after 20 runs", run(COUNT) == "(1, 1, 'live')"
        page.until(f"!!{first}?.querySelector('canvas')")
        page.run(f"code.hide({first}, true)")
        page.listen(4)
        yield "it lives while it is scrolled out of sight", run(COUNT) == "(1, 1, 'live')"
        page.run(f"code.again({first}).then(() => 1)")
        page.listen(4)
        yield "and when its view is made anew", run(COUNT) == "(1, 1, 'live')"
        page.run(f"{first}.remove()")
        page.listen(4)
        yield "it stops when its output is deleted", run(COUNT) == "(0, 0, 'stopped')"
        run(MAKE, "two")
        page.until(f"!!{first}?.querySelector('canvas')")
        request = page.run(f"{first}.parent")
        run("chart.stop()", "three")
        page.until(f"!!{first}.querySelector('img')")
        yield "a picture takes its place, in the name of its cell", page.run(f"{first}.parent") == request
        # The manager resizes views that it has closed, whosever they are.
        yield "errors on the console", [said for said in page.said if "processLuminoMessage" not in said]


def main(words: list[str]) -> int:
    """Look, and print what was seen."""
    if lacking := missing():
        print("not here:", ", ".join(lacking))
        return 0
    with TemporaryDirectory() as made:
        try:
            scripts = fetch(Path(made))
        except subprocess.CalledProcessError as error:
            print("not here:", *map(str, error.cmd))
            return 0
        folder = Path(words[0]) if words else Path(gettempdir(), "rx_kucoin")
        folder.mkdir(parents=True, exist_ok=True)
        print(f"pictures: in {folder}")
        seen = dict(look(scripts, folder))
    for what, came in seen.items():
        print(f"{what}: {came}")
    return 0 if all(came in (True, []) for came in seen.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
