"""Recordings whose processes are killed at random moments, while they write; as a script it is one of them, or many."""

import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from rx_kucoin.recording.encoder import FULL
from rx_kucoin.recording.file.reader import RecordingFile
from rx_kucoin.recording.hooks import RecordingHooks
from rx_kucoin.recording.recorder import Recording
from rx_kucoin.transport.clock import Clock

__all__ = ["Report", "kill_at_random"]

TEXT = '{"topic":"/market/ticker:A-B","type":"message","subject":"trade.ticker","data":{"sequence":"%d","pad":"%x"}}'
EVERY = 1.0
LOADS = (40, 1)
"""Frames every 4 ms, by turns: a block is full long before its time is over, or its time is over before it is full."""
AROUND = 95
"""Bytes of a line around its frame."""
TOGETHER = 5
_PLACE = struct.Struct("<qqq")
_WAIT = threading.Event().wait


@dataclass
class Report:
    """What was left of recordings that were killed."""

    kills: int = 0
    unreadable: int = 0
    broken: int = 0
    """Those in which a frame is missing before the last."""
    silent: int = 0
    """Those that do not say that they were cut off."""
    torn: int = 0
    """Those with a block at the end that is not whole."""
    frames: int = 0
    lost: int = 0
    worst_seconds: float = 0.0
    """Of time that is missing at the end, the most."""
    worst_part: float = 0.0
    """The same in bytes, as a part of what a block may hold."""
    vanished: int = 0
    """Blocks that had been written, as far as the process knew, and cannot be read."""

    def __str__(self) -> str:
        return (
            f"{self.kills} kills: {self.unreadable} unreadable, {self.broken} with a hole, {self.torn} with a torn "
            f"end, {self.silent} that do not say so, {self.vanished} blocks vanished; {self.frames} frames kept, "
            f"{self.lost} not written yet, at most {self.worst_seconds:.2f} s of them, "
            f"{self.worst_part:.2f} of what a block may hold"
        )


def kill_at_random(kills: int, folder: Path) -> Report:
    """Start processes that record, kill each at some moment, and look at what they left."""
    subprocess.run([sys.executable, __file__, str(folder), str(kills)], check=True, timeout=110)
    report = Report()
    for path in sorted(folder.glob("*.jsonl.gz")):
        look(path, report)
    return report


def look(path: Path, report: Report) -> None:
    report.kills += 1
    fed, fed_ns, written = _PLACE.unpack(path.with_suffix(".place").read_bytes())
    try:
        contents, tape = RecordingFile(path).contents(), RecordingFile(path)
        blocks = [[line for line in tape.records(block) if line.kind == "push"] for block in tape.blocks()]
    except ValueError:
        report.unreadable += 1
        return
    pushes = [line for block in blocks for line in block]
    report.vanished += max(0, written - len(blocks))
    numbers = [int(bytes(line.frame).split(b'"sequence":"')[1].split(b'"')[0]) for line in pushes]
    report.broken += numbers != list(range(1, len(numbers) + 1)) or any(not hole.is_tail for hole in contents.holes)
    report.silent += contents.is_closed
    report.torn += bool(contents.torn)
    report.frames += len(numbers)
    report.lost += max(0, fed - len(numbers))
    if numbers and fed > len(numbers):
        seconds = (fed_ns - pushes[-1].time_ns) / 1e9
        report.worst_seconds = max(report.worst_seconds, seconds)
        lost = (fed - len(numbers)) * (len(pushes[-1].frame) + AROUND)
        report.worst_part = max(report.worst_part, lost / FULL)


def record(path: Path, load: int) -> None:
    """Record, until killed; how far it is stands in a file beside, which outlives this process."""
    place = path.with_suffix(".place")
    place.write_bytes(bytes(_PLACE.size))
    with place.open("r+b") as file, mmap.mmap(file.fileno(), _PLACE.size) as shown:
        recording = Recording(path, RecordingHooks(), Clock(), facts={}, every=EVERY)
        dice, number = random.Random(1), 0
        while True:
            for _ in range(load):
                number += 1
                recording.received(1, (TEXT % (number, dice.getrandbits(400)),))
                shown[:] = _PLACE.pack(number, recording._stamp(), recording._scribe.writer.blocks)
            _WAIT(0.004)


def kill_many(folder: Path, kills: int) -> None:
    dice = random.Random()
    for first in range(0, kills, TOGETHER):
        children = list[int]()
        for number in range(first, min(first + TOGETHER, kills)):
            child = os.fork()
            if not child:
                record(folder / f"{number:03}.jsonl.gz", LOADS[number % len(LOADS)])
            children.append(child)
        _WAIT(0.8)
        for child in children:
            _WAIT(dice.uniform(0.0, 0.3))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


if __name__ == "__main__":
    kill_many(Path(sys.argv[1]), int(sys.argv[2]))
