"""The terminal that is drawn on: its other screen, left as it was found."""

import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import cache
from types import FrameType
from typing import Any, Final, Self, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.segment import ControlType, Segment
from rich.style import Style

from rx_kucoin.cli._columns import Glyphs
from rx_kucoin.cli._numbers import cells
from rx_kucoin.cli._table import Line
from rx_kucoin.cli._terminal import Terminal

__all__ = ["Canvas"]

_ASCII: Final = Glyphs(steps="_.-~=+*#", rise="^", fall="v", more="~", dot="|")
_ERASE: Final = Segment("\x1b[K", None, [(ControlType.ERASE_IN_LINE, 0)])


class Canvas:
    """Shows pictures one after the other in the same place.

    A terminal that cannot (`TERM=dumb`) has them one below the other. What others write to stderr meanwhile is told
    afterwards.
    """

    def __init__(self, soon: Callable[[Callable[[], None]], None], redraw: Callable[[], None]) -> None:
        self._terminal = Terminal()
        self._console = Console(file=cast("TextIO", self._terminal), highlight=False)
        self._soon, self._redraw = soon, redraw
        self._is_aside = False
        self._found: dict[int, Any] = {}
        self._meanwhile = io.StringIO()
        self._guard = contextlib.ExitStack()

    @property
    def is_dumb(self) -> bool:
        """Whether it only takes one line after the other."""
        return self._console.is_dumb_terminal

    @property
    def glyphs(self) -> Glyphs:
        """What it can show."""
        return _ASCII if self._console.options.ascii_only else Glyphs()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines, by the terminal itself: `COLUMNS` in the environment does not follow a resize."""
        with contextlib.suppress(OSError, ValueError):
            width, height = os.get_terminal_size(sys.stdout.fileno())
            if width > 0 and height > 0:
                return width, height
        return self._console.size.width, self._console.size.height

    def draw(self, lines: Sequence[Line]) -> None:
        """Show a picture, whole; or none, while the terminal is not through with the last."""
        if self._is_aside:
            self._console.print(Control.home(), _Frame(lines, *self.size), end="", crop=False, soft_wrap=True)
        elif self.is_dumb:
            self._console.print(_Paragraph(lines), crop=False, soft_wrap=True)

    def leave(self, lines: Sequence[Line]) -> None:
        """Write a picture down, to stay."""
        self._terminal.settle()
        self._console.print(_Paragraph(lines), crop=False, soft_wrap=True)
        self._terminal.settle()

    def __enter__(self) -> Self:
        if not self.is_dumb:
            self._guard.enter_context(contextlib.redirect_stderr(self._meanwhile))
            self._go_aside()
            self._heed("SIGWINCH", lambda: self._soon(self._redraw))
            self._heed("SIGTSTP", lambda: self._soon(self._pause))
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._found.items():
            signal.signal(number, before)
        self._come_back()
        self._guard.close()
        sys.stderr.write(self._meanwhile.getvalue())

    def _go_aside(self) -> None:
        self._is_aside = True
        self._terminal.clear()
        with self._console:
            self._console.set_alt_screen(enable=True)
            self._console.show_cursor(show=False)

    def _come_back(self) -> None:
        if self._is_aside:
            self._is_aside = False
            self._terminal.clear()
            with self._console:
                self._console.set_alt_screen(enable=False)
                self._console.show_cursor(show=True)

    def _heed(self, name: str, act: Callable[[], None]) -> None:
        number = getattr(signal, name, None)  # Windows has neither; it is redrawn in time
        if number is not None:

            def handle(_number: int, _frame: FrameType | None) -> None:
                act()

            self._found[number] = signal.signal(number, handle)

    def _pause(self) -> None:
        """Ctrl-Z: give the terminal back until this process goes on."""
        self._come_back()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._go_aside()
        self._redraw()


class _Frame:
    """A picture that covers the screen: every line is written over, and what was right of it or below is erased."""

    def __init__(self, lines: Sequence[Line], width: int, height: int) -> None:
        self._lines, self._width, self._height = lines, width, height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del options
        encoding = console.encoding
        for place in range(self._height):
            line = self._lines[place] if place < len(self._lines) else []
            if place:
                yield Segment.line()
            yield from _segments(line, encoding)
            if sum(cells(text) for text, _ in line) < self._width:
                yield _ERASE  # at the end of a full line it would erase the last character


class _Paragraph:
    """A picture among other text."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del options
        encoding = console.encoding
        for line in self._lines:
            yield from _segments(line, encoding)
            yield Segment.line()


def _segments(line: Line, encoding: str) -> list[Segment]:
    return [Segment(_told(text, encoding), _style(style)) for text, style in line]


def _told(text: str, encoding: str) -> str:
    """Put a question mark for what the terminal's encoding has no letter for."""
    return text if text.isascii() else text.encode(encoding, "replace").decode(encoding)


@cache
def _style(name: str) -> Style:
    return Style.parse(name)
