"""Recordings of real lines, and what they cost who receives."""

import logging
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from kills import kill_at_random
from reactivex.scheduler import TimeoutScheduler
from waiting import eventually, nothing_left, our_threads

from rx_kucoin import Closed, KuCoin, Limits, Rate, events
from rx_kucoin.recording.file.reader import RecordingFile
from rx_kucoin.recording.file.records import encode_record
from rx_kucoin.recording.file.writer import Writer
from rx_kucoin.recording.hooks import RecordingHooks
from rx_kucoin.recording.recorder import Recording
from rx_kucoin.simulator import Simulator
from rx_kucoin.transport.clock import Clock

pytestmark = pytest.mark.socket

SPOT, FUTURES = "BTC-USDT", "XBTUSDTM"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl.gz"


def kucoin_of(exchange: Simulator, **settings: Any) -> KuCoin:
    limits = Limits(dials=Rate(1_000, 60.0))
    return KuCoin(rest_url=exchange.rest_url, futures_rest_url=exchange.futures_rest_url, limits=limits, **settings)


def streams_of(kucoin: KuCoin) -> dict[str, list[Any]]:
    seen: dict[str, list[Any]] = {}
    for name, stream in {
        "events": kucoin.events,
        "book": kucoin.book(SPOT),
        "futures book": kucoin.futures.book(FUTURES),
        "changes": kucoin.level2(SPOT),
        "ticker": kucoin.ticker(SPOT, "ETH-USDT"),
        "raw": kucoin.topic(f"/market/match:{SPOT}"),
    }.items():
        seen[name] = []
        stream.subscribe(seen[name].append, seen[name].append)
    return seen


LINES = (events.LineUp, events.LineDown, events.Renewed, events.TopicLive, events.Redialling, events.LineClosed)


def told_of_lines(seen: dict[str, list[Any]]) -> Counter[str]:
    """Events of lines. Two lines have two threads, so that there is no order among them."""
    return Counter(repr(event) for event in seen["events"] if isinstance(event, LINES))


def told_of_topics(seen: dict[str, list[Any]]) -> dict[tuple[type[Any], str], list[Any]]:
    """What was told of each topic's sequence, in order."""
    told = dict[tuple[type[Any], str], list[Any]]()
    for event in seen["events"]:
        if isinstance(event, events.Gap | events.OutOfTurn):
            told.setdefault((type(event), event.topic), []).append(event)
    return told


def standing(books: list[Any]) -> dict[int, tuple[Any, ...]]:
    return {book.sequence: (*book.bids, None, *book.asks) for book in books if not book.stale}


def test_what_came_over_real_lines_comes_out_again_through_renewals_drops_and_gaps(path: Path) -> None:
    # No more than a busy machine takes in: where a renewal lasts longer than `renew_every` the next one replaces it.
    with nothing_left(), Simulator(seed=5, dial_rate=Rate(1_000, 60.0), rate=500) as exchange:
        kucoin = kucoin_of(exchange, renew_every=2.0, grace=0.5, backoff_initial=0.2)
        with kucoin, kucoin.record(path) as recording:
            live = streams_of(kucoin)

            def told(kind: type[Any]) -> int:
                return sum(isinstance(each, kind) for each in live["events"])

            assert eventually(lambda: told(events.BookLive) >= 2)
            exchange.faults.gap(f"/market/level2:{SPOT}")
            assert eventually(lambda: told(events.Gap) >= 1 and told(events.BookLive) >= 3)  # stale no more, if dropped
            assert eventually(lambda: told(events.Renewed) >= 2, within=30.0)
            exchange.faults.drop()
            assert eventually(lambda: told(events.LineDown) >= 2 and told(events.BookLive) >= 5)
            known = {"events": list(live["events"])}  # before the end of the recording; the lines go on after it
            recording.close()
            assert "frames of 5 topics" in repr(recording)
    kucoin = KuCoin.replay(path)
    again = streams_of(kucoin)
    played = kucoin.play()
    print(f"\n{recording}\n{played}")
    assert played.is_complete
    for name in ("changes", "ticker", "raw"):
        assert len(again[name]) > 5, name
        assert again[name] == live[name][: len(again[name])], name
    for key, told_again in told_of_topics(again).items():
        assert told_again == told_of_topics(live)[key][: len(told_again)]
    for key, told_before in told_of_topics(known).items():
        assert told_before == told_of_topics(again)[key][: len(told_before)]
    assert told_of_lines(known) <= told_of_lines(again) <= told_of_lines(live)
    # There is none either among a snapshot and the changes that come while it is read: the first that fits differs.
    for name in ("book", "futures book"):
        shown, before = standing(again[name]), standing(live[name])
        both = shown.keys() & before.keys()
        print(f"{name}: {len(before)} shown live, {len(shown)} in the replay, {len(both)} in both, all of them equal")
        assert {at: shown[at] for at in both} == {at: before[at] for at in both}
        assert len(both) > 0.8 * len(before)


