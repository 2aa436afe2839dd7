import signal
from decimal import Decimal

import pytest
from cli_process import command, on_a_terminal

from rx_kucoin.cli._screen import _number
from rx_kucoin.simulator import Simulator

SYMBOLS = ("BTC-USDT", "ETH-USDT")


@pytest.mark.socket
@pytest.mark.parametrize("channel", ["ticker", "match", "candles", "level1", "depth5", "depth50", "level2", "snapshot"])
def test_a_person_sees_rows_that_fit_80_columns(channel: str) -> None:
    with Simulator(rate_per_topic=50) as exchange:
        watch = command("watch", *SYMBOLS, "--channel", channel, "--rest-url", exchange.rest_url)
        with on_a_terminal(*watch) as terminal:
            for pattern in (*(rf"\n{symbol} +\d[\d.]* " for symbol in SYMBOLS), r"1 open, 2 live \| line 1 "):
                terminal.read_until(pattern)
            terminal.process.send_signal(signal.SIGINT)
            assert terminal.end() == 0
    assert max(len(line) for line in terminal.lines) <= 80
    rows = [line.split() for line in terminal.lines if line.startswith(SYMBOLS)]
    assert {row[0] for row in rows} == set(SYMBOLS)
    assert {len(row) for row in rows} == {8}
    assert not any("…" in cell for row in rows for cell in row)
    assert "Traceback" not in terminal.text


@pytest.mark.socket
def test_more_symbols_than_the_screen_has_lines_are_counted() -> None:
    with Simulator(symbols=30, rate_per_topic=20) as exchange:
        watch = command("watch", "--all", "--rest-url", exchange.rest_url)
        with on_a_terminal(*watch, rows=15) as terminal:
            terminal.read_until("and 20 symbols that do not fit")
            terminal.process.send_signal(signal.SIGINT)
            assert terminal.end() == 0


@pytest.mark.socket
def test_a_symbol_that_never_speaks_is_seen_to_be_silent() -> None:
    with Simulator(rate=0) as exchange:
        watch = command("watch", "BTC-USDT,ETH-USDT", "--rest-url", exchange.rest_url)
        with on_a_terminal(*watch) as terminal:
            terminal.read_until("1 open, 2 live")
            terminal.process.send_signal(signal.SIGINT)
            assert terminal.end() == 0
    rows = [line.split() for line in terminal.lines if line.startswith(SYMBOLS)]
    assert {tuple(row) for row in rows} == {(symbol, *("-" * 7)) for symbol in SYMBOLS}


@pytest.mark.socket
def test_an_outage_is_seen_and_left_by_ctrl_c() -> None:
    with Simulator(rate_per_topic=50) as exchange:
        with on_a_terminal(*command("watch", *SYMBOLS, "--rest-url", exchange.rest_url)) as terminal:
            terminal.read_until("1 open, 2 live")
            exchange.faults.refuse_tokens("unavailable")
            exchange.faults.drop()
            terminal.read_until(r"0 open, 0 live \| line 1 is dialled again")
            terminal.process.send_signal(signal.SIGINT)
            assert terminal.end() == 0
        assert "Traceback" not in terminal.text
        assert max(len(line) for line in terminal.lines) <= 80


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        ("84521.3", "84521.3"),
        ("0.01183133", "0.01183133"),
        ("0.000000012345", "1.234e-8"),
        ("1234567.12345678", "1234567.12"),
        ("123456789.5", "123456789"),
        ("123456789012.5", "1.235e+11"),
        ("0", "0"),
    ],
)
def test_a_number_fits_its_column_and_keeps_its_size(value: str | None, shown: str) -> None:
    assert _number(None if value is None else Decimal(value)) == shown
