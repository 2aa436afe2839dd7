import json

import msgspec
import pytest

from rx_kucoin.recording.file.records import (
    decode,
    encode_record,
    is_path_like,
    path_shape,
    push_prefix,
    raw,
    text_of,
    to_one_line,
)

SPOT = "/api/v1/market/candles?symbol=BTC-USDT&type=1min&startAt={}&endAt={}"
FUTURES = "/api/v1/kline/query?symbol=XBTUSDTM&granularity=1&from={}&to={}"


@pytest.mark.parametrize(
    "text",
    ['{"a":1.10,"b": [1,  2]}', '{\n  "a": "line\\nbreak"\n}', '{"ü":"€"}', '"words"', "1790000000000", "null"],
)
def test_a_text_is_kept_word_for_word_on_one_line(text: str) -> None:
    line = b'{"time_ns":5,"kind":"push","connection":1%b%b}\n' % (push_prefix("/a:b"), to_one_line(text))
    assert line.count(b"\n") == 1
    json.loads(line)
    [read], unreadable = decode(line)
    assert unreadable == 0
    assert (read.time_ns, read.kind, read.connection, read.topic) == (5, "push", 1, "/a:b")
    assert text_of(read.frame).decode() == text
    [told], _ = decode(encode_record(6, "answered", 0, "", {"answer": raw(text)}))
    assert text_of(msgspec.json.decode(told.data, type=dict[str, msgspec.Raw])["answer"]).decode() == text


def test_a_text_that_is_no_utf_8_keeps_nobody_from_reading_the_others() -> None:
    text = b'{"data":"\xff\xc3\xa9"}'
    [read], _ = decode(b'{"time_ns":5,"kind":"push"%b%b}\n' % (push_prefix("/a:b"), to_one_line(text)))
    assert text_of(read.frame).decode() == '{"data":"\N{REPLACEMENT CHARACTER}\u00e9"}'


def test_lines_that_make_no_sense_are_left_out_and_counted() -> None:
    good = encode_record(6, "end", 2, "/t", {})
    lines, unreadable = decode(good + b'{"time_ns":"soon","kind":"end"}\n' + good + b"{\n")
    assert [(line.kind, line.connection, line.topic) for line in lines] == [("end", 2, "/t")] * 2
    assert unreadable == 2


def test_paths_that_ask_for_about_the_same_time_are_alike() -> None:
    asked = SPOT.format(1_790_000_000, 1_790_000_600)
    assert path_shape(asked) == SPOT.format("*", "*")
    assert is_path_like(asked, SPOT.format(1_790_000_000, 1_790_000_605))
    assert not is_path_like(asked, SPOT.format(1_790_000_000, 1_790_000_606))
    assert not is_path_like(asked, asked.replace("BTC", "ETH"))
    later = FUTURES.format(1_790_000_000_000, 1_790_000_600_000)
    assert is_path_like(later, FUTURES.format(1_790_000_004_999, 1_790_000_600_000))
    assert not is_path_like(later, FUTURES.format(1_790_000_006_000, 1_790_000_600_000))
    assert not is_path_like(asked, later)