def test_who_records_later_records_what_runs_already(path: Path) -> None:
    with Simulator(seed=6) as exchange, kucoin_of(exchange) as kucoin:
        live: list[Any] = []
        kucoin.ticker(SPOT).subscribe(live.append)
        assert eventually(lambda: len(live) > 2)
        with kucoin.record(path):
            before = len(live)
            assert eventually(lambda: len(live) > before + 5)
    again: list[Any] = []
    kucoin = KuCoin.replay(path)
    assert kucoin.topics == [f"/market/ticker:{SPOT}"]
    kucoin.ticker(SPOT).subscribe(again.append)
    kucoin.play()
    assert len(again) >= 5
    at = live.index(again[0])
    assert live[at : at + len(again)] == again


def test_a_recording_ends_with_its_kucoin_and_leaves_no_thread(path: Path) -> None:
    with nothing_left(), Simulator(seed=6) as exchange:
        kucoin = kucoin_of(exchange)
        recording = kucoin.record(path)
        assert "rx_kucoin recording" in our_threads()
        kucoin.close()
        assert "closed" in repr(recording)
    assert RecordingFile(path).contents().is_closed
    recording.close()


def test_who_is_closed_records_nothing(path: Path) -> None:
    with Simulator(seed=6) as exchange:
        kucoin = kucoin_of(exchange)
        kucoin.close()
        with nothing_left(), pytest.raises(Closed):
            kucoin.record(path)
    assert not path.exists()


def test_an_interpreter_that_ends_completes_its_recordings(path: Path) -> None:
    words = f"""
from kills import TEXT, Clock, Recording, RecordingHooks
recording = Recording({str(path)!r}, RecordingHooks(), Clock(), facts={{}}, every=1000.0)
recording.received(1, (TEXT % (1, 1),))
"""
    subprocess.run([sys.executable, "-c", words], check=True, cwd=Path(__file__).parents[1])
    contents = RecordingFile(path).contents()
    assert (contents.records, contents.is_closed) == (3, True)


def test_no_secret_is_in_a_recording_and_no_order_unless_asked(path: Path) -> None:
    from rx_kucoin import Credentials  # noqa: PLC0415

    with Simulator(seed=6) as exchange:
        key = Credentials(exchange.api_key, exchange.api_secret, exchange.api_passphrase)
        with kucoin_of(exchange, credentials=key) as kucoin:
            own = path.with_name("own.jsonl.gz")
            seen: list[Any] = []
            with kucoin.record(path), kucoin.record(own, private=True):
                kucoin.balances().subscribe(seen.append)
                books: list[Any] = []
                kucoin.book(SPOT).subscribe(books.append)
                kucoin.ticker(SPOT).subscribe()
                assert eventually(lambda: exchange.listeners("/account/balance") == 1)
                exchange.account.deposit("USDT", 5)
                assert eventually(lambda: seen and books)
    texts = {
        each: subprocess.run(["/usr/bin/env", "zcat", str(each)], capture_output=True, check=True).stdout
        for each in (path, own)
    }
    for text in texts.values():
        for secret in (exchange.api_key, exchange.api_secret, exchange.api_passphrase, "token", "KC-API"):
            assert secret.encode() not in text
    assert b"balance" not in texts[path]
    assert b'"topic":"/account/balance"' in texts[own]
    assert b"orderbook/level2" in texts[path]


class Line:
    number, line, host, read_topics = 1, 1, "nowhere", [f"/market/ticker:{SPOT}"]


TEXT = '{"topic":"/market/ticker:BTC-USDT","type":"message","subject":"trade.ticker","data":{"sequence":"%d"}}'


def test_who_receives_waits_for_no_disk(path: Path) -> None:
    hooks = RecordingHooks()
    line = Line()
    hooks.connected(line)
    recording = Recording(path, hooks, Clock(), facts={}, capacity=1_000_000)
    hooks.received(line, TEXT % 0)
    costs = []
    for _ in range(50):
        began = time.perf_counter_ns()
        for number in range(1_000):
            hooks.received(line, TEXT % number)
        costs.append(time.perf_counter_ns() - began)
    recording.close()
    print(f"\n{min(costs) / 1_000:.0f} ns a frame on the receiving thread, at best, its making included")
    assert min(costs) / 1_000 < 10_000
    assert recording.frames == 50_001


