"""A child process that obeys JSON lines, pinned to a core, and never left behind."""

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

__all__ = ["CLIENT_CORE", "EXCHANGE_CORE", "Child", "Trouble", "command"]

CLIENT_CORE: Final = 0
EXCHANGE_CORE: Final = 1
_PATIENCE: Final = 30.0


class Trouble(Exception):
    """A child ended or fell silent; the message ends with what it wrote to stderr."""


class Child:
    """A process that is told what to do on stdin and answers on stdout, a JSON line each.

    It has a session of its own, so that Ctrl-C reaches the harness alone, and it ends when its stdin does.
    """

    def __init__(self, command: Sequence[str], core: int, environment: Mapping[str, str] | None = None) -> None:
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  closed with the child
        born = {"BENCHMARK_BORN_NS": str(time.monotonic_ns()), "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env={**os.environ, **born, **(environment or {})},
            start_new_session=True,
            bufsize=0,
        )
        _pin(self._process.pid, core)
        self._heard = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout or sys.stdin, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._selector.close()
        self._words.close()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def ask(self, do: str, **of: Any) -> dict[str, Any]:
        """Give an order and wait for its answer, for a while longer than the child may wait itself."""
        self.tell(do, **of)
        return self.answer(_PATIENCE + float(of.get("within", 0.0)))

    def tell(self, do: str, **of: Any) -> None:
        """Give an order."""
        try:
            self._pipe("stdin").write(json.dumps({"do": do, **of}).encode() + b"\n")
        except OSError:
            raise self.trouble("ended") from None

    def answer(self, within: float = _PATIENCE) -> dict[str, Any]:
        """Wait for the next answer."""
        deadline = time.monotonic() + within
        while b"\n" not in self._heard:
            if not self._selector.select(max(0.0, deadline - time.monotonic())):
                raise self.trouble(f"said nothing for {within:.0f} s")
            more = os.read(self._pipe("stdout").fileno(), 1 << 20)
            if not more:
                raise self.trouble("ended")
            self._heard += more
        line, self._heard = self._heard.split(b"\n", 1)
        told: dict[str, Any] = json.loads(line)
        return told

    def _pipe(self, name: str) -> Any:
        return getattr(self._process, name)

    def trouble(self, what: str) -> Trouble:
        """Make an error out of it, with the last words of the process."""
        self._words.seek(0)
        words = self._words.read().decode(errors="replace").strip().splitlines()
        return Trouble(f"it {what}: " + " | ".join(line.strip() for line in words[-3:]))


def command(folder: str, *arguments: object, python: str = sys.executable) -> list[str]:
    """Write the command of a process of ours."""
    return [python, str(Path(__file__).parent / folder), *map(str, arguments)]


def _pin(pid: int, core: int) -> None:
    """Where the system can, and has the cores."""
    if hasattr(os, "sched_setaffinity") and core in os.sched_getaffinity(0) and len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(pid, {core})
