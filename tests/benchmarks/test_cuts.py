"""What a cut costs can be measured again."""

import re

import pytest

from benchmarks.command import main
from benchmarks.cuts.cut import WAYS

pytestmark = pytest.mark.ci


def test_the_command_prints_a_table_that_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cut", "10", "20", "--rounds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 120
    for label in WAYS.values():
        assert sum(bool(re.match(rf"{re.escape(label)}, ms( +\d+\.\d){{2}}$", line)) for line in lines) == 1
