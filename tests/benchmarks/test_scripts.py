"""The two figures that stand in comments and in the README can be measured again."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import decoders

pytestmark = pytest.mark.ci


def test_every_decoder_reads_the_ticker_and_is_timed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoders, "_NUMBER", 100)
    typed = [decode(decoders._FRAME) for label, decode in decoders._WAYS.items() if label.startswith("typed")]
    assert typed[0] == typed[1] == typed[2]
    decoders.main()
    assert len(re.findall(r"^(?:payload|typed).+ \d+\.\d\d$", capsys.readouterr().out, re.MULTILINE)) == 6


def test_what_rxpy_holds_is_measured() -> None:
    script = Path(__file__).with_name("floor.py")
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=True)
    assert 0.5 < float(ran.stdout.split()[0]) < 4
