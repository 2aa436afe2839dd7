"""Every path without sockets carries every message, and what the stages take adds up."""

import pytest

from benchmarks.inner.paths import PATHS, PER_READ, Path, reads
from benchmarks.inner.stages import STAGES
from benchmarks.profiling import SYSTEM, WAYS, profile, table
from benchmarks.symbols import symbols
from rx_kucoin.transport.frame_parser import parse_frames

TOPICS = 7


@pytest.mark.parametrize("path", [path for path in PATHS.values() if path.is_whole], ids=lambda path: path.key)
def test_every_message_reaches_the_subscriber(path: Path) -> None:
    prices: list[object] = []
    deliver = path.build(symbols(TOPICS), prices.append)
    for data in reads(TOPICS, 3):
        frames: list[bytes] = []
        assert parse_frames(data, 0, frames)[0] == len(data)
        deliver(frames)
    assert len(prices) == 3 * PER_READ
    assert not {"", None} & set(prices)


@pytest.mark.ci
@pytest.mark.socket
def test_a_profile_times_every_stage() -> None:
    took = profile(1, lambda _: None)
    assert set(took) == {SYSTEM, *(key for key in PATHS if key.startswith(WAYS))}
    assert all(0 < us < 1_000 for us in took.values())


def test_the_stages_add_up_to_the_last_path() -> None:
    took = {SYSTEM: 1.0, "raw": 10.0, "typed": 20.0}
    took |= {f"{way}-{number}": 2.0 + number for way in WAYS for number in range(len(STAGES))}
    blasts = {(way, scheme): 30.0 for way in WAYS for scheme in ("ws", "wss")}
    rows = [line.rsplit(maxsplit=4) for line in list(table(took, blasts))[2:]]
    shown = {words[0]: float(words[1]) for words in rows}
    assert sum(shown[label] for label in (SYSTEM, *STAGES)) == shown["all of these"] == 2.0 + len(STAGES) - 1
    assert shown["the client, measured in the same way"] == 10.0
