"""A recording may begin, and a replay of it too, while books are live: snapshots are asked for aside."""

from pathlib import Path
from typing import Any

import pytest
import reactivex
from book_market import Books, Seen
from reactivex import Observable
from waiting import eventually

from rx_kucoin import KuCoin, Limits, OrderBook, Rate, events
from rx_kucoin.connections.interfaces import Feed
from rx_kucoin.errors import ApiError
from rx_kucoin.operators.internal.timers import after
from rx_kucoin.recording.file.reader import RecordingFile
from rx_kucoin.recording.keyframes import with_keyframes
from rx_kucoin.simulator import Simulator

SPOT, FUTURES = "BTC-USDT", "XBTUSDTM"
S = 1_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl.gz"


def trade(market: Books, seconds: float, *, lost: float = 0.0) -> None:
    for _ in range(round(seconds / 0.25)):
        market.pass_time(0.25)
        market.move(market.dice.choice((SPOT, FUTURES)), lost=market.dice.random() < lost)


def running(**settings: Any) -> tuple[Books, list[Seen]]:
    """Books that have been live for ten seconds."""
    market = Books(SPOT, FUTURES, seed=3, **settings)
    seen = [market.book(SPOT), market.book(FUTURES)]
    trade(market, 10.0)
    assert all(each.is_right() for each in seen)
    return market, seen


def replayed(market: Books, path: Path, **part: Any) -> tuple[list[Seen], list[Any], KuCoin]:
    kucoin, told = KuCoin.replay(path, **part), list[Any]()
    kucoin.events.subscribe(told.append)
    seen = [Seen(market.models[SPOT], kucoin.book(SPOT)), Seen(market.models[FUTURES], kucoin.futures.book(FUTURES))]
    kucoin.play()
    return seen, told, kucoin


def shown(seen: Seen) -> list[tuple[Any, ...]]:
    """All but the time of a book, which a snapshot need not have."""
    return [(book.sequence, book.stale, *book.bids, None, *book.asks) for book in seen.books]


def kinds(path: Path) -> list[str]:
    tape = RecordingFile(path)
    return [line.kind for block in tape.blocks() for line in tape.records(block)]


def test_books_that_are_live_when_a_recording_begins_are_right_in_its_replay(path: Path) -> None:
    market, live = running()
    before, counts = market.snapshots, [len(each.books) for each in live]
    with market.kucoin.record(path):
        trade(market, 20.0)
    assert market.snapshots == before + 2
    assert [each.states for each in live] == ["l" * len(each.books) for each in live], "nobody noticed"
    assert [type(each) for each in market.told].count(events.BookLive) == 2
    again, told, _ = replayed(market, path)
    for each, was, count in zip(again, live, counts, strict=True):
        assert (each.errors, each.wrong, each.is_over) == ([], [], True)
        assert set(each.states) == {"l"}
        assert shown(each) == shown(was)[-len(each.books) :]
        assert len(each.books) > 0.9 * (len(was.books) - count)
    assert [event.snapshots for event in told if isinstance(event, events.BookLive)] == [1, 1]


def test_a_snapshot_that_is_too_old_is_followed_by_another(path: Path) -> None:
    market, _ = running()
    ages = iter([60, 60, 60])
    market.age = lambda: next(ages, 0)
    with market.kucoin.record(path):
        trade(market, 30.0)
    again, told, _ = replayed(market, path)
    assert [(each.errors, each.wrong, set(each.states)) for each in again] == [([], [], {"l"})] * 2
    assert sum(event.snapshots for event in told if isinstance(event, events.BookLive)) == 5


def test_who_begins_in_the_middle_has_books_from_the_next_keyframe_on(path: Path) -> None:
    market, live = running()
    with market.kucoin.record(path, keyframes=60.0):
        trade(market, 200.0)
    assert kinds(path).count("offered") == 8
    again, _, kucoin = replayed(market, path, since=1_025 * S)
    for each, was in zip(again, live, strict=True):
        assert (each.errors, each.wrong) == ([], [])
        assert shown(each) == shown(was)[-len(each.books) :]
        assert 0.6 < len(each.books) / len(was.books) < 0.75  # from 1,070 s to 1,210 s, of 1,000 s to 1,210 s
    assert kucoin.scheduler.to_seconds(kucoin.scheduler.now) > 1_200.0


