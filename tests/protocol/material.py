"""Frames to read: our own, and, where they lie beside the repository, the exchange's."""

import json
from pathlib import Path

import pytest

from rx_kucoin.protocol import frames
from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import Frame

__all__ = ["CAPTURE", "DATA", "SYMBOLS", "VECTORS", "captured", "documented", "needs", "push_of", "pushes"]

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
VECTORS = ROOT.parent / "shared" / "vectors" / "official.jsonl"
CAPTURE = ROOT.parent / "shared" / "capture" / "ws.jsonl"
SYMBOLS = ROOT.parent / "shared" / "capture" / "symbols.json"


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"{path.name} does not lie beside the repository")


def pushes() -> list[Frame]:
    """Our own frames of every channel, and the examples of rows that have one."""
    examples = [row.example.encode() for row in CHANNELS.values() if row.example is not None]
    return [frames.decode(line) for line in [*(DATA / "pushes.jsonl").read_bytes().splitlines(), *examples]]


def push_of(topic: str, subject: str = "") -> Frame:
    return next(frame for frame in pushes() if frame.topic == topic and subject in {"", frame.subject})


def documented(access: str) -> list[Frame]:
    """The example of each topic in the exchange's description, of its "public" or its "private" ones."""
    rows = [json.loads(line) for line in VECTORS.read_text().splitlines()]
    return [frames.decode(json.dumps(row["message"])) for row in rows if row["access"] == access]


def captured() -> list[Frame]:
    """What the exchange really pushed, for some seconds."""
    sent = [frames.decode(json.dumps(json.loads(line)["message"])) for line in CAPTURE.read_text().splitlines()]
    return [frame for frame in sent if frame.is_push]
