"""What the live view costs can be measured again."""

import re
import sys

import pytest

from benchmarks import watching
from benchmarks.command import main

pytestmark = [
    pytest.mark.ci,
    pytest.mark.socket,
    pytest.mark.skipif(sys.platform != "linux", reason="what Linux tells of a process"),
]


def test_drawing_is_measured_apart_from_all_the_rest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SIZES", ((80, 24),))
    assert main(["watch", "--symbols", "8", "--rate", "400", "--seconds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 120
    drawing, whole = (float(re.search(r"([\d.]+)%$", line)[1]) for line in lines[3:5])
    assert 0 < drawing < whole
    assert 200 < float(lines[5].split()[-1]) < 600
