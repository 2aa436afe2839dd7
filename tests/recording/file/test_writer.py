import gzip
import logging
import os
import struct
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path

import pytest

from rx_kucoin.recording.file.block import FACTS
from rx_kucoin.recording.file.reader import RecordingFile
from rx_kucoin.recording.file.records import encode_record
from rx_kucoin.recording.file.writer import Writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl.gz"


def writer_of(path: Path) -> Writer:
    return Writer(path, fsync=False)


def write(writer: Writer, time: int) -> None:
    writer.write(encode_record(time, "note", 0, "", {}), 1, (time, time), flags=FACTS, topics=set(), paths=set())


def recorded(path: Path) -> bytes:
    writer = writer_of(path)
    write(writer, 1)
    writer.close()
    return path.read_bytes()


def times_in(path: Path) -> list[int]:
    tape = RecordingFile(path)
    return [line.time_ns for block in tape.blocks() for line in tape.records(block)]


def bgzip(data: bytes) -> bytes:
    """Gzip as genomes are kept in: it has an extra field, too."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = compressor.compress(data) + compressor.flush()
    extra = b"BC" + struct.pack("<HH", 2, len(body) + 25)
    head = b"\x1f\x8b\x08\x04" + bytes(4) + b"\x00\xff" + struct.pack("<H", len(extra)) + extra
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def of_later(data: bytes) -> bytes:
    later = bytearray(data)
    later[later.index(b"RX") + 4] += 1
    return bytes(later)


def test_what_is_no_torn_block_of_ours_is_refused_and_not_touched(path: Path) -> None:
    ours = recorded(path)
    genomes = bgzip(b"precious" * 1_000)
    assert gzip.decompress(genomes) == b"precious" * 1_000
    for data in (genomes, of_later(ours), bytes(5_000)):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="is no recording, or one of a newer rx_kucoin"):
            writer_of(path)
        with pytest.raises(ValueError, match="is no recording, or one of a newer rx_kucoin"):
            RecordingFile(path).contents()
        assert path.read_bytes() == data
    for more in (genomes, of_later(ours), gzip.compress(b"{}"), b"text"):
        path.write_bytes(ours + more)
        with pytest.raises(ValueError, match=f"goes on with what is no recording at byte {len(ours)}"):
            writer_of(path)
        assert path.read_bytes() == ours + more


def test_an_archive_with_a_recording_in_it_is_refused_and_not_touched(path: Path) -> None:
    archive = path.with_suffix(".tar")
    recorded(path)
    with tarfile.open(archive, "w") as file:
        file.add(path, "tape.jsonl.gz")
    before = archive.read_bytes()
    with pytest.raises(ValueError, match="is no recording, though there is one in it"):
        writer_of(archive)
    assert archive.read_bytes() == before


def test_what_a_power_cut_left_empty_is_let_go_of(path: Path) -> None:
    ours = recorded(path)
    path.write_bytes(ours + bytes(4_096))
    writer_of(path).close()
    assert path.read_bytes() == ours


def test_pipes_and_devices_are_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/full"), Path("/dev/null")):
        with pytest.raises(ValueError, match="is no file that a recording could be added to"):
            writer_of(path)
    with pytest.raises(IsADirectoryError):
        writer_of(tmp_path)


def test_a_file_has_one_recording_at_a_time(path: Path) -> None:
    writer = writer_of(path)
    write(writer, 1)
    with pytest.raises(BlockingIOError, match="another recording writes to it"):
        writer_of(path)
    words = f"from rx_kucoin.recording.file.writer import Writer; Writer({str(path)!r}, fsync=False)"
    other = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)
    assert "another recording writes to it" in other.stderr
    write(writer, 2)
    assert writer._file is not None
    with subprocess.Popen(["/usr/bin/env", "cat"], stdin=subprocess.PIPE, pass_fds=[writer._file]):
        writer.close()
        write(again := writer_of(path), 3)
        again.close()
    assert times_in(path) == [1, 2, 3]


@pytest.mark.parametrize("fsync", [True, False])
def test_each_block_is_synced_after_it_was_written_if_fsync_is_set(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, fsync: bool
) -> None:
    synced: list[int] = []
    sync = os.fsync

    def count_and_sync(file: int) -> None:
        synced.append(os.fstat(file).st_size)
        sync(file)

    monkeypatch.setattr(os, "fsync", count_and_sync)
    writer, sizes = Writer(path, fsync=fsync), list[int]()
    for moment in (1, 2):
        write(writer, moment)
        sizes.append(path.stat().st_size)
    writer.close()
    assert synced == (sizes if fsync else [])


def test_a_file_that_another_cuts_or_deletes_is_gone_on_with_and_told_of(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = writer_of(path)
    write(writer, 1)
    os.truncate(path, 0)
    write(writer, 2)
    assert times_in(path) == [2]
    assert writer.size == path.stat().st_size
    assert "was changed by another: it had" in caplog.text
    path.unlink()
    with caplog.at_level(logging.WARNING):
        write(writer, 3)
        write(writer, 4)
    writer.close()
    assert caplog.text.count("was deleted while it is recorded to") == 1
