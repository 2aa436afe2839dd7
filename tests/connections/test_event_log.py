"""The life of a feed in the log: what is lost at WARNING, what is well again at INFO, and few lines for many topics."""

import logging
import subprocess
import sys

import pytest
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import KuCoin, events
from rx_kucoin.connections.event_log import EventLog
from rx_kucoin.errors import LineLost
from rx_kucoin.testing import VirtualTransport

KINDS = [kind for name in events.__all__ if (kind := getattr(events, name)) is not events.Event]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{record.levelname} {record.getMessage()}" for record in caplog.records if record.name == "rx_kucoin.feed"]


def test_a_cut_and_its_recovery_take_a_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rx_kucoin.feed")
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    with KuCoin(scheduler=clock, transport=lambda *_: exchange, random=lambda: 0.5, silent_after=None) as kucoin:
        for number in range(150):
            kucoin.match(f"T{number}-USDT").subscribe()
        clock.advance_to(10)
        caplog.clear()
        exchange.drop()
        clock.advance_to(20)
    seen = lines(caplog)
    print("\n".join(["", *seen]))
    assert seen[0].startswith("WARNING line 1 is down, 150 topics pause: ")
    assert seen[1].startswith("WARNING line 1: attempt 1 follows in 0.2 s: ")
    assert seen[2] == "INFO line 1 is up: virtual"
    assert seen[3].endswith(" is live")
    assert seen[4] == "INFO 149 more of the same: TopicLive"
    assert len(seen) == 5


def test_many_gaps_of_one_cause_are_one_line_and_a_count(caplog: pytest.LogCaptureFixture) -> None:
    clock = VirtualTimeScheduler(0.0)
    log = EventLog(clock)
    for number in range(300):
        log.event(events.Gap(0, f"/market/match:T{number}-USDT", 5, 9, "the line was down"))
    log.event(events.Gap(0, "/market/match:X-USDT", 5, 9, "the exchange left it out"))
    clock.advance_by(0.5)
    log.event(events.Gap(0, "/market/match:Y-USDT", 1, 3, "the line was down"))
    assert lines(caplog) == [
        "WARNING /market/match:T0-USDT: messages after 5 and before 9 are missing: the line was down",
        "WARNING /market/match:X-USDT: messages after 5 and before 9 are missing: the exchange left it out",
        "WARNING 299 more of the same: Gap, the line was down",
        "WARNING /market/match:Y-USDT: messages after 1 and before 3 are missing: the line was down",
    ]
    assert [record.topic for record in caplog.records if hasattr(record, "topic")] == [
        *("/market/match:T0-USDT", "/market/match:X-USDT", "/market/match:Y-USDT")
    ]


def test_a_topic_whose_messages_cannot_be_read_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = VirtualTimeScheduler(0.0)
    log = EventLog(clock)
    for second in range(10):
        for topic in ("/market/match:X-USDT", "/market/match:Y-USDT"):
            log.event(events.Malformed(1, "Expected `object`", "[]", second, topic))
        clock.advance_to(second + 1.0)
    assert [f"{record.levelname} {record.getMessage()}" for record in caplog.records] == [
        f"WARNING {topic}: a message could not be read (any others are logged at DEBUG): Expected `object`"
        for topic in ("/market/match:X-USDT", "/market/match:Y-USDT")
    ]


def test_what_is_remembered_stays_bounded() -> None:
    log = EventLog(VirtualTimeScheduler(0.0))
    for number in range(20_000):
        log.event(events.Malformed(1, "why", "", number, f"/market/match:{number}-USDT"))
    assert len(log._malformed) == 10_000
    for number in range(5_000):
        log.event(events.BookStale(0, "/market/level2:X-USDT", f"cause {number}"))
    assert len(log._windows) <= 257


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_makes_a_line_of_its_own_facts(kind: type[events.Event], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "rx_kucoin.feed")
    of_type = {"int": 7, "str": "words", "float": 0.5, "int | None": None}
    facts = {name: of_type.get(str(of), LineLost("gone")) for name, of in annotations(kind).items()}
    EventLog(VirtualTimeScheduler(0.0)).event(kind(**facts))
    (record,) = caplog.records
    assert "%" not in record.getMessage()
    assert record.__dict__["event"] == kind(**facts)
    assert record.__dict__["line"] == 7


def annotations(kind: type) -> dict[str, object]:
    return {
        name: getattr(of, "__name__", of)
        for base in reversed(kind.__mro__[:-1])
        for name, of in base.__annotations__.items()
    }


def test_a_script_without_any_configuration_shows_warnings() -> None:
    script = """if True:
        from reactivex.scheduler import VirtualTimeScheduler
        from rx_kucoin import KuCoin
        from rx_kucoin.testing import VirtualTransport
        clock = VirtualTimeScheduler(0.0)
        exchange = VirtualTransport(clock)
        exchange.down = True
        kucoin = KuCoin(scheduler=clock, transport=lambda *_: exchange)
        kucoin.ticker("BTC-USDT").subscribe(print)
        clock.advance_to(3600)
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == ""
    assert "line 1: attempt 5 follows in " in done.stderr
    assert "line 1 is given up, and its streams end: " in done.stderr
    assert "stream of /market/ticker:BTC-USDT: ReconnectFailed(" in done.stderr
    assert "Traceback (most recent call last)" in done.stderr
