import fcntl
import os
import re
import signal
import struct
import sys
import termios
import time

import pytest
from cli_process import PATIENCE, Terminal, command, on_a_terminal
from waiting import eventually

from rx_kucoin import events
from rx_kucoin.cli._clock_check import ClockCheck
from rx_kucoin.cli._screen import Screen
from rx_kucoin.protocol.messages.spot import Ticker
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket
SYMBOLS = ("BTC-USDT", "ETH-USDT")
ASIDE, BACK, HIDDEN, SHOWN = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25l", b"\x1b[?25h"


def raw(terminal: Terminal) -> bytes:
    return terminal._text


def frames(terminal: Terminal) -> list[list[str]]:
    """Every picture that was drawn on the other screen, whole or not."""
    drawn = raw(terminal).partition(ASIDE)[2].partition(BACK)[0].split(b"\x1b[H")[1:]
    texts = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", each.decode(errors="replace")) for each in drawn]
    return [text.split("\r\n") for text in texts if text]


def stays(terminal: Terminal) -> list[str]:
    """What stands on the terminal when all is over."""
    after = raw(terminal).rpartition(BACK)[2].decode()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", after).split("\r\n")


def end(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 0
    assert "Traceback" not in terminal.text


def resize(terminal: Terminal, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal._screen, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    terminal.process.send_signal(signal.SIGWINCH)


@pytest.mark.parametrize(
    "channel", ["ticker", "match", "candles", "level1", "depth5", "depth50", "level2", "snapshot", "book"]
)
def test_a_person_sees_rows_that_fit_80_columns(channel: str) -> None:
    with Simulator(rate_per_topic=50) as exchange:
        watch = command("watch", *SYMBOLS, "--channel", channel, "--rest-url", exchange.rest_url)
        with on_a_terminal(*watch) as terminal:
            terminal.read_until(r"1 open · 2 live · \d+ msg/s · 0 drops")
            for symbol in SYMBOLS:
                terminal.read_until(rf"{symbol} .*\d[\d.]* .*live")
            end(terminal)
        assert {len(frame) for frame in frames(terminal)[:-1]} == {24}
        assert max(len(line) for frame in frames(terminal) for line in frame) <= 80
        left = stays(terminal)
        assert [line.split()[0] for line in left[:3]] == ["symbol", *SYMBOLS]
        assert len({len(line) for line in left[:3]}) == 1
        assert not any("…" in line for line in left[:3])


def test_the_other_screen_is_drawn_on_and_all_is_put_back() -> None:
    with Simulator(rate_per_topic=50) as exchange:
        with on_a_terminal(*command("watch", "BTC-USDT", "--rest-url", exchange.rest_url)) as terminal:
            terminal.read_until("1 live")
            assert raw(terminal).startswith(ASIDE)
            assert HIDDEN in raw(terminal)
            end(terminal)
        assert raw(terminal).count(BACK) == 1
        assert raw(terminal).rindex(SHOWN) > raw(terminal).rindex(HIDDEN)
        assert b"\x1b[2J" not in raw(terminal)  # nothing is wiped between two pictures


def test_all_is_put_back_when_it_fails_and_the_error_is_read_below() -> None:
    with Simulator() as exchange:
        exchange.faults.refuse_topic("/market/ticker:BTC-USDT", 404, "topic does not exist")
        with on_a_terminal(*command("watch", "BTC-USDT", "--rest-url", exchange.rest_url)) as terminal:
            assert terminal.end() == 1
    assert SHOWN in raw(terminal).rpartition(BACK)[2]
    left = stays(terminal)
    assert left[1].startswith("BTC-USDT ")  # the last picture
    assert left[-2].startswith("rx-kucoin: ")
    assert "topic does not exist" in " ".join(left)


def test_a_resize_is_drawn_at_once() -> None:
    with (
        Simulator(rate_per_topic=50) as exchange,
        on_a_terminal(*command("watch", *SYMBOLS, "--rest-url", exchange.rest_url)) as terminal,
    ):
        terminal.read_until("2 live")
        for columns, rows in ((40, 8), (200, 50), (60, 5)):
            before = len(frames(terminal))
            resize(terminal, columns, rows)
            assert eventually(lambda rows=rows: terminal._read() and len(frames(terminal)[-2]) == rows)
            drawn = frames(terminal)[before:-1]
            assert max(len(line) for line in drawn[-1]) <= columns
            assert columns < 200 or "bid size" in drawn[-1][0]
        end(terminal)


def test_ctrl_z_gives_the_terminal_back_until_it_goes_on() -> None:
    with Simulator(rate_per_topic=50) as exchange:
        with on_a_terminal(*command("watch", *SYMBOLS, "--rest-url", exchange.rest_url)) as terminal:
            terminal.read_until("2 live")
            terminal.process.send_signal(signal.SIGTSTP)
            assert os.WIFSTOPPED(os.waitpid(terminal.process.pid, os.WUNTRACED)[1])
            assert eventually(lambda: terminal._read() and raw(terminal).endswith(SHOWN))
            terminal.process.send_signal(signal.SIGCONT)
            assert eventually(lambda: terminal._read() and raw(terminal).rpartition(BACK)[2].count(b"\x1b[H") > 2)
            end(terminal)
        assert raw(terminal).count(ASIDE) == raw(terminal).count(BACK) == 2


def test_more_symbols_than_the_screen_has_lines_are_counted() -> None:
    with Simulator(symbols=30, rate_per_topic=20) as exchange:
        watch = command("watch", "--all", "--rest-url", exchange.rest_url)
        with on_a_terminal(*watch, rows=15) as terminal:
            terminal.read_until("and 22 more")
            end(terminal)
        shown = [line.split()[0] for line in stays(terminal)[1:9]]
        assert shown == sorted(exchange.listed["spot"])[:8]


def test_a_symbol_that_never_speaks_is_seen_to_be_silent() -> None:
    with Simulator(rate=0) as exchange:
        with on_a_terminal(*command("watch", "BTC-USDT,ETH-USDT", "--rest-url", exchange.rest_url)) as terminal:
            terminal.read_until("1 open · 2 live")
            end(terminal)
        for symbol, line in zip(SYMBOLS, stays(terminal)[1:3], strict=True):
            assert re.fullmatch(rf"{symbol} +- .* - +live +", line)


def test_an_outage_is_seen_and_left_by_ctrl_c() -> None:
    with (
        Simulator(rate_per_topic=50) as exchange,
        on_a_terminal(*command("watch", *SYMBOLS, "--rest-url", exchange.rest_url)) as terminal,
    ):
        terminal.read_until("1 open · 2 live")
        exchange.faults.refuse_tokens("unavailable")
        exchange.faults.drop()
        terminal.read_until(r"BTC-USDT .* (redial \d+s|dialling)")
        terminal.read_until(r"0 of 1 lines open · 0 live .* 1 drop ")
        terminal.read_until(r"\d\d:\d\d:\d\d line 1 is dialled again in ")
        end(terminal)


@pytest.mark.parametrize(
    ("name", "value", "is_coloured"), [("NO_COLOR", "1", False), ("TERM", "dumb", False), ("LC_ALL", "C", True)]
)
def test_terminals_that_can_do_less_get_less(name: str, value: str, *, is_coloured: bool) -> None:
    words = [f"{name}={value}", *(["PYTHONIOENCODING=ascii"] if name == "LC_ALL" else [])]
    with Simulator(rate_per_topic=50) as exchange:
        watch = command("watch", *SYMBOLS, "--rest-url", exchange.rest_url)
        with on_a_terminal("env", *words, *watch, *(["--seconds", "2"] if name == "TERM" else [])) as terminal:
            if name == "TERM":
                assert terminal.end() == 0
            else:
                terminal.read_until("BTC-USDT.* live")
                end(terminal)
        assert re.search(rb"BTC-USDT.* live", raw(terminal))
        colours = re.findall(rb"\x1b\[[0-9;]*3[0-9]m", raw(terminal))
        assert bool(colours) == is_coloured
        assert (b"\x1b" in raw(terminal)) == (name != "TERM")
        assert raw(terminal).isascii() == (name == "LC_ALL")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_terminal_that_has_stopped_reading_holds_up_no_end(number: int) -> None:
    with Simulator(symbols=100, rate_per_topic=50) as exchange:
        watch = command("watch", "--all", "--rest-url", exchange.rest_url)
        with on_a_terminal(*watch, columns=300, rows=100) as terminal:
            terminal.read_until("1 live")
            time.sleep(1.5)  # more pictures than there is room for
            terminal.process.send_signal(number)
            assert terminal.process.wait(PATIENCE) == 0
            terminal.end()
        assert raw(terminal).count(BACK) == 1
        assert raw(terminal).rindex(SHOWN) > raw(terminal).rindex(HIDDEN)


def test_a_terminal_that_was_late_has_only_whole_pictures() -> None:
    with Simulator(symbols=100, rate_per_topic=50) as exchange:
        watch = command("watch", "--all", "--rest-url", exchange.rest_url)
        with on_a_terminal(*watch, columns=300, rows=100) as terminal:
            terminal.read_until("1 live")
            time.sleep(1.5)
            before = len(frames(terminal))
            assert eventually(lambda: terminal._read() and len(frames(terminal)) > before + 3)
            end(terminal)
        assert {len(frame) for frame in frames(terminal)[:-1]} == {100}


def test_a_terminal_that_hangs_up_is_a_good_end() -> None:
    with Simulator(rate_per_topic=50) as exchange:
        with on_a_terminal(*command("watch", *SYMBOLS, "--rest-url", exchange.rest_url)) as terminal:
            terminal.read_until("2 live")
            terminal.process.send_signal(signal.SIGHUP)
            assert terminal.end() == 0
        assert raw(terminal).rindex(SHOWN) > raw(terminal).rindex(HIDDEN)


def test_nohup_has_its_way() -> None:
    with Simulator(rate_per_topic=50) as exchange:
        watch = command("watch", *SYMBOLS, "--rest-url", exchange.rest_url)
        with on_a_terminal("sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *watch) as terminal:
            terminal.read_until("2 live")
            terminal.process.send_signal(signal.SIGHUP)
            seen = len(frames(terminal))
            assert eventually(lambda: terminal._read() and len(frames(terminal)) > seen + 10)
            end(terminal)


def test_a_symbol_that_speaks_at_last_is_silent_no_more() -> None:
    screen = Screen("ticker", ["BTC-USDT"], ClockCheck("http://127.0.0.1:9", None), lambda act: None)
    topic = "/market/ticker:BTC-USDT"
    for event in (events.LineUp(1, "host"), events.TopicLive(1, topic), events.TopicSilent(1, topic)):
        screen.event(event)
    assert "silent" in told(screen)
    screen.message(Ticker("BTC-USDT", *[None] * 8))
    assert "silent" not in told(screen)
    assert " live " in told(screen)


def told(screen: Screen) -> str:
    return " ".join(text for line in screen._screen_rows() for text, _ in line)


def test_what_others_write_to_stderr_is_told_afterwards() -> None:
    program = """
import sys, threading, time
import rx_kucoin.cli as cli

def speak():
    while sys.stderr is sys.__stderr__:
        time.sleep(0.001)
    print("a word aside", file=sys.stderr)

threading.Thread(target=speak, daemon=True).start()
sys.exit(cli.main())
"""
    with Simulator(rate_per_topic=50) as exchange:
        words = ["watch", "BTC-USDT", "--rest-url", exchange.rest_url]
        with on_a_terminal(sys.executable, "-c", program, *words) as terminal:
            terminal.read_until("1 live")
            end(terminal)
    assert "a word aside" not in "".join(line for frame in frames(terminal) for line in frame)
    assert "a word aside" in stays(terminal)[0]
