import gzip
import random
import subprocess
import zlib
from pathlib import Path

import pytest

from rx_kucoin.recording.file.block import FACTS, STATE, DamagedBlock, is_begun, mark, pack, read_header, unpack

LINES = b'{"time_ns":1}\n{"time_ns":2}\n'


def block_of(lines: bytes = LINES, topics: frozenset[int] = frozenset({mark("/market/match:BTC-USDT")})) -> bytes:
    return pack(lines, lines.count(b"\n"), 1, 2, flags=STATE | FACTS, topics=topics, paths={mark("/api")})


def test_a_block_is_a_gzip_file_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "two.gz"
    path.write_bytes(block_of() + block_of(b'{"time_ns":3}\n'))
    assert gzip.decompress(path.read_bytes()) == LINES + b'{"time_ns":3}\n'
    shown = subprocess.run(["/usr/bin/env", "gzip", "-dc", str(path)], capture_output=True, check=True)
    assert shown.stdout == LINES + b'{"time_ns":3}\n'
    assert shown.stderr == b""


def test_its_header_says_what_is_in_it() -> None:
    data = block_of()
    block = read_header(data, 7)
    assert (block.offset, block.size, block.end) == (7, len(data), 7 + len(data))
    assert (block.count, block.first_ns, block.last_ns, block.flags) == (2, 1, 2, STATE | FACTS)
    assert block.paths == {mark("/api")}
    assert block.may_have({mark("/market/match:BTC-USDT")})
    assert not block.may_have({mark("/market/match:ETH-USDT")})
    assert not block.may_have(set())
    assert unpack(block, data) == LINES


def test_where_topics_are_too_many_to_list_any_may_be_in_it() -> None:
    block = read_header(block_of(topics=frozenset(range(1_001))), 0)
    assert block.may_have({5_000})
    assert not block.may_have(set())
    assert read_header(block_of(topics=frozenset(range(1_000))), 0).topics == frozenset(range(1_000))


@pytest.mark.parametrize("length", [0, 3, 11, 12, 40])
def test_a_header_that_is_cut_is_no_block(length: int) -> None:
    with pytest.raises(DamagedBlock):
        read_header(block_of()[:length], 0)


def test_a_gzip_file_of_another_make_is_no_block() -> None:
    with pytest.raises(DamagedBlock):
        read_header(gzip.compress(LINES), 0)


def test_a_block_of_a_later_version_is_none_and_no_beginning_of_one() -> None:
    data = bytearray(block_of())
    assert all(is_begun(bytes(data[:length])) for length in range(len(data)))
    data[data.index(b"RX") + 4] = 9
    assert not is_begun(bytes(data))
    with pytest.raises(DamagedBlock):
        read_header(bytes(data), 0)


def test_whatever_bit_of_a_header_is_turned_nothing_else_is_said() -> None:
    data = block_of()
    before = read_header(data, 0)
    for bit in range(8 * before.header):
        unreadable = bytearray(data)
        unreadable[bit // 8] ^= 1 << bit % 8
        try:
            assert read_header(bytes(unreadable), 0) == before  # the time of writing, and what gzip says of the system
        except DamagedBlock:
            continue
        assert bit // 8 in range(4, 10)


def test_whatever_bit_is_turned_no_other_lines_are_read() -> None:
    data, dice = block_of(zlib.compress(LINES) * 40), random.Random(1)
    block = read_header(data, 0)
    for _ in range(300):
        unreadable = bytearray(data)
        unreadable[dice.randrange(block.header, len(data))] ^= 1 << dice.randrange(8)
        try:
            assert unpack(block, bytes(unreadable)) == zlib.compress(LINES) * 40
        except DamagedBlock:
            continue
