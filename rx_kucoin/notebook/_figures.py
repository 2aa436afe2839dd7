"""A chart as a matplotlib figure, and as a PNG that stays in the notebook."""

from base64 import b64encode
from datetime import UTC
from io import BytesIO
from textwrap import fill
from typing import Any, Final

from rx_kucoin.notebook._optional import optional
from rx_kucoin.notebook._series import Series

__all__ = ["figure_of", "png_of"]


def figure_of(series: Series, title: str | None, height: int, note: str, *, is_wrong: bool = False) -> Any:
    """Return a figure of a series, without pyplot and without a window.

    Raises:
        ImportError: matplotlib is not installed.
    """
    dates, written = (
        optional("matplotlib.dates"),
        optional("matplotlib.ticker").StrMethodFormatter("{x:,.10g}"),
    )
    labels = series.labels()
    figure = optional("matplotlib.figure").Figure(
        figsize=(_WIDTH / _DPI, height / _DPI), dpi=_DPI, layout="constrained"
    )
    axes = figure.subplots()
    series.draw_on(axes)
    heading, colour = title or labels["title"], _WARNING if is_wrong else "#6a7078"
    if len(heading) * 1.5 + len(note) < _LINE:
        axes.set_title(heading, loc="left", fontsize=12, fontweight="bold")
        axes.set_title(note, loc="right", fontsize=9, color=colour)
    else:
        figure.suptitle(heading, x=0.01, ha="left", fontsize=12, fontweight="bold")
        axes.set_title(fill(note, _LINE, max_lines=4), loc="left", fontsize=9, color=colour)
    axes.set_xlabel(labels["x"], fontsize=9)
    axes.set_ylabel(labels["y"], fontsize=9)
    axes.tick_params(labelsize=9, color=_SOFT)
    axes.grid(color="#808080", alpha=0.18)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_SOFT)
    axes.margins(x=0.01)
    axes.yaxis.set_major_formatter(written)
    if labels["time"]:
        locator = dates.AutoDateLocator()
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=UTC))
    else:
        axes.xaxis.set_major_formatter(written)
    for text in figure.findobj(optional("matplotlib.text").Text):
        text.set_parse_math(False)  # a dollar sign is no markup
    return figure


def png_of(figure: Any, words: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a PNG as data and metadata of a cell's output, with the resolution of dense screens."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=2 * _DPI, facecolor="white")
    wide, high = (round(side * _DPI) for side in figure.get_size_inches())
    data = {"image/png": b64encode(file.getvalue()).decode(), "text/plain": words}
    return data, {"image/png": {"width": wide, "height": high}}


_SOFT: Final = "#c8ccd2"
_WARNING: Final = "#c0392b"
_WIDTH: Final = 900
_DPI: Final = 100
_LINE: Final = 120
"""Characters of the small font that fit on one line."""