def test_without_keyframes_there_is_one_at_the_beginning_only(path: Path) -> None:
    market, _ = running()
    with market.kucoin.record(path, keyframes=None):
        trade(market, 700.0)
    assert kinds(path).count("offered") == 2


@pytest.mark.parametrize("seed", range(4))
def test_what_is_asked_for_aside_never_stands_in_for_what_a_book_asked_for_itself(path: Path, seed: int) -> None:
    market = Books(SPOT, FUTURES, seed=seed)
    with market.kucoin.record(path, keyframes=7.0):
        live = [market.book(SPOT), market.book(FUTURES)]
        trade(market, 300.0, lost=0.02)
        market.exchange.drop()
        trade(market, 100.0, lost=0.02)
    market.kucoin.close()
    market.clock.advance_by(60.0)
    assert kinds(path).count("offered") > 50
    again, told, _ = replayed(market, path)
    for each, was in zip(again, live, strict=True):
        assert was.states.count("s") > 1
        assert each.books == was.books
        assert not each.wrong
    assert list(map(repr, told)) == list(map(repr, market.told))


def test_a_snapshot_that_cannot_be_had_is_noted_and_hurts_nobody(path: Path) -> None:
    market, live = running()
    market.refusal = lambda: ApiError("403000", "no", "GET /")
    with market.kucoin.record(path):
        trade(market, 5.0)
    assert all(each.is_right() and not each.errors for each in live)
    tape = RecordingFile(path)
    notes = [
        bytes(line.data).decode() for block in tape.blocks() for line in tape.records(block) if line.kind == "note"
    ]
    assert len(notes) == 2
    assert f"a replay that begins here has no book of /market/level2:{SPOT}: " in "".join(notes)


def test_nothing_is_asked_for_after_a_recording_or_for_a_book_that_nobody_has(path: Path) -> None:
    market, live = running()
    recording = market.kucoin.record(path, keyframes=10.0)
    trade(market, 1.0)
    live[0].subscription.dispose()
    market.pass_time(1.0)
    before = market.snapshots
    trade(market, 10.0)
    assert market.snapshots == before + 1
    recording.close()
    trade(market, 100.0)
    assert market.snapshots == before + 1
    assert not live[1].errors


def test_a_hundred_keyframes_do_not_hold_up_what_a_book_needs_itself(path: Path) -> None:
    symbols = [f"C{number}-USDT" for number in range(100)]
    market = Books(*symbols, seed=4)
    seen = [market.book(symbol) for symbol in symbols]
    for _ in range(2):
        market.pass_time(1.0)
        for symbol in symbols:
            market.move(symbol)
    market.pass_time(5.0)
    assert all(each.is_right() for each in seen)
    with market.kucoin.record(path):
        for symbol in symbols:
            market.move(symbol)
        market.move(symbols[-1], lost=True)
        market.move(symbols[-1])
        assert seen[-1].last.stale
        market.pass_time(0.35)  # 16 are asked at a time, and each takes 0.1 s
        assert seen[-1].is_right()
        market.pass_time(1.0)
    assert kinds(path).count("offered") == 100


def test_who_records_while_a_keyframe_of_another_is_under_way_has_one_of_his_own(path: Path, tmp_path: Path) -> None:
    market, _ = running()
    market.age = lambda: 2
    with market.kucoin.record(tmp_path / "first.jsonl.gz"):
        for _ in range(5):
            market.move(SPOT)
        market.pass_time(0.05)
        with market.kucoin.record(path):
            market.move(SPOT)
            market.pass_time(0.06)  # the answer came: it is too old for what is recorded here
            market.age = lambda: 0
            trade(market, 20.0)
    (again, _), _, _ = replayed(market, path)
    assert (again.errors, again.wrong, set(again.states)) == ([], [], {"l"})


def test_a_snapshot_that_no_change_has_met_yet_may_turn_out_too_old(path: Path) -> None:
    market, live = running()
    market.age = lambda: 1
    with market.kucoin.record(path):
        market.pass_time(5.0)
        market.age = lambda: 0
        trade(market, 10.0)
    again, _, _ = replayed(market, path)
    for each, was in zip(again, live, strict=True):
        assert (each.errors, each.wrong, each.states.strip("l")) == ([], [], "s")
        assert shown(each)[-10:] == shown(was)[-10:]


