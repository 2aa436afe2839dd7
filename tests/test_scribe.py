"""What is written of what comes, and what is not."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rx_kucoin.scribe import Scribe
from rx_kucoin.tape.block import FACTS, STATE
from rx_kucoin.tape.reading import Tape
from rx_kucoin.tape.writing import Writer

MATCH = '{"topic":"/market/match:BTC-USDT","type":"message","subject":"trade.l3match","data":{"price":"1.10"}}'
ORDER = '{"topic":"/spotMarket/tradeOrdersV2","type":"message","subject":"orderChange","userId":"5c","data":{}}'
NEW = '{"topic":"/newer/own","type":"message","subject":"s","channelType":"private","data":{"secret":1}}'
OTHERS = ('{"id":"1","type":"welcome"}', '{"id":"1","type":"ack"}', '{"id":"1","type":"pong"}', "no JSON", '{"a":')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl.gz"


def scribe_of(path: Path, *, private: bool = False) -> Scribe:
    return Scribe(Writer(path, fsync=False), private=private, every=1.0)


def said(kind: str, data: dict[str, Any], topic: str = "") -> Any:
    return (7, 0, (topic,), (kind, data))


def written(scribe: Scribe, path: Path) -> list[dict[str, Any]]:
    scribe.look(9.0, over=True)
    scribe.writer.close()
    shown = subprocess.run(["/usr/bin/env", "zcat", str(path)], capture_output=True, check=True).stdout
    return [json.loads(line) for line in shown.splitlines()]


def test_a_push_stands_word_for_word_and_nothing_else_that_was_said(path: Path) -> None:
    scribe = scribe_of(path)
    scribe.take((5, 1, [*OTHERS, MATCH.encode(), MATCH], None), 0.0)
    lines = written(scribe, path)
    assert (
        lines
        == [
            {
                "time_ns": 5,
                "kind": "push",
                "connection": 1,
                "topic": "/market/match:BTC-USDT",
                "frame": json.loads(MATCH),
            }
        ]
        * 2
    )
    assert (
        MATCH in subprocess.run(["/usr/bin/env", "zcat", str(path)], capture_output=True, check=True, text=True).stdout
    )
    assert scribe.frames == 2


def test_what_is_ones_own_is_written_only_if_asked(path: Path) -> None:
    story = [
        (5, 1, (ORDER, NEW), None),
        said("seat", {"line": 1}, "/spotMarket/tradeOrdersV2"),
        said("event", {"event": "TopicLive", "line": 1, "topic": "/account/balance"}),
        said("answered", {"path": "/api/v1/accounts", "signed": True, "answer": {}}),
        said("event", {"event": "Malformed", "line": 1, "reason": "r", "excerpt": "own", "count": 1}),
        said("answered", {"path": "/api/v3/market/orderbook/level2?symbol=A-B", "signed": True, "answer": {}}),
    ]
    shy, open_ = scribe_of(path), scribe_of(path.with_name("own.jsonl.gz"), private=True)
    for entry in story:
        shy.take(entry, 0.0)
        open_.take(entry, 0.0)
    event, book = written(shy, path)
    assert event["data"] == {"event": "Malformed", "line": 1, "reason": "r", "excerpt": "", "count": 1}
    assert "orderbook" in book["data"]["path"]
    assert len(written(open_, path.with_name("own.jsonl.gz"))) == 7


def test_a_block_is_written_when_it_is_full_or_its_time_is_over(path: Path) -> None:
    scribe = scribe_of(path)
    scribe.take((5, 1, (MATCH,), None), 10.0)
    scribe.look(10.9, over=False)
    assert scribe.writer.blocks == 0
    scribe.look(11.0, over=False)
    assert scribe.writer.blocks == 1
    for time in range(2_000):
        scribe.take((time, 1, (MATCH,), None), 12.0)
    assert scribe.writer.blocks == 2
    scribe.take(said("seat", {}, "/t"), 12.0)
    scribe.take(said("note", {}), 12.0)
    scribe.look(13.0, over=False)
    first, second, third = Tape(path).blocks()
    assert (first.count, first.flags, third.flags) == (1, 0, STATE | FACTS)
    assert 200_000 < second.count * 175 < 400_000


def test_time_never_goes_backwards(path: Path) -> None:
    scribe = scribe_of(path)
    for time in (5, 9, 7, 8, 10):
        scribe.take((time, 1, (MATCH,), None), 0.0)
    assert [line["time_ns"] for line in written(scribe, path)] == [5, 9, 9, 9, 10]
    again = scribe_of(path)
    again.take((1, 1, (MATCH,), None), 0.0)
    assert written(again, path)[-1]["time_ns"] == 10


def test_where_the_disk_is_full_pushes_are_lost_and_told_of_but_facts_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scribe = scribe_of(path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(scribe.writer, "write", full)
        scribe.take(said("seat", {"line": 1}, "/t"), 0.0)
        scribe.take((7, 1, (MATCH, MATCH), None), 0.0)
        scribe.look(2.0, over=False)
        scribe.look(3.0, over=False)
    scribe.take((8, 1, (MATCH,), None), 4.0)
    lines = written(scribe, path)
    assert [line["kind"] for line in lines] == ["seat", "lost", "push"]
    assert lines[1]["data"] == {"frames": 2}
    assert (scribe.frames, scribe.lost) == (1, 2)
    assert caplog.text.count("2 frames were not recorded: [Errno 28] No space left on device") == 1
