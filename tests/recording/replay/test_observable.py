"""What is piped from a stream of a replay keeps its time, and what cannot be run says so."""

from pathlib import Path

import pytest
import reactivex
from reactivex import operators as ops
from tape_by_hand import ticking, write

from rx_kucoin import KuCoin
from rx_kucoin.recording.replay.rest import NotRecorded


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "tape.jsonl.gz", [*ticking(20), (120.0, "end", "", {})])


def test_a_stream_that_is_published_keeps_time_too(path: Path) -> None:
    kucoin = KuCoin.replay(path)
    published = kucoin.match("BTC-USDT").pipe(ops.publish())
    shared, auto = (kucoin.match("BTC-USDT").pipe(ops.publish()) for _ in range(2))
    found = list[list[int]]()
    for stream in (published, shared.pipe(ops.ref_count()), auto.auto_connect(1)):
        sizes = list[int]()
        found.append(sizes)
        stream.pipe(ops.buffer_with_time(5.0), ops.map(len)).subscribe(sizes.append)
    published.connect()
    kucoin.play()
    assert found == [[10, 10, 10, 10, 0]] * 3


def test_a_stream_that_is_published_can_be_run(path: Path) -> None:
    published = KuCoin.replay(path).match("BTC-USDT").pipe(ops.publish())
    published.connect()
    assert published.pipe(ops.count()).run() == 40


def test_to_run_what_a_function_made_would_wait_for_ever_and_is_refused(path: Path) -> None:
    kucoin = KuCoin.replay(path)
    first, second = kucoin.match("BTC-USDT"), kucoin.match("ETH-USDT")
    for made in (reactivex.merge(first, second), reactivex.zip(first, second).pipe(ops.take(1))):
        with pytest.raises(RuntimeError, match="nobody would play the recording"):
            made.run()
    assert first.pipe(ops.merge(second), ops.count()).run() == 80


def test_to_run_what_was_asked_beside_the_streams_plays_too(path: Path) -> None:
    kucoin = KuCoin.replay(path)
    with pytest.raises(NotRecorded, match="/api/v2/symbols"):
        kucoin.symbols().run()
    with pytest.raises(NotRecorded, match="/api/v1/contracts/active"):
        kucoin.futures.contracts().run()
