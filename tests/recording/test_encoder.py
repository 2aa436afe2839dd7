"""What is written of what comes, and what is not."""

import json
import resource
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rx_kucoin.recording.encoder import FULL, Encoder
from rx_kucoin.recording.file.block import FACTS, STATE
from rx_kucoin.recording.file.reader import RecordingFile
from rx_kucoin.recording.file.records import raw
from rx_kucoin.recording.file.writer import Writer

MATCH = '{"topic":"/market/match:BTC-USDT","type":"message","subject":"trade.l3match","data":{"price":"1.10"}}'
ORDER = '{"topic":"/spotMarket/tradeOrdersV2","type":"message","subject":"orderChange","userId":"5c","data":{}}'
NEW = '{"topic":"/newer/own","type":"message","subject":"s","channelType":"private","data":{"secret":1}}'
OTHERS = ('{"id":"1","type":"welcome"}', '{"id":"1","type":"ack"}', '{"id":"1","type":"pong"}', "no JSON", '{"a":')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl.gz"


def scribe_of(path: Path, *, private: bool = False) -> Encoder:
    return Encoder(Writer(path, fsync=False), private=private)


def said(kind: str, data: dict[str, Any], topic: str = "") -> Any:
    return (7, 0, (topic,), (kind, data))


def written(scribe: Encoder, path: Path) -> list[dict[str, Any]]:
    scribe.flush()
    scribe.writer.close()
    shown = subprocess.run(["/usr/bin/env", "zcat", str(path)], capture_output=True, check=True).stdout
    return [json.loads(line) for line in shown.splitlines()]


def test_a_push_stands_word_for_word_and_nothing_else_that_was_said(path: Path) -> None:
    scribe = scribe_of(path)
    scribe.take((5, 1, [*OTHERS, MATCH.encode(), MATCH], None))
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
        said("answered", {"path": "/api/v1/accounts", "signed": True, "answer": raw(b"{}")}),
        said("event", {"event": "Malformed", "line": 1, "reason": "r", "excerpt": "own", "count": 1}),
        said("answered", {"path": "/api/v3/market/orderbook/level2?symbol=A-B", "signed": True, "answer": raw(b"{}")}),
    ]
    shy, open_ = scribe_of(path), scribe_of(path.with_name("own.jsonl.gz"), private=True)
    for entry in story:
        shy.take(entry)
        open_.take(entry)
    event, book = written(shy, path)
    assert event["data"] == {"event": "Malformed", "line": 1, "reason": "r", "excerpt": "", "count": 1}
    assert "orderbook" in book["data"]["path"]
    assert len(written(open_, path.with_name("own.jsonl.gz"))) == 7


def test_a_signed_answer_that_repeats_what_was_signed_is_not_written(path: Path) -> None:
    scribe, book = scribe_of(path, private=True), {"path": "/api/v3/market/orderbook/level2", "signed": True}
    mirrored = b'{"sequence":"KC-API-SIGN: OzBqM6ChGxXGMFMU89eZJiXEEmStffL0g4gJDmz7Ebs="}'
    for answer in (
        mirrored,
        b'{"token":"x"}',
        b'"key"',
        b'{"sequence":"7","bids":[["84521.812345678901234567","0.00000001"]]}',
    ):
        scribe.take(said("answered", {**book, "answer": raw(answer)}))
    answers = [line["data"]["answer"] for line in written(scribe, path)]
    assert answers[:3] == [None, None, None]
    assert answers[3]["sequence"] == "7"


def test_a_block_is_written_when_it_is_full_or_asked_for(path: Path) -> None:
    scribe = scribe_of(path)
    scribe.flush()
    scribe.take((5, 1, (MATCH,), None))
    assert scribe.writer.blocks == 0
    scribe.flush()
    scribe.flush()
    assert scribe.writer.blocks == 1
    for time in range(4_000):
        scribe.take((time, 1, (MATCH,), None))
    assert scribe.writer.blocks == 2
    scribe.take(said("seat", {}, "/t"))
    scribe.take(said("note", {}))
    scribe.flush()
    first, second, third = RecordingFile(path).blocks()
    assert (first.count, first.flags, third.flags) == (1, 0, STATE | FACTS)
    assert second.count * 175 == pytest.approx(FULL, rel=0.1)


def test_time_never_goes_backwards(path: Path) -> None:
    scribe = scribe_of(path)
    for time in (5, 9, 7, 8, 10):
        scribe.take((time, 1, (MATCH,), None))
    assert [line["time_ns"] for line in written(scribe, path)] == [5, 9, 9, 9, 10]
    again = scribe_of(path)
    again.take((1, 1, (MATCH,), None))
    assert written(again, path)[-1]["time_ns"] == 10


def test_where_the_disk_is_full_pushes_are_lost_and_told_of_but_facts_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scribe = scribe_of(path)
    scribe.take(said("begin", {}))
    scribe.flush()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(scribe.writer, "write", full)
        scribe.take(said("seat", {"line": 1}, "/t"))
        scribe.take((7, 1, (MATCH, MATCH), None))
        scribe.flush()
        scribe.flush()
    scribe.take((8, 1, (MATCH,), None))
    lines = written(scribe, path)
    assert [line["kind"] for line in lines] == ["begin", "seat", "lost", "push"]
    assert lines[2]["data"] == {"frames": 2}
    assert (scribe.frames, scribe.lost) == (1, 2)
    assert scribe.why == "No space left on device"
    assert caplog.text.count("frames are not recorded, as long as this lasts:") == 1
    assert caplog.text.count("is written to again; 2 frames were left out") == 1


def test_a_disk_that_takes_nothing_from_the_start_is_an_error(path: Path) -> None:
    scribe = scribe_of(path)
    scribe.take(said("begin", {}))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limit[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            scribe.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert path.stat().st_size == 0


@pytest.mark.parametrize(
    ("rest", "is_written"),
    [
        ('"data":{"text":"private userId"}', 1),
        ('"data":{"note":"\\"userId\\":5"}', 1),
        ('"channelType":"private","data":{}', 0),
        ('"userId":"5","data":{}', 0),
        ('"data":{"userId":5}', 0),
        ('"data":{"a":[1,2]}', 1),
        ('"data":[1,2]', 0),
    ],
)
def test_a_push_of_an_unknown_channel_is_private_by_its_fields_and_not_by_its_words(
    path: Path, rest: str, is_written: int
) -> None:
    scribe = scribe_of(path)
    text = '{"topic":"/brand/new:A-B","type":"message","subject":"x",' + rest + "}"
    scribe.take((1, 1, (text,), None))
    scribe.flush()
    scribe.writer.close()
    assert scribe.frames == is_written
