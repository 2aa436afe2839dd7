"""What readers forgive, and what is a frame error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import FrameError
from rx_kucoin.protocol.messages.base import Change
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker
from rx_kucoin.protocol.raw import READER
from rx_kucoin.protocol.readers import futures
from rx_kucoin.protocol.readers import spot as readers
from tests.protocol.reading import NAMES, PAYLOADS, TYPED, D, read


@pytest.mark.parametrize("number", ["0.12345678901234567891", "12345678901234567890.5", "1E-8", "100", "-0.0030"])
def test_numbers_are_exact_however_they_are_written(number: str) -> None:
    for written in (f'"{number}"', number):
        ticker = read(readers.ticker, "A-B", f'{{"price":{written}}}'.encode())
        assert ticker.price == D(number)
        assert str(ticker.price) == str(D(number))


@pytest.mark.parametrize("nothing", ["{}", "null", '""'])
@pytest.mark.parametrize("name", ["ticker", "match", "snapshot", "level1", "depth", "level2"])
def test_what_is_left_out_null_or_empty_is_none(name: str, nothing: str) -> None:
    fields = [] if nothing == "{}" else [f'"{field}": {nothing}' for field in NAMES if field != "data"]
    payload = "{" + ", ".join(fields) + "}"
    message = read(TYPED[name], "A-B", (f'{{"data":{payload}}}' if name == "snapshot" else payload).encode())
    kept = {"symbol", "asks", "bids", "markets", "site_types", "extra"}
    assert all(getattr(message, field) is None for field in message.__struct_fields__ if field not in kept)


@pytest.mark.parametrize("blank", [None, ""])
def test_a_blank_in_one_field_spoils_no_other(blank: Any) -> None:
    ticker = read(readers.ticker, "A-B", {"price": blank, "size": 0.1, "sequence": "5", "time": 7})
    assert (ticker.price, ticker.size, ticker.sequence, ticker.time_ns) == (None, D("0.1"), 5, 7_000_000)
    sides = read(readers.level2, "A-B", {"changes": {"asks": blank, "bids": [["1", "2", "3"]]}, "sequenceStart": 3})
    assert (sides.asks, sides.bids, sides.sequence_start) == ((), (Change(D(1), D(2), 3),), 3)


@pytest.mark.parametrize("also", [{}, {"price": ""}])
def test_a_word_that_is_empty_is_left_out_whatever_else_is(also: dict[str, str]) -> None:
    assert read(readers.match, "A-B", {"side": "", "size": "1", **also}).side is None
    for subject, event in (("funding.begin", "begin"), ("", None)):
        announced = read(CHANNELS["/contract/announcement"].reader, "", {"symbol": "A"}, subject=subject)
        assert announced.event == event


def test_a_new_field_is_no_fault() -> None:
    assert read(readers.ticker, "A-B", {"price": "1", "brandNew": [{"x": None}]}).price == D(1)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("ticker", b'{"price":"abc"}'),
        ("ticker", b'{"price":[1]}'),
        ("ticker", b'{"time":"soon"}'),
        ("ticker", b"[]"),
        ("ticker", b"null"),
        ("ticker", b""),
        ("ticker", b'{"price":"\xff"}'),
        ("ticker", b'{"price":1e99999999999999999999}'),
        ("ticker", b'{"x":1e99999999999999999999,"price":[]}'),
        ("ticker", b"7"),
        ("match", b'{"sequence":{}}'),
        ("match", b'{"x":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"),  # more than the stack holds
        ("snapshot", b"{}"),
        ("snapshot", b'{"data":[]}'),
        ("snapshot", b'{"data":{"trading":"maybe"}}'),
        ("level1", b'{"asks":[["1","2"]]}'),
        ("depth", b'{"asks":["1","2"]}'),
        ("depth", b'{"asks":[["1"]]}'),
        ("level2", b'{"changes":[]}'),
        ("level2", b'{"changes":{"asks":[["1","2"]]}}'),
        ("level2", b'{"changes":{"asks":[["1","2",""]]}}'),
        ("candle", b"{}"),
        ("candle", b'{"candles":null}'),
    ],
    ids=range(23),
)
def test_a_wrong_type_is_a_frame_error(name: str, payload: bytes) -> None:
    with pytest.raises(FrameError):
        read(TYPED[name], "A-B_1min", payload)


@pytest.mark.parametrize("more", ["1", 2, None, "x", {"y": 1}])
@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("level1", {"asks": ["1", "2"], "bids": ["0.5", "2"]}),
        ("depth", {"asks": [["1", "2"]], "bids": [["0.5", "2"]]}),
        ("level2", {"sequenceStart": 1, "sequenceEnd": 2, "changes": {"asks": [["1", "2", "1"]], "bids": []}}),
        ("candle", {"candles": ["60", *"123456"]}),
    ],
)
def test_rows_with_a_further_column_are_read(name: str, payload: dict[str, Any], more: Any) -> None:
    def longer(data: Any) -> Any:
        if isinstance(data, dict):
            return {key: longer(value) for key, value in data.items()}
        if isinstance(data, list) and data:
            return [longer(each) for each in data] if isinstance(data[0], list) else [*data, more]
        return data

    assert read(TYPED[name], "A-B_1min", longer(payload)) == read(TYPED[name], "A-B_1min", payload)


def test_a_change_of_a_contract_s_book_may_have_a_further_column() -> None:
    change = read(futures.level2, "XBTUSDTM", {"sequence": 7, "change": "1,buy,2,3"})
    assert change == read(futures.level2, "XBTUSDTM", {"sequence": 7, "change": "1,buy,2"})


def test_a_number_stands_for_text() -> None:
    assert read(TYPED["match"], "A-B", {"tradeId": 17, "sequence": "5"}).trade_id == "17"


@given(name=st.sampled_from(sorted(TYPED)), payload=PAYLOADS)
def test_any_payload_is_a_message_or_a_frame_error(name: str, payload: Any) -> None:
    try:
        message = read(TYPED[name], "A-B_1min", payload)
    except FrameError:
        return
    assert isinstance(message, Ticker | Match | Snapshot | Level1 | Depth | Level2Change | Candle)


@given(prefix=st.sampled_from(sorted(CHANNELS)), payload=PAYLOADS)
def test_any_payload_is_a_push_or_a_frame_error(prefix: str, payload: Any) -> None:
    try:
        push = read(READER, "A-B", payload, topic=prefix)
    except FrameError:
        return
    assert push.topic == prefix
    assert isinstance(push.symbol, str)
    assert isinstance(push.sequence, int | None)


@given(st.binary())
def test_any_bytes_are_a_push_or_a_frame_error(payload: bytes) -> None:
    reader = READER
    try:
        push = read(reader, "BTC", payload)
    except FrameError:
        return
    assert push.sequence is None


@pytest.mark.parametrize("payload", [b'"\xff"', b"[" * 200_000, b"1e99999999999999999999", b"9" * 5000, b"NaN"])
def test_a_payload_out_of_this_world_is_a_frame_error(payload: bytes) -> None:
    with pytest.raises(FrameError):
        read(READER, "BTC", payload)