def test_a_book_that_waited_for_an_answer_when_a_recording_ended_is_right_in_the_next(path: Path) -> None:
    market, live = running()
    with market.kucoin.record(path):
        trade(market, 5.0)
        market.move(SPOT, lost=True)
        market.move(SPOT)
    trade(market, 5.0)
    with market.kucoin.record(path):
        trade(market, 20.0)
    again, _, _ = replayed(market, path)
    for each, was in zip(again, live, strict=True):
        assert not each.wrong
        assert shown(each)[-10:] == shown(was)[-10:]


def test_who_subscribes_in_mid_play_waits_for_the_next_keyframe(path: Path) -> None:
    market, live = running(max_calibrations=3)
    with market.kucoin.record(path, keyframes=60.0):
        trade(market, 150.0)
    kucoin, late = KuCoin.replay(path), list[Seen]()
    kucoin.level2(SPOT).subscribe()
    after(kucoin.scheduler, 5.0, lambda: late.append(Seen(market.models[SPOT], kucoin.book(SPOT))))
    kucoin.play()
    assert (late[0].errors, late[0].wrong, set(late[0].states)) == ([], [], {"l"})
    assert shown(late[0]) == shown(live[0])[-len(late[0].books) :]


def test_nobody_goes_on_asking_when_all_recordings_are_closed(path: Path) -> None:
    market, live = running()
    market.age = lambda: 60
    with market.kucoin.record(path):
        trade(market, 3.0)
    before = market.snapshots
    trade(market, 100.0)
    assert market.snapshots == before
    assert all(each.is_right() for each in live)


def test_keyframes_leave_a_part_of_what_may_be_asked_for(path: Path) -> None:
    symbols = [f"C{number}-USDT" for number in range(100)]
    market = Books(*symbols, seed=4, limits=Limits(rest=Rate(301, 30.0)))
    seen = [market.book(symbol) for symbol in symbols]
    for _ in range(2):
        for symbol in symbols:
            market.move(symbol)
        market.pass_time(60.0)
    assert all(each.is_right() for each in seen)
    with market.kucoin.record(path):
        for symbol in symbols:
            market.move(symbol)
        market.pass_time(10.0)
        market.move(symbols[-1], lost=True)
        market.move(symbols[-1])
        market.pass_time(0.15)
        assert seen[-1].is_right()
        market.pass_time(40.0)
    assert kinds(path).count("offered") == 100


def test_a_second_book_is_not_made_before_it_is_needed(path: Path) -> None:
    market, made = Books(SPOT), list[Feed]()

    def make(feed: Feed) -> Observable[OrderBook]:
        made.append(feed)
        return reactivex.never()

    kucoin = market.kucoin
    with_keyframes(kucoin._engine, kucoin._recorded, f"/market/level2:{SPOT}", make).subscribe()
    assert len(made) == 1
    with market.kucoin.record(path):
        assert len(made) == 2


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("inf"), float("nan")])
def test_keyframes_are_some_seconds_apart(path: Path, seconds: float) -> None:
    with pytest.raises(ValueError, match="keyframes must be above 0"):
        KuCoin().record(path, keyframes=seconds)


@pytest.mark.socket
def test_so_it_is_over_real_lines(path: Path) -> None:
    live, again = list[OrderBook](), list[OrderBook]()
    with Simulator(seed=7, rate=500) as exchange, KuCoin(rest_url=exchange.rest_url) as kucoin:
        kucoin.book(SPOT).subscribe(live.append)
        assert eventually(lambda: len(live) > 20)
        with kucoin.record(path):
            before = len(live)
            assert eventually(lambda: len(live) > before + 200)
    kucoin = KuCoin.replay(path)
    kucoin.book(SPOT).subscribe(again.append)
    kucoin.play()
    levels = {book.sequence: (*book.bids[:50], None, *book.asks[:50]) for book in live}
    assert len(again) > 100
    assert all(levels[book.sequence] == (*book.bids[:50], None, *book.asks[:50]) for book in again)
