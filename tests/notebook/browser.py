"""See a notebook move: JupyterLab on loopback, headless Chromium, all cells run, two screenshots a second apart.

    python tests/notebook/browser.py [NOTEBOOK] [FOLDER FOR THE PICTURES]

It needs jupyterlab, Pillow and Chromium; where one is missing it says so, and that is all.
"""

import io
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from chromium import installed

HERE = Path(__file__).parent
SECONDS = 10.0
SAYS = "[...document.querySelectorAll('.rxk-state')].map(each => each.innerText)"


def missing() -> list[str]:
    """What is not installed."""
    packages = [name for name in ("jupyterlab", "PIL", "nbformat", "numpy") if find_spec(name) is None]
    return packages + ([] if installed() else ["Chromium"])


def look(notebook: Path, folder: Path, *, settle: float = 6.0, seconds: float = SECONDS) -> dict[str, Any]:
    """Run a notebook in front of a browser; tell what changed on the screen, and what it cost."""
    from costs import Costs  # noqa: PLC0415  these need what may be missing
    from lab import opened, restart, run_all  # noqa: PLC0415
    from PIL import Image, ImageChops  # noqa: PLC0415

    with opened(notebook, height=1500) as (page, browser, server):
        run_all(page)
        page.listen(settle)
        pictures = []
        for name in ("before", "after"):
            pictures.append(page.picture())
            (folder / f"{notebook.stem}_{name}.png").write_bytes(pictures[-1])
            page.listen(1.0)
        first, second = (Image.open(io.BytesIO(picture)).convert("L") for picture in pictures)
        changed = sum(ImageChops.difference(first, second).histogram()[16:]) / (first.width * first.height)
        page.call("Page.startScreencast", format="jpeg", quality=10)
        costs = Costs(server, browser)
        page.bytes = page.messages = page.frames = 0
        page.listen(seconds)
        told = {
            "pixels that differ after a second": f"{changed:.2%}",
            "pictures a second on the screen": round(page.frames / seconds, 1),
            "WebSocket bytes a second": round(page.bytes / seconds),
            "WebSocket messages a second": round(page.messages / seconds, 1),
            **costs.told(seconds),
            "addresses beyond this machine": sorted(page.strangers),
            "errors on the console": list(page.said),
        }
        restart(page)
        page.listen(1.0)
        return told | {"what charts say when their kernel is gone": page.run(SAYS)}


def example(folder: Path) -> Path:
    """A notebook with the three charts, before a simulated exchange."""
    import nbformat  # noqa: PLC0415

    path = folder / "charts.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in (HERE / "charts.py").read_text().split("\n# %%\n")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def main(words: list[str]) -> None:
    """Look, and print what was seen."""
    if lacking := missing():
        print("not here:", ", ".join(lacking))
        return
    with TemporaryDirectory() as made:
        notebook = Path(words[0]) if words and words[0] else example(Path(made))
        folder = Path(words[1]) if len(words) > 1 else Path(gettempdir(), "rx_kucoin")
        folder.mkdir(parents=True, exist_ok=True)
        print(f"pictures: in {folder}")
        for name, value in look(notebook, folder).items():
            print(f"{name}: {value}")


if __name__ == "__main__":
    main(sys.argv[1:])
