"""Frames to read: our own, and, where they lie beside the repository, the exchange's."""

from pathlib import Path

import pytest

from rx_kucoin.protocol import frames
from rx_kucoin.protocol.frames import Frame

__all__ = ["CAPTURE", "DATA", "SYMBOLS", "VECTORS", "needs", "push_of", "pushes"]

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
VECTORS = ROOT.parent / "shared" / "vectors" / "official.jsonl"
CAPTURE = ROOT.parent / "shared" / "capture" / "ws.jsonl"
SYMBOLS = ROOT.parent / "shared" / "capture" / "symbols.json"


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"{path.name} does not lie beside the repository")


def pushes() -> list[Frame]:
    return [frames.decode(line) for line in (DATA / "pushes.jsonl").read_bytes().splitlines()]


def push_of(topic: str) -> Frame:
    return next(frame for frame in pushes() if frame.topic == topic)
