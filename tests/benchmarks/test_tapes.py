"""What it costs to record and to replay can be measured again, and every way finds what it should."""

import re

import pytest

from benchmarks.command import main
from benchmarks.tapes.ways import TOPICS, WAYS

pytestmark = pytest.mark.ci

MESSAGES = 20_000


def test_every_way_through_a_recording_finds_what_it_is_to_find(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--messages", str(MESSAGES), "--rounds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 120
    found = {
        label: int(re.sub(r"\D", "", row[len(label) :].split()[0]))
        for label in WAYS
        for row in lines
        if row.startswith(label)
    }
    everything, one, hundredth = MESSAGES, MESSAGES // TOPICS, MESSAGES // 100
    assert [found.pop(label) for label in list(WAYS)[1:5]] == [everything] * 4
    limit, topic, time = found.values()
    assert limit == everything + TOPICS + 2  # with where each topic is, the beginning and the end
    assert topic == one
    assert hundredth <= time <= hundredth + 20  # both ends are in it, and they are batches
