"""The front end of a chart in a real browser, with this test as its kernel."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import Page, chromium, installed

import rx_kucoin.notebook

pytestmark = [
    pytest.mark.ci,
    pytest.mark.socket,
    pytest.mark.skipif(installed() is None, reason="Chromium is not installed"),
]
FRONT = Path(rx_kucoin.notebook.__file__).parent / "front"

# What anywidget is to a widget, and what uPlot was told to draw.
FRAME = """
const heard = {}, said = [];
const model = { get: () => (SPEC), on: (name, hear) => { heard[name] = hear; }, send: (word) => said.push(word) };
const bare = uPlot;
let plot;
uPlot = Object.assign(function (...all) { plot = new bare(...all); return plot; }, bare);
const widget = front();
widget.initialize({ model });
const output = document.body.appendChild(document.createElement("div"));
widget.render({ model, el: output });
const tell = (told, ...columns) => new Promise((drawn) => {
  const buffers = columns.map((column) => new DataView(new Float64Array(column).buffer));
  heard["msg:custom"]({ words: "live", state: "live", ...told }, buffers);
  requestAnimationFrame(() => requestAnimationFrame(() => drawn(1)));
});
1
"""


class Front:
    """A page with one chart."""

    def __init__(self, page: Page, spec: dict[str, Any], body: str = "") -> None:
        self.page, self.number = page, 0
        page.call("Page.navigate", url="about:blank")
        page.run(f"document.body.className = {body!r}")
        script = (FRONT / "chart.js").read_text().replace("export default", "const front =")
        parts = (FRONT / "uplot.js").read_text(), script, FRAME.replace("SPEC", json.dumps({"height": 200, **spec}))
        page.run("\n".join(parts))

    def tell(self, told: dict[str, Any], *columns: list[float]) -> None:
        self.number += 1
        words = json.dumps([{"number": self.number, **told}, *columns])
        self.page.run(f"tell(...{words})")

    def run(self, script: str) -> Any:
        return self.page.run(script)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("browser")) as (page, _):
        yield page


LINES = {"kind": "lines", "points": 5, "title": "", "time": True}
LABELS = {"title": "t", "x": "x", "y": "y", "time": False}


def test_where_x_goes_back_what_came_first_gives_way_not_what_stands_leftmost(page: Page) -> None:
    front = Front(page, LINES)
    told = {"lines": ["a", "b"]}
    front.tell({**told, "whole": True, "labels": LABELS}, [1, 2, 3, 4], [10, 20, 30, 40], [0, 0, 1, 0])
    front.tell({**told, "whole": False}, [0, 2, 5], [1, 21, 50], [0, 0, 0])
    assert front.run("plot.data") == [[0, 2, 3, 4, 5], [1, 21, None, 40, 50], [None, None, 30, None, None]]
    front.tell({**told, "whole": False}, [1, 1], [11, 12], [0, 1])
    assert front.run("plot.data[0]") == [0, 1, 1, 2, 5]


def test_a_bar_alone_has_room_for_a_dozen_not_for_years(page: Page) -> None:
    front = Front(page, {"kind": "candles", "points": 200, "title": "", "time": True})
    labels = {**LABELS, "time": True, "seconds": 60, "volume": "volume"}
    front.tell({"whole": True, "labels": labels}, [1_700_000_000, 1, 2, 0.5, 1.5, 3])
    assert front.run("plot.scales.x.max - plot.scales.x.min") == pytest.approx(720)


@pytest.mark.parametrize(("body", "views"), [("vscode-light", [1, 0, 1]), ("jp-ThemedContainer", [1])])
def test_what_is_off_the_page_is_gone_in_vs_code_and_scrolled_away_elsewhere(
    page: Page, body: str, views: list[int]
) -> None:
    front = Front(page, LINES, body)
    front.tell({"lines": ["a"], "whole": True, "labels": LABELS}, [1, 2], [10, 20], [0, 0])
    page.listen(0.3)
    front.run("output.remove()")
    page.listen(0.3)
    front.run("document.body.append(output), 1")
    page.listen(0.3)
    assert [said["views"] for said in front.run("said") if "views" in said] == views


def test_a_chart_whose_kernel_was_restarted_says_so_until_it_hears_from_it_again(page: Page) -> None:
    front = Front(page, LINES)
    state = "document.querySelector('.rxk-state').innerText"
    front.tell({"lines": ["a"], "whole": True, "labels": LABELS}, [1, 2], [10, 20], [0, 0])
    assert front.run(state) == "live"
    front.run("heard.comm_live_update(), 1")
    assert front.run(state) == "its kernel is gone: run the cell again"
    front.tell({"lines": ["a"], "whole": False}, [3], [30], [0])
    assert front.run(state) == "live"


@pytest.mark.parametrize("asks", [[84_002, 1], []], ids=["both sides", "one side"])
def test_a_book_has_a_dashed_middle_where_it_has_two_sides(page: Page, asks: list[float]) -> None:
    front = Front(page, {"kind": "book", "points": 50, "title": "", "time": True})
    best = ["83,998", "1", "84,002", "1"] if asks else ["83,998", "1", None, None]
    front.tell({"whole": True, "labels": LABELS, "best": best, "mid": "", "spread": ""}, [83_998, 1], asks)
    column = "Math.round(plot.valToPos(84000, 'x', true)), plot.bbox.top, 1, 4"
    solid = front.run(f"[...plot.ctx.getImageData({column}).data].some((value, i) => i % 4 === 3 && value > 100)")
    assert solid == bool(asks)
