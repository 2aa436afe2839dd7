import json
import shlex
import subprocess
from pathlib import Path

import pytest
from cli_process import command, piped, run
from tape_by_hand import TOPICS, push, write

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second and a half of a simulated exchange."""
    path = tmp_path_factory.mktemp("tapes") / "tape.jsonl.gz"
    words = ["record", str(path), "BTC-USDT", "--channel", "ticker", "--channel", "match", "--channel", "depth5"]
    done = run(*words, "--seconds", "1.5", "--simulate")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "<Recording tape.jsonl.gz closed |" in done.stderr
    return path


def test_what_was_recorded_is_replayed_as_lines(path: Path) -> None:
    played = run("replay", str(path))
    assert played.returncode == 0
    messages = [json.loads(line) for line in played.stdout.splitlines()]
    assert len(messages) > 5
    assert {message["symbol"] for message in messages} == {"BTC-USDT"}
    assert any("best_bid" in message for message in messages)
    assert "x real time" in played.stderr.splitlines()[-1]


def test_a_topic_and_a_time_may_be_chosen(path: Path) -> None:
    topic = "/spotMarket/level2Depth5:BTC-USDT"
    depths = run("replay", str(path), "--topic", topic, "--speed", "50")
    messages = [json.loads(line) for line in depths.stdout.splitlines()]
    assert messages
    assert all(len(message["bids"]) == 5 for message in messages)
    nothing = run("replay", str(path), "--since", "2100-01-01")
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "ends before 2100-01-01" in nothing.stderr
    none = run("replay", str(path), "--topic", "/market/match:ETH-USDT")
    assert none.returncode == 2
    assert "'/market/match:ETH-USDT' was not recorded" in none.stderr


def test_what_is_in_it_is_told_and_that_it_was_cut_off(path: Path, tmp_path: Path) -> None:
    whole = run("replay", str(path), "--info")
    assert whole.returncode == 0
    assert "/market/match:BTC-USDT" in whole.stdout
    assert "end      closed" in whole.stdout
    torn = tmp_path / "torn.jsonl.gz"
    torn.write_bytes(path.read_bytes()[:-9])
    told = run("replay", str(torn), "--info")
    assert "end      cut off" in told.stdout
    assert "bytes at the end, a block that is not whole" in told.stdout
    assert "cut off while it was written" in run("replay", str(torn)).stderr


def test_a_topic_that_was_refused_ends_nothing_else(tmp_path: Path) -> None:
    error = {"error": "SubscriptionRejected", "text": "no such topic"}
    refused = (101.0, "failed", TOPICS[0], {"error": error})
    path = write(tmp_path / "tape.jsonl.gz", [push(100.0, TOPICS[1], 1), refused, push(102.0, TOPICS[1], 2)])
    played = run("replay", str(path))
    assert played.returncode == 0
    assert len(played.stdout.splitlines()) == 2


def test_each_place_where_something_is_missing_is_told(path: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.jsonl.gz"
    whole = path.read_bytes()
    spoilt.write_bytes(b"no block" + whole + b"nor this" + whole[:-1])
    told = run("replay", str(spoilt), "--info").stdout
    assert "8 bytes at byte 0, no block" in told
    assert f"8 bytes at byte {8 + len(whole):,}, no block" in told
    assert "bytes at the end, a block that is not whole" in told
    spoilt.write_bytes(b"")
    told = run("replay", str(spoilt), "--info").stdout
    assert told.splitlines()[0] == "records  0 in 0 blocks, 0 bytes"
    assert "1970" not in told


def test_a_reader_that_goes_away_ends_the_replay(path: Path) -> None:
    with piped("replay", str(path), "--speed", "0.1") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.send_signal(15)
        assert process.wait(10.0) == 0


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["record", "x.gz"], "SYMBOL"),
        (["record", "{here}", "BTC-USDT", "--channel", "klines"], "invalid choice: 'klines'"),
        (["record", "{here}", "BTC-USDT", "--simulate"], "is no recording"),
        (["replay", "{here}"], "is no recording"),
        (["replay", "{here}", "--info"], "is no recording"),
        (["replay"], "FILE"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(words: list[str], what: str) -> None:
    asked = run(*[word.format(here=__file__) for word in words])
    assert asked.returncode == 2
    [line] = asked.stderr.splitlines()
    assert line.startswith("rx-kucoin: ")
    assert what in line


@pytest.mark.parametrize(
    ("kib", "said"), [(0, "[Errno 27] File too large"), (1, "frames were not recorded: File too la")]
)
def test_a_disk_that_is_full_is_told_and_fails(kib: int, said: str, tmp_path: Path) -> None:
    words = command("record", str(tmp_path / "tape.gz"), "BTC-USDT", "--simulate", "--seconds", "3")
    line = f"ulimit -f {2 * kib}; exec {shlex.join(words)}"
    asked = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=30.0, check=False)
    assert asked.returncode == 1
    assert asked.stderr.splitlines()[-1].startswith("rx-kucoin: ")
    assert said in asked.stderr.splitlines()[-1]
    assert asked.stdout == ""


def test_a_file_that_is_not_there_is_told() -> None:
    asked = run("replay", "nowhere.jsonl.gz")
    assert asked.returncode == 1
    assert "No such file" in asked.stderr