def test_what_a_slow_disk_cannot_take_is_left_out_and_told_of(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    hooks = RecordingHooks()
    recording = Recording(path, hooks, Clock(), facts={}, capacity=100)
    with caplog.at_level(logging.WARNING):
        for number in range(500):
            recording.received(1, (TEXT % number,))
        assert eventually(lambda: recording._told == recording._lost > 0)
        recording.received(1, (TEXT % 500,))
        recording.close()
    lines = [line for block in RecordingFile(path).blocks() for line in RecordingFile(path).records(block)]
    [lost] = [line for line in lines if line.kind == "lost"]
    kept = sum(line.kind == "push" for line in lines)
    assert bytes(lost.data) == b'{"frames":%d}' % recording.lost
    assert recording.lost + kept == 501
    assert f"{recording.lost} lost" in repr(recording)
    assert f"{recording.lost} frames were not recorded" in caplog.text


def test_whoever_still_receives_while_it_is_closed_does_not_come_after_its_end(path: Path) -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(20):
            hooks, over = RecordingHooks(), threading.Event()
            path.unlink(missing_ok=True)
            recording = Recording(path, hooks, Clock(), facts={})

            def receive(hooks: RecordingHooks = hooks, over: threading.Event = over) -> None:
                while not over.is_set():
                    hooks.received(Line(), TEXT % 1)

            threads = [threading.Thread(target=receive) for _ in range(3)]
            for thread in threads:
                thread.start()
            assert eventually(lambda recording=recording: len(recording._queue) > 100)
            recording.close()
            over.set()
            for thread in threads:
                thread.join()
            assert RecordingFile(path).contents().is_closed
    finally:
        sys.setswitchinterval(interval)


def test_a_disk_that_stands_still_holds_up_no_close(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moves = threading.Event()
    with nothing_left(), Simulator(seed=6) as exchange:
        kucoin = kucoin_of(exchange)
        recording = kucoin.record(path)
        write = recording._scribe.writer.write
        monkeypatch.setattr(recording._scribe.writer, "write", lambda *a, **b: moves.wait() and write(*a, **b))
        began = time.monotonic()
        assert not kucoin.close(0.2)
        assert not recording.close(0.2)
        assert time.monotonic() - began < 2.0
        assert "closing" in repr(recording)
        moves.set()
        assert recording.close()
        assert kucoin.close()
    assert RecordingFile(path).contents().is_closed


def test_times_are_dates_whatever_the_scheduler(path: Path) -> None:
    before = time.time_ns()
    with Recording(path, RecordingHooks(), TimeoutScheduler(), facts={}) as recording:
        recording.received(1, (TEXT % 1,))
    lines = [line for block in RecordingFile(path).blocks() for line in RecordingFile(path).records(block)]
    assert all(before <= line.time_ns <= time.time_ns() for line in lines)


def test_times_go_on_where_they_ended_though_the_clock_is_behind_by_now(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    later = (time.time_ns() // 10**9 + 3_600) * 10**9
    writer = Writer(path, fsync=False)
    writer.write(encode_record(later, "end", 0, "", {}), 1, (later, later), flags=0, topics=set(), paths=set())
    writer.close()
    with Recording(path, RecordingHooks(), Clock(), facts={}) as recording:
        for number in range(3):
            recording.received(1, (TEXT % number,))
    lines = [line for block in RecordingFile(path).blocks() for line in RecordingFile(path).records(block)]
    times = [line.time_ns for line in lines if line.kind == "push"]
    assert later < times[0] < times[1] < times[2] < later + 60 * 10**9
    assert b"3,600" in b"".join(bytes(line.data) for line in lines if line.kind == "note").replace(b"3,599", b"3,600")
    assert "behind what was recorded before" in caplog.text


@pytest.mark.parametrize("kills", [5, pytest.param(25, marks=pytest.mark.ci)])
def test_wherever_it_is_killed_no_more_is_lost_than_a_block_may_hold_and_it_says_that_it_was_cut_off(
    kills: int, tmp_path: Path
) -> None:
    report = kill_at_random(kills, tmp_path)
    print(f"\n{report}")
    assert report.kills == kills
    assert report.unreadable == 0
    assert report.broken == 0, "frames are missing before the last"
    assert report.vanished == 0, "a block that was written cannot be read"
    assert report.worst_seconds <= 1.0
    assert report.worst_part <= 1.0
    assert report.silent == 0


def test_a_process_that_is_ended_politely_may_close_its_recording(path: Path) -> None:
    words = [sys.executable, "-m", "rx_kucoin", "record", str(path), SPOT, "--simulate"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert eventually(lambda: path.exists() and path.stat().st_size > 500, 20.0)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10.0) == 0
            assert "frames of 1 topics" in (process.stderr.read() if process.stderr else "")
        finally:
            process.kill()
    assert RecordingFile(path).contents().is_closed
