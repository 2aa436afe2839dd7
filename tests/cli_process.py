"""Runs `rx-kucoin` as a person or another program would: as a process of its own, on a pipe or on a terminal."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Terminal", "command", "on_a_terminal", "piped", "run"]

PATIENCE = 30.0
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "rx_kucoin", *words]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=PATIENCE, check=False)


@contextmanager
def piped(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Run it with both outputs on pipes; end it at the latest here."""
    with subprocess.Popen(
        command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Terminal:
    """What a process writes on a terminal."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self.process = process
        self._screen = screen
        self._text = b""

    def read_until(self, pattern: str) -> str:
        """Read until this was written; return all that was, without colours and cursor moves."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text):
            more = time.monotonic() < deadline and self._read()
            assert more, f"{pattern!r} was not written, but {self.text!r}"
        return self.text

    def end(self) -> int:
        """Read to the end; return the exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE)

    @property
    def text(self) -> str:
        return _CONTROL.sub("", self._text.decode(errors="replace"))

    @property
    def lines(self) -> list[str]:
        return re.split(r"[\r\n]+", self.text)

    def _read(self) -> bool:
        if not select.select([self._screen], [], [], PATIENCE)[0]:
            return False
        try:
            news = os.read(self._screen, 65536)
        except OSError:  # how Linux says that the other end is gone
            return False
        self._text += news
        return bool(news)


@contextmanager
def on_a_terminal(*line: str, columns: int = 80, rows: int = 24) -> Iterator[Terminal]:
    """Run a command line on a terminal of this size; end it at the latest here."""
    screen, inside = os.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    unwanted = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CI"}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment |= {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}

    def heed() -> None:  # whoever runs the tests by nohup has this ignored, and so would every child
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    process = subprocess.Popen(line, stdin=inside, stdout=inside, stderr=inside, env=environment, preexec_fn=heed)  # noqa: PLW1509
    os.close(inside)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)
