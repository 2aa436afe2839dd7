"""Drawing on a terminal: on its alternate screen, which is left as it was found."""

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
from rx_kucoin.cli._table import StyledRow
from rx_kucoin.cli._terminal import Terminal

__all__ = ["Canvas"]

_ASCII: Final = Glyphs(steps="_.-~=+*#", rise="^", fall="v", more="~", dot="|")
_ERASE: Final = Segment("\x1b[K", None, [(ControlType.ERASE_IN_LINE, 0)])


class Canvas:
    """Draws screens in place, one over the other.

    On a terminal that cannot do that (`TERM=dumb`) they are printed one below the other. What is written to stderr
    meanwhile is printed at the end.
    """

    def __init__(self, call_soon: Callable[[Callable[[], None]], None], redraw: Callable[[], None]) -> None:
        self._terminal = Terminal()
        self._console = Console(file=cast("TextIO", self._terminal), highlight=False)
        self._call_soon, self._redraw = call_soon, redraw
        self._is_alt_screen = False
        self._previous: dict[int, Any] = {}
        self._stderr = io.StringIO()
        self._guard = contextlib.ExitStack()

    @property
    def is_dumb(self) -> bool:
        """Whether the terminal cannot move its cursor."""
        return self._console.is_dumb_terminal

    @property
    def glyphs(self) -> Glyphs:
        """The characters that the terminal can show."""
        return _ASCII if self._console.options.ascii_only else Glyphs()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, from the terminal itself: `COLUMNS` in the environment does not follow a resize."""
        with contextlib.suppress(OSError, ValueError):
            width, height = os.get_terminal_size(sys.stdout.fileno())
            if width > 0 and height > 0:
                return width, height
        return self._console.size.width, self._console.size.height

    def draw(self, rows: Sequence[StyledRow]) -> None:
        """Draw a screen as a whole, or skip it while the terminal has not taken all of the last one."""
        if self._is_alt_screen:
            self._console.print(Control.home(), _FullScreen(rows, *self.size), end="", crop=False, soft_wrap=True)
        elif self.is_dumb:
            self._console.print(_Paragraph(rows), crop=False, soft_wrap=True)

    def leave(self, rows: Sequence[StyledRow]) -> None:
        """Print a screen, to stay after the end."""
        self._terminal.drain()
        self._console.print(_Paragraph(rows), crop=False, soft_wrap=True)
        self._terminal.drain()

    def __enter__(self) -> Self:
        if not self.is_dumb:
            self._guard.enter_context(contextlib.redirect_stderr(self._stderr))
            self._enter_alt_screen()
            self._handle("SIGWINCH", lambda: self._call_soon(self._redraw))
            self._handle("SIGTSTP", lambda: self._call_soon(self._pause))
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._previous.items():
            signal.signal(number, before)
        self._leave_alt_screen()
        self._guard.close()
        sys.stderr.write(self._stderr.getvalue())

    def _enter_alt_screen(self) -> None:
        self._is_alt_screen = True
        self._terminal.clear()
        with self._console:
            self._console.set_alt_screen(enable=True)
            self._console.show_cursor(show=False)

    def _leave_alt_screen(self) -> None:
        if self._is_alt_screen:
            self._is_alt_screen = False
            self._terminal.clear()
            with self._console:
                self._console.set_alt_screen(enable=False)
                self._console.show_cursor(show=True)

    def _handle(self, name: str, act: Callable[[], None]) -> None:
        number = getattr(signal, name, None)  # Windows has neither; the next refresh adapts
        if number is not None:

            def handle(_number: int, _frame: FrameType | None) -> None:
                act()

            self._previous[number] = signal.signal(number, handle)

    def _pause(self) -> None:
        """Ctrl-Z: restore the terminal and stop until the process is continued."""
        self._leave_alt_screen()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._enter_alt_screen()
        self._redraw()


class _FullScreen:
    """A screen that replaces the last one: each row overwrites it and erases what is right of it or below."""

    def __init__(self, rows: Sequence[StyledRow], width: int, height: int) -> None:
        self._rows, self._width, self._height = rows, width, height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del options
        encoding = console.encoding
        for place in range(self._height):
            row = self._rows[place] if place < len(self._rows) else []
            if place:
                yield Segment.line()
            yield from _segments(row, encoding)
            if sum(cells(text) for text, _ in row) < self._width:
                yield _ERASE  # at the end of a full row it would erase the last character


class _Paragraph:
    """A screen printed among other text."""

    def __init__(self, rows: Sequence[StyledRow]) -> None:
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del options
        encoding = console.encoding
        for row in self._rows:
            yield from _segments(row, encoding)
            yield Segment.line()


def _segments(row: StyledRow, encoding: str) -> list[Segment]:
    return [Segment(_encodable(text, encoding), _style(style)) for text, style in row]


def _encodable(text: str, encoding: str) -> str:
    """Replace characters that the terminal's encoding lacks by question marks."""
    return text if text.isascii() else text.encode(encoding, "replace").decode(encoding)


@cache
def _style(name: str) -> Style:
    return Style.parse(name)
