"""The widget in the notebook: anywidget with uPlot, both part of this package; nothing is loaded from elsewhere.

Why uPlot: measured with JupyterLab 4.6 and Chromium 156 on two shared cores without a GPU, which is unfavourable for
WebGL; a line of 10,000 points, 100 new ones in each of 10 frames a second. Two runs of 10 s each, bqplot one. Columns:
frames on the screen a second, kB sent to the browser for each frame, CPU in percent of a core, and MB before the first
frame. Compare ratios rather than absolute values.

    library                       pictures       kB        kernel   browser     MB
    uPlot 1.6 in anywidget        10.1           2.2       1        40 to 44    0.4
    bokeh 3.9 in jupyter_bokeh    8 to 10        10        9, 11    76 to 86    8.2
    bokeh, WebGL                  2.4, 2.9       8         7        83 to 102   8.2
    ipympl 0.10                   7 to 11        14, 20    18, 25   47 to 67    0.3
    plotly 7.1, FigureWidget      0.3, 1.5       52, 79    3        31 to 40    5.4
    plotly, Scattergl             2.0, 2.1       41, 44    3        82 to 91    5.4
    bqplot 0.13                   1.4            118       2        48          0.2

plotly and bqplot send all points each time: 160 kB a frame, of which less arrived; the reason was not investigated, and
the server logged no drops. bokeh came closest, with twice the CPU, and embeds BokehJS in the notebook.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

from rx_kucoin.notebook._optional import optional

__all__ = ["new_widget"]

_FRONT: Final = Path(__file__).parent / "front"


def new_widget(spec: dict[str, Any]) -> Any:
    """Make the widget of a chart.

    Raises:
        ImportError: anywidget is not installed.
    """
    return _class()(spec=spec)


@cache
def _class() -> Any:
    body = {
        "_esm": _read("uplot.js", "chart.js"),
        "_css": _read("uplot.css", "chart.css"),
        "spec": optional("traitlets").Dict().tag(sync=True),
    }
    return type("LiveChart", (optional("anywidget").AnyWidget,), body)


def _read(*names: str) -> str:
    return "\n".join((_FRONT / name).read_text(encoding="utf-8") for name in names)
