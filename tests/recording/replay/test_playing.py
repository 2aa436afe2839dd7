"""How a recording is played: by whom, how fast, which part of it, and until when."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import reactivex
from reactivex import operators as ops
from reactivex.internal.exceptions import SequenceContainsNoElementsError
from tape_by_hand import TOPICS, S, Story, push, ticking, write

from rx_kucoin import Closed, KuCoin, events
from rx_kucoin.errors import CalibrationFailed
from rx_kucoin.recording.file.block import STATE
from rx_kucoin.recording.file.reader import RecordingFile
from rx_kucoin.recording.file.writer import Writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "tape.jsonl.gz", [*ticking(20), (120.0, "end", "", {})])


def numbers(kucoin: KuCoin, symbol: str = "BTC-USDT") -> list[int]:
    found = list[int]()
    kucoin.match(symbol).subscribe(lambda match: found.append(match.sequence - 1_000))
    return found


def test_time_stands_still_until_it_is_played_and_everything_completes_at_the_end(path: Path) -> None:
    kucoin, ended = KuCoin.replay(path), list[str]()
    first, second = numbers(kucoin), numbers(kucoin, "ETH-USDT")
    kucoin.match("BTC-USDT").subscribe(on_completed=lambda: ended.append("completed"))
    assert (first, second, ended) == ([], [], [])
    assert "at 1970-01-01 00:01:40" in repr(kucoin)
    played = kucoin.play()
    assert (first, second) == (list(range(0, 80, 2)), list(range(1, 80, 2)))
    assert ended == ["completed"]
    assert (played.frames, played.is_complete, played.torn, played.damaged) == (80, True, 0, 0)
    assert str(played).startswith("80 frames, 20.0 s in 0.0")
    errors = list[Exception]()
    kucoin.match("BTC-USDT").subscribe(on_error=errors.append)
    assert isinstance(errors[0], Closed)


def test_operators_keep_its_time_without_being_told_to(path: Path) -> None:
    kucoin = KuCoin.replay(path)
    buffers, stamps, later, named = list[int](), list[float](), list[float](), list[int]()
    kucoin.match("BTC-USDT").pipe(ops.buffer_with_time(5.0), ops.map(len)).subscribe(buffers.append)
    kucoin.match("BTC-USDT").timestamp().map(lambda each: each.timestamp.timestamp()).subscribe(stamps.append)
    kucoin.match("BTC-USDT").pipe(ops.delay(1.5), ops.timestamp(), ops.share()).subscribe(
        lambda each: later.append(each.timestamp.timestamp())
    )
    merged = reactivex.merge(kucoin.match("BTC-USDT"), kucoin.match("ETH-USDT"))
    merged.pipe(ops.buffer_with_time(5.0, scheduler=kucoin.scheduler), ops.map(len)).subscribe(named.append)
    kucoin.play()
    assert buffers == [10, 10, 10, 10, 0]
    assert stamps[:3] == [100.0, 100.5, 101.0]
    assert later[:3] == [101.5, 102.0, 102.5]
    assert len(later) == 40
    assert named == [20, 20, 20, 20, 0]


def test_run_plays_until_its_own_stream_ends_and_goes_on_from_there(path: Path) -> None:
    kucoin = KuCoin.replay(path)
    others = numbers(kucoin, "ETH-USDT")
    assert kucoin.match("BTC-USDT").pipe(ops.take(3), ops.map(lambda each: each.sequence)).run() == 1_004
    assert others == [1, 3]
    assert kucoin.match("BTC-USDT").pipe(ops.first()).run().sequence == 1_006
    assert kucoin.match("BTC-USDT").pipe(ops.count()).run() == 36
    assert len(others) == 40
    with pytest.raises(Closed):
        kucoin.match("BTC-USDT").run()
    with pytest.raises(SequenceContainsNoElementsError):
        KuCoin.replay(path).ticker("BTC-USDT").run()


def test_a_part_of_the_time_and_of_the_topics_is_played_without_opening_the_rest(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = list[float]()
    kucoin = KuCoin.replay(path, since="1970-01-01T00:01:45", until=110 * S, topics=TOPICS[:1])
    lines = RecordingFile.records
    monkeypatch.setattr(
        RecordingFile, "records", lambda tape, block: opened.append(block.first_ns / S) or lines(tape, block)
    )
    first, second = numbers(kucoin), numbers(kucoin, "ETH-USDT")
    played = kucoin.play()
    assert first == list(range(20, 42, 2))
    assert second == []
    assert (played.since_ns, played.until_ns) == (105 * S, 110 * S)
    assert opened[0] == 100.0
    assert opened[1] >= 104.0
    assert max(opened) <= 110.0


def test_topics_may_be_listed_as_in_a_subscription(path: Path) -> None:
    kucoin = KuCoin.replay(path, topics="/market/match:BTC-USDT,ETH-USDT")
    first, second = numbers(kucoin), numbers(kucoin, "ETH-USDT")
    kucoin.play()
    assert (len(first), len(second)) == (40, 40)


def test_a_stream_of_what_was_not_recorded_is_told_of_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    quiet = "/market/match:QUIET-USDT"
    write(path, [(130.0, "seat", quiet, {"line": 1})])
    kucoin = KuCoin.replay(path)
    for _ in range(2):
        numbers(kucoin, "BTC-USTD")
        numbers(kucoin, "QUIET-USDT")
        numbers(kucoin, "BTC-USDT")
    assert caplog.messages == ["/market/match:BTC-USTD was not recorded: its stream stays silent"]


def test_what_is_private_needs_no_key_to_be_replayed(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert KuCoin.replay(path).orders().pipe(ops.to_list()).run() == []
    [told] = caplog.messages
    assert told.endswith("was not recorded: its stream stays silent")


def test_nobody_listens_so_no_block_of_pushes_is_opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kucoin, opened = KuCoin.replay(path), list[int]()
    lines = RecordingFile.records
    monkeypatch.setattr(RecordingFile, "records", lambda tape, block: opened.append(block.flags) or lines(tape, block))
    played = kucoin.play()
    assert (played.frames, played.until_ns) == (0, 120 * S)
    assert len(opened) == 2
    assert all(opened)


def test_it_takes_as_long_as_it_took_or_a_part_of_that(path: Path) -> None:
    kucoin = KuCoin.replay(path, speed=40.0)
    came = list[float]()
    kucoin.match("BTC-USDT").subscribe(lambda _: came.append(time.monotonic()))
    began = time.monotonic()
    played = kucoin.play()
    assert 0.5 <= time.monotonic() - began < 2.0
    assert 10.0 < played.times < 41.0
    assert came[-1] - came[0] >= 19.5 / 40.0 - 0.05


def test_it_can_be_halted_from_another_thread_and_goes_on(path: Path) -> None:
    kucoin = KuCoin.replay(path, speed=1.0)
    found = numbers(kucoin)
    timer = threading.Timer(0.3, kucoin.halt)
    timer.start()
    began = time.monotonic()
    kucoin.play()
    assert time.monotonic() - began < 5.0
    timer.join()
    assert found == [0]
    assert kucoin.match("BTC-USDT").pipe(ops.first()).run().sequence == 1_002


def test_it_halts_at_the_very_timer_that_says_so_and_what_follows_is_still_to_come(path: Path) -> None:
    kucoin = KuCoin.replay(path)
    others = numbers(kucoin, "ETH-USDT")
    assert kucoin.match("BTC-USDT").pipe(ops.take_with_time(5.1), ops.count()).run() == 11
    assert kucoin.scheduler.now.timestamp() == 105.1
    assert others[-1] == 19
    kucoin.play()
    assert others == list(range(1, 80, 2))


def test_it_halts_in_hours_of_nothing(path: Path) -> None:
    write(path, [push(20_000.0, TOPICS[0], 2_000)])
    kucoin = KuCoin.replay(path)
    kucoin.match("BTC-USDT").pipe(ops.buffer_with_time(10.0), ops.skip(1_000)).subscribe(lambda _: kucoin.halt())
    assert kucoin.play().until_ns == 10_110 * S


def test_ctrl_c_ends_it_cleanly(path: Path) -> None:
    kucoin, ended = KuCoin.replay(path), list[str]()

    def press(match: Any) -> None:
        if match.sequence == 1_010:
            raise KeyboardInterrupt

    kucoin.match("BTC-USDT").subscribe(press, on_completed=lambda: ended.append("completed"))
    played = kucoin.play()
    assert ended == ["completed"]
    assert (played.interrupted, played.is_complete) == (True, False)
    assert str(played).endswith("; interrupted")
    assert 5 <= played.frames <= 6
    with pytest.raises(RuntimeError, match="is closed; make another"):
        kucoin.play()


def test_a_run_that_is_interrupted_does_not_pass_for_one_that_ended(path: Path) -> None:
    kucoin = KuCoin.replay(path)

    def press(match: Any) -> None:
        if match.sequence == 1_010:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kucoin.match("BTC-USDT").pipe(ops.do_action(press), ops.count()).run()


def test_who_closes_it_stops_it_for_good(path: Path) -> None:
    kucoin, found = KuCoin.replay(path, speed=1.0), list[object]()
    kucoin.match("BTC-USDT").subscribe(found.append, on_completed=lambda: found.append("completed"))
    timer = threading.Timer(0.1, kucoin.close)
    began = time.monotonic()
    timer.start()
    played = kucoin.play()
    assert time.monotonic() - began < 5.0
    timer.join()
    assert (found[1:], played.frames, played.is_complete) == (["completed"], 1, False)
    with pytest.raises(RuntimeError, match="is closed; make another"):
        kucoin.play()


def test_it_can_be_closed_by_a_subscriber(path: Path) -> None:
    kucoin = KuCoin.replay(path)
    kucoin.match("BTC-USDT").pipe(ops.filter(lambda match: match.sequence == 1_010)).subscribe(lambda _: kucoin.close())
    played = kucoin.play()
    assert (played.until_ns, played.is_complete) == (102_500_000_000, False)


def test_playing_what_was_played_to_its_end_raises(path: Path) -> None:
    kucoin = KuCoin.replay(path)
    assert kucoin.play().is_complete
    with pytest.raises(RuntimeError, match="was played to its end; make another"):
        kucoin.play()


def raise_at(number: int) -> Callable[[Any], None]:
    def strategy(match: Any) -> None:
        if match.sequence == number:
            raise ZeroDivisionError(f"at {number}")

    return strategy


def test_a_strategy_that_raises_ends_the_play_with_its_error(path: Path) -> None:
    kucoin, others = KuCoin.replay(path), list[int]()
    kucoin.match("BTC-USDT").subscribe(raise_at(1_010))
    kucoin.match("BTC-USDT").subscribe(lambda match: others.append(match.sequence))
    with pytest.raises(ZeroDivisionError, match="at 1010"):
        kucoin.play()
    assert others[-1] == 1_010
    assert kucoin.play().is_complete  # what is left, for the others
    assert others[-1] > 1_010


def all_of(strategy: Callable[[Any], None]) -> Callable[[list[Any]], None]:
    return lambda seen: [strategy(each) for each in seen] and None


@pytest.mark.parametrize(
    "subscribe",
    [
        lambda stream: stream.subscribe(raise_at(1_010)),
        lambda stream: stream.pipe(ops.do_action(raise_at(1_010))).subscribe(print),
        lambda stream: stream.pipe(ops.buffer_with_time(1.0)).subscribe(
            lambda seen: [raise_at(1_010)(it) for it in seen]
        ),
    ],
)
def test_errors_that_nothing_handles_are_listed_where_they_are_not_raised(
    path: Path, subscribe: Callable[[Any], object]
) -> None:
    kucoin = KuCoin.replay(path)
    subscribe(kucoin.match("BTC-USDT"))
    played = kucoin.play(raise_errors=False)
    assert played.is_complete
    assert list(map(repr, played.errors)) == ["ZeroDivisionError('at 1010')"]
    assert "errors that were not handled: 1" in str(played)


def test_an_error_that_is_handled_ends_no_play(path: Path) -> None:
    kucoin, handled = KuCoin.replay(path), list[Exception]()
    kucoin.match("BTC-USDT").subscribe(raise_at(1_010), handled.append)
    kucoin.match("BTC-USDT").pipe(ops.do_action(raise_at(1_020))).subscribe(print, handled.append)
    played = kucoin.play()
    assert (played.is_complete, played.errors) == (True, ())
    assert [str(error) for error in handled] == ["at 1010", "at 1020"]


def test_who_plays_from_within_is_told_not_to(path: Path) -> None:
    kucoin, raised = KuCoin.replay(path), list[Exception]()

    def again(_: Any) -> None:
        try:
            kucoin.play()
        except RuntimeError as error:
            raised.append(error)

    kucoin.match("BTC-USDT").pipe(ops.take(1)).subscribe(again)
    kucoin.play()
    assert "being replayed already" in str(raised[0])


def test_progress_is_told_to_whoever_wants_to_know(path: Path) -> None:
    told = list[float]()
    kucoin = KuCoin.replay(path, progress=told.append, speed=60.0)
    numbers(kucoin)
    kucoin.play()
    assert told == sorted(told)
    assert len(told) >= 2
    assert told[-1] == 1.0


def test_frames_that_could_not_be_kept_are_a_gap_and_so_is_the_time_between_two_recordings(path: Path) -> None:
    write(path, [push(200.0, TOPICS[0], 2_000), (201.0, "lost", "", {"frames": 7}), push(202.0, TOPICS[0], 2_010)])
    kucoin, told = KuCoin.replay(path), list[Any]()
    kucoin.events.subscribe(told.append)
    found = numbers(kucoin)
    played = kucoin.play()
    assert found[-3:] == [78, 1_000, 1_010]
    assert [(event.after, event.before) for event in told if isinstance(event, events.Gap)] == [
        (1_078, 2_000),
        (2_000, 2_010),
    ]
    assert not played.is_complete


def replayed(path: Path) -> tuple[list[int], list[Any]]:
    """The numbers of the first topic, as in the recording, and the events of its streams."""
    kucoin, told, found = KuCoin.replay(path), list[Any](), list[int]()
    kucoin.events.subscribe(lambda event: told.append(event) if getattr(event, "topic", "") else None)
    kucoin.match("BTC-USDT").subscribe(lambda match: found.append(match.sequence))
    kucoin.play()
    return found, told


def one_topic(first: int, last: int) -> Story:
    return [push(100 + at / 4, TOPICS[0], at) for at in range(first, last)]


@pytest.mark.parametrize("overlap", [0, 1, 10, 200])
def test_recordings_one_after_another_without_a_missing_number_have_no_gap(tmp_path: Path, overlap: int) -> None:
    whole = write(tmp_path / "first.jsonl.gz", one_topic(1_000, 1_400)).read_bytes()
    more = write(tmp_path / "second.jsonl.gz", one_topic(1_400 - overlap, 1_800)).read_bytes()
    both = tmp_path / "both.jsonl.gz"
    both.write_bytes(whole + more)
    found, told = replayed(both)
    assert found == list(range(1_000, 1_800))
    assert not [event for event in told if isinstance(event, events.Gap | events.SequenceReset)]


def test_recordings_one_after_another_with_a_missing_number_have_a_gap(tmp_path: Path) -> None:
    whole = write(tmp_path / "first.jsonl.gz", one_topic(1_000, 1_400)).read_bytes()
    more = write(tmp_path / "second.jsonl.gz", one_topic(1_401, 1_800)).read_bytes()
    both = tmp_path / "both.jsonl.gz"
    both.write_bytes(whole + more)
    found, told = replayed(both)
    assert len(found) == 799
    assert [(event.after, event.before) for event in told if isinstance(event, events.Gap)] == [(1_399, 1_401)]


def test_a_recording_that_was_cut_off_says_so(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])
    kucoin = KuCoin.replay(path)
    found = numbers(kucoin)
    played = kucoin.play()
    assert len(found) > 30
    assert not played.is_complete
    assert played.torn > 0
    assert "cut off while it was written" in str(played)


@pytest.mark.parametrize("topics", [None, TOPICS])
def test_a_line_that_cannot_be_read_is_counted_once(path: Path, topics: list[str] | None) -> None:
    writer, span = Writer(path, fsync=False), (121 * S, 121 * S)
    writer.write(b"no line\n", 1, span, flags=STATE, topics=set(), paths=set())
    writer.close()
    kucoin = KuCoin.replay(path, topics=topics)
    assert kucoin.topics == TOPICS
    assert kucoin.play().damaged == 1


@pytest.mark.parametrize("at", ["header", "body"])
def test_a_block_that_is_damaged_is_a_gap(path: Path, at: str) -> None:
    block, data = list(RecordingFile(path).blocks())[10], bytearray(path.read_bytes())
    data[block.offset + (0 if at == "header" else block.header + 10)] ^= 0xFF
    path.write_bytes(data)
    kucoin, told = KuCoin.replay(path), list[Any]()
    kucoin.events.subscribe(told.append)
    found = numbers(kucoin)
    played = kucoin.play()
    [gap] = [event for event in told if isinstance(event, events.Gap)]
    assert (len(found), gap.before - gap.after) == (38, 6)
    assert (played.damaged, played.is_complete) == (1, False)


def test_a_book_without_a_snapshot_in_the_recording_ends_with_an_error_that_says_so(path: Path) -> None:
    change = {
        "changes": {"asks": [], "bids": []},
        "sequenceStart": 1,
        "sequenceEnd": 2,
        "symbol": "BTC-USDT",
        "time": 1,
    }
    topic = "/market/level2:BTC-USDT"
    frame = {"topic": topic, "type": "message", "subject": "trade.l2update", "data": change}
    write(path, [(130.0, "seat", topic, {"line": 1}), (131.0, "push", topic, frame)])
    kucoin, errors = KuCoin.replay(path), list[Exception]()
    kucoin.book("BTC-USDT").subscribe(on_error=errors.append)
    kucoin.play()
    [error] = errors
    assert isinstance(error, CalibrationFailed)
    assert "the recording has no answer to GET /api/v1/market/orderbook/level2_100?symbol=BTC-USDT" in str(error)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"speed": 0}, "speed must be above 0"),
        ({"since": "noon"}, "'noon' is no moment"),
        ({"since": 121 * S}, "ends before"),
        ({"until": 99 * S}, "nothing before"),
        ({"since": 110 * S, "until": 109 * S}, "109000000000 is before 110000000000"),
        ({"since": 100}, "a number is a time in nanoseconds"),
        ({"topics": "/market/match:BTC-USTD"}, "was not recorded; did you mean '/market/match:BTC-USDT'"),
        ({"topics": [*TOPICS, ""]}, f"'' was not recorded; these were: {', '.join(TOPICS)}$"),
    ],
)
def test_what_makes_no_sense_is_told(path: Path, settings: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        KuCoin.replay(path, **settings)


def test_an_empty_file_and_a_replay_of_a_replay_are_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="a replay cannot be recorded"):
        KuCoin.replay(path).record(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="has nothing in it"):
        KuCoin.replay(path)


def test_pandas_reads_it(path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.read_json(path, lines=True)
    pushes = table[table.kind == "push"]
    assert list(pushes.time_ns) == [100 * S + at * S // 4 for at in range(80)]
    assert pushes.frame.iloc[0]["data"]["sequence"] == "1000"


@pytest.mark.ci
def test_polars_reads_it(path: Path) -> None:
    polars = pytest.importorskip("polars")
    table = polars.read_ndjson(path, infer_schema_length=None)
    pushes = table.filter(polars.col("kind") == "push")
    assert pushes["time_ns"].to_list() == [100 * S + at * S // 4 for at in range(80)]
    assert pushes["frame"].struct.field("data").struct.field("sequence")[0] == "1000"
