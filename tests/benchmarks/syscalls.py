"""System calls: how many a message takes when many come at once, and how many an idle line makes."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event
from typing import Final

from benchmarks.catalogue import CLIENTS
from benchmarks.child import Child, Trouble
from benchmarks.clients.probe import Probe
from benchmarks.market import Market, market
from benchmarks.measure import send, subscribed
from benchmarks.plan import SCHEMES, TOPICS, Cell

__all__ = ["Calls", "blast", "can_trace", "idle", "syscalls"]

Calls = Counter[tuple[str, str]]
"""Thread and call to how often."""

MESSAGES: Final = 25_000
_SWITCH: Final = "voluntary switch"
_WITHOUT: Final = "strace cannot be used, so by voluntary context switches"
_OURS: Final = next(client for client in CLIENTS if client.key == "ours raw")
_RETURNED: Final = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+).* = ")
_SWITCHES: Final = re.compile(r"^voluntary_ctxt_switches:\s*(\d+)", re.MULTILINE)


def syscalls(seconds: float, say: Callable[[str], None]) -> Iterator[str]:
    """Count it all, and write it down."""
    with market() as there:
        blasts = {}
        for scheme in SCHEMES:
            say(f"system calls, {MESSAGES} messages on {scheme}")
            blasts[scheme] = blast(there, scheme)
        say(f"system calls, {seconds:g} s of silence")
        silence = idle(there, seconds)
    how = "strace -f" if can_trace() else _WITHOUT
    yield f"System calls a message of ours, {MESSAGES:,} at once, {TOPICS} topics ({how})"
    yield f"{'':<44}" + "".join(f"{scheme:>9}" for scheme in SCHEMES)
    for place in sorted({place for calls in blasts.values() for place in calls}):
        yield _row(": ".join(place), {scheme: calls[place] for scheme, calls in blasts.items()})
    yield _row("all", {scheme: calls.total() for scheme, calls in blasts.items()})
    yield f"An idle line, {seconds:g} s, with a ping due every 18 s: {silence.total()} in all"
    for place, count in sorted(silence.items()):
        yield f"{': '.join(place):<44}{count:>9}"


def blast(there: Market, scheme: str, messages: int = MESSAGES, *, traced: bool | None = None) -> Calls:
    """Count the calls of our client while messages come as fast as they can; `traced` as in `_watching`.

    Raises:
        Trouble: some are lost.
    """
    with subscribed(Cell(_OURS, scheme, TOPICS, blasts=1), there) as (child, _):
        with _watching(child, traced=traced) as calls:
            got = send(there.exchange, child, {"do": "blast", "messages": messages})["got"]
        if got != messages:
            raise Trouble(f"it got {got} of {messages} messages")
        return calls


def idle(there: Market, seconds: float, *, traced: bool | None = None) -> Calls:
    """Count the calls of our client, one line open, while nothing comes."""
    with subscribed(Cell(_OURS, "ws", 1, blasts=1), there) as (child, _), _watching(child, traced=traced) as calls:
        Event().wait(seconds)
    return calls


@cache
def can_trace() -> bool:
    """Whether strace is installed, and allowed."""
    trial = ["strace", "-qo", os.devnull, sys.executable, "-Sc", ""]
    return shutil.which("strace") is not None and not subprocess.run(trial, capture_output=True, check=False).returncode


@contextmanager
def _watching(child: Child, *, traced: bool | None = None) -> Iterator[Calls]:
    """Count the system calls of a client that return within the block, but for those of the thread of its orders.

    Args:
        traced: Whether by strace; else voluntary context switches are counted: how often a thread waited. None: by
            strace if it can be.
    """
    calls: Calls = Counter()
    names = {int(number): name for number, name in child.ask("threads").items()}
    watch = _traced if (can_trace() if traced is None else traced) else _switched
    with watch(child.pid, calls, names):
        yield calls
    for place in [place for place in calls if place[0] == Probe.thread]:
        del calls[place]


@contextmanager
def _traced(pid: int, calls: Calls, names: Mapping[int, str]) -> Iterator[None]:
    with tempfile.NamedTemporaryFile("r") as written:
        command = ["strace", "-f", "-o", written.name, "-p", str(pid)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            if strace.stderr is None or "attached" not in (said := strace.stderr.readline()):
                raise Trouble(f"strace cannot attach: {said}")
            try:
                yield
            finally:
                strace.send_signal(signal.SIGINT)
                strace.communicate()
        for line in written:
            if (returned := _RETURNED.match(line)) is not None:
                calls[names.get(int(returned[1]), "another thread"), returned[2]] += 1


@contextmanager
def _switched(pid: int, calls: Calls, names: Mapping[int, str]) -> Iterator[None]:
    before = _switches(pid)
    yield
    for number, count in _switches(pid).items():
        if more := count - before.get(number, 0):
            calls[names.get(number, "another thread"), _SWITCH] += more


def _switches(pid: int) -> dict[int, int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    found = {int(thread.name): _SWITCHES.search((thread / "status").read_text()) for thread in threads}
    return {number: int(count[1]) for number, count in found.items() if count is not None}


def _row(label: str, counts: Mapping[str, int]) -> str:
    return f"{label:<44}" + "".join(f"{count / MESSAGES:>9.4f}" for count in counts.values())
