import logging
import random
from pathlib import Path

import pytest

from rx_kucoin.recording.file.block import FACTS, mark, pack
from rx_kucoin.recording.file.reader import Hole, RecordingFile
from rx_kucoin.recording.file.records import encode_record
from rx_kucoin.recording.file.writer import Writer


def block_of(first: int, count: int = 3, *, last: str = "note") -> bytes:
    times = range(first, first + count)
    lines = [
        encode_record(time, last if time == times[-1] else "note", 0, "", {"text": str(time) * 30}) for time in times
    ]
    return pack(b"".join(lines), count, first, times[-1], flags=FACTS, topics={mark("/t")}, paths=set())


def times_in(path: Path) -> list[int]:
    tape = RecordingFile(path)
    return [line.time_ns for block in tape.blocks() for line in tape.records(block)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl.gz"


def test_wherever_a_recording_is_cut_off_all_blocks_but_the_last_are_there(path: Path) -> None:
    first, second, third = block_of(1), block_of(4), block_of(7, last="end")
    whole = first + second + third
    for cut in range(len(first) + len(second), len(whole)):
        path.write_bytes(whole[:cut])
        found = RecordingFile(path).contents()
        torn = cut - len(first) - len(second)
        assert (found.blocks, found.records, found.last_ns, found.torn) == (2, 6, 6, torn)
        assert found.holes == ([Hole(len(first + second), torn, is_tail=True)] if torn else [])
        assert not found.is_closed
    path.write_bytes(whole)
    assert RecordingFile(path).contents().is_closed
    assert times_in(path) == list(range(1, 10))


def test_a_closed_recording_with_a_torn_block_after_it_is_not_closed(path: Path) -> None:
    torn = block_of(4)[:50]
    path.write_bytes(block_of(1, last="end") + torn)
    found = RecordingFile(path).contents()
    assert (found.blocks, found.torn, found.is_closed) == (1, 50, False)


def test_a_last_block_that_a_power_cut_left_empty_is_torn_as_well(path: Path) -> None:
    last = block_of(4)
    path.write_bytes(block_of(1) + last[:100] + bytes(len(last) - 100))
    assert RecordingFile(path).contents().torn == len(last)
    assert times_in(path) == [1, 2, 3]


def test_rubbish_in_between_is_hopped_over_and_told(path: Path) -> None:
    dice = random.Random(3)
    rubbish = dice.randbytes(5_000) + b"\x1f\x8b\x08\x04" + dice.randbytes(20)
    path.write_bytes(block_of(1) + rubbish + block_of(4))
    tape = RecordingFile(path)
    found = tape.contents()
    assert times_in(path) == [1, 2, 3, 4, 5, 6]
    assert found.holes == [Hole(len(block_of(1)), len(rubbish), is_tail=False)]
    assert found.torn == 0


def test_a_damaged_block_is_left_out_alone(path: Path) -> None:
    blocks = [block_of(1), bytearray(block_of(4)), block_of(7)]
    blocks[1][-20] ^= 1
    path.write_bytes(b"".join(blocks))
    tape = RecordingFile(path)
    assert [line.time_ns for block in tape.blocks() for line in tape.records(block)] == [1, 2, 3, 7, 8, 9]
    assert [hole.size for hole in tape.holes] == [len(blocks[1])]


def test_an_empty_file_has_nothing_in_it(path: Path) -> None:
    path.write_bytes(b"")
    assert RecordingFile(path).contents().blocks == 0


@pytest.mark.parametrize("text", [b"text", b"{}\n" * 5_000, b"\x1f\x8b\x08\x00" + bytes(90)])
def test_a_file_of_another_kind_is_refused_and_not_touched(path: Path, text: bytes) -> None:
    path.write_bytes(text)
    with pytest.raises(ValueError, match="is no recording"):
        RecordingFile(path).contents()
    with pytest.raises(ValueError, match="is no recording"):
        Writer(path, fsync=False)
    assert path.read_bytes() == text


def write(writer: Writer, first: int) -> None:
    lines = [encode_record(time, "note", 0, "", {}) for time in range(first, first + 3)]
    writer.write(b"".join(lines), 3, (first, first + 2), flags=FACTS, topics=set(), paths=set())


def test_who_goes_on_with_a_torn_recording_cuts_its_end_off_and_says_so(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(block_of(1) + block_of(4)[:50])
    with caplog.at_level(logging.WARNING):
        writer = Writer(path, fsync=True)
    assert "its last 50 bytes are removed" in caplog.text
    assert writer.before.torn == 50
    write(writer, 7)
    writer.close()
    assert times_in(path) == [1, 2, 3, 7, 8, 9]
    assert writer.size == path.stat().st_size


def test_even_one_whose_first_block_was_torn(path: Path) -> None:
    path.write_bytes(block_of(1)[:60])
    writer = Writer(path, fsync=False)
    write(writer, 7)
    writer.close()
    assert times_in(path) == [7, 8, 9]
    with pytest.raises(OSError, match="is closed"):
        write(writer, 10)


def test_a_disk_that_is_full_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415

    writer, real = Writer(path, fsync=False), os.write
    write(writer, 1)

    def full(file: int, data: bytes) -> int:
        if len(data) > 40:
            return real(file, data[:40])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        write(writer, 4)
    monkeypatch.undo()
    write(writer, 7)
    writer.close()
    assert times_in(path) == [1, 2, 3, 7, 8, 9]
    assert RecordingFile(path).contents().holes == []
