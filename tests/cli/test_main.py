import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cli_process import PATIENCE, command, on_a_terminal, run

from rx_kucoin.cli._channels import CHANNELS
from rx_kucoin.recording.file.reader import RecordingFile
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("words", "what", "remedy"),
    [
        (["watch"], "name at least one symbol", "rx-kucoin watch BTC-USDT"),
        (["watch", "BTC"], "'BTC' is not how KuCoin writes a symbol", "as in BTC-USDT"),
        (["watch", "BTC-USDT,"], "'' is not how", "as in BTC-USDT"),
        (["watch", ""], "''", "as in BTC-USDT"),
        (["watch", "BTC-USDT", "--channel", "klines"], "invalid choice: 'klines'", "'candles'"),
        (["watch", "BTC-USDT", "--channel", "candles", "--interval", "7min"], "'7min' is no interval", "5min"),
        (["watch", "BTC-USDT", "--all"], "--all stands alone", "leave out the symbols"),
        (["watch", "--all", "--futures"], "means spot tickers", "leave out"),
        (["watch", "XBTUSDTM", "--futures", "--channel", "level1"], "futures have no level1", "ticker"),
        (["watch", "BTC-USDT", "--futures"], "'BTC-USDT' is not how", "XBTUSDTM"),
        (["watch", "BTC-USDT", "--proxy", "far"], "proxy", "://"),
        (["watch", "BTC-USDT", "--seconds", "0"], "number of seconds value: '0'", "rx-kucoin watch --help"),
        (["watch", "BTC-USDT", "--max-reconnects", "-1"], "max_reconnects must be 0 or more", "not -1"),
        (["watch", "BTC-USDT", "--max-reconnects", "few"], "number of tries value: 'few'", "rx-kucoin watch --help"),
        (["watch", "BTC-USDT", "--rest-url", "api.kucoin.com"], "http(s) URL value: 'api.kucoin.com'", "--help"),
        (["watch", "BTC-USDT", "--simulate", "--rest-url", "http://x"], "not allowed with", "--help"),
        (["simulate", "--symbols", "0"], "--symbols must be 1 or more", "not 0"),
        (["trade", "BTC-USDT"], "invalid choice: 'trade'", "'watch', 'simulate'"),
        ([], "required: watch | simulate", "rx-kucoin --help"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line_with_a_remedy(words: list[str], what: str, remedy: str) -> None:
    asked = run(*words)
    assert asked.returncode == 2
    assert asked.stdout == ""
    [line] = asked.stderr.splitlines()
    assert line.startswith("rx-kucoin: ")
    assert what in line
    assert remedy in line


def test_an_exchange_that_cannot_be_reached_is_told_in_one_line() -> None:
    with Simulator() as exchange:
        url = exchange.rest_url
    watched = run("watch", "BTC-USDT", "--rest-url", url, "--max-reconnects", "0")
    assert watched.returncode == 1
    [line] = watched.stderr.splitlines()
    assert "no line to the exchange" in line
    assert "Connection refused" in line
    assert "check the network" in line


def test_a_refused_topic_is_told_in_one_line() -> None:
    with Simulator() as exchange:
        exchange.faults.refuse_topic("/market/ticker:BTC-USDT", 404, "topic does not exist")
        watched = run("watch", "BTC-USDT", "--rest-url", exchange.rest_url)
    assert watched.returncode == 1
    [line] = watched.stderr.splitlines()
    assert "/market/ticker:BTC-USDT was refused" in line
    assert "topic does not exist" in line


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_an_output_that_is_closed_is_one_that_nobody_reads(closed: str, tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl.gz"
    for words in (["watch", "BTC-USDT"], ["record", str(tape), "BTC-USDT"]):
        line = f"{shlex.join(command(*words, '--simulate', '--seconds', '0.5'))} {closed}"
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
    assert RecordingFile(tape).contents().is_closed


@pytest.mark.parametrize("missing", ["rich", "aiohttp"])
def test_a_missing_extra_is_told_in_one_line(missing: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; import rx_kucoin.cli as cli; sys.exit(cli.main())"
    words = ["watch", "BTC-USDT", *(["--simulate"] if missing == "aiohttp" else [])]
    with on_a_terminal(sys.executable, "-c", program, *words, columns=200) as terminal:
        assert terminal.end() == 1
        assert terminal.text.strip() == f'rx-kucoin: {missing} is not installed; pip install "rx-kucoin[cli]"'


def test_without_rich_the_lines_still_come() -> None:
    program = "import sys; sys.modules['rich'] = None; import rx_kucoin.cli as cli; sys.exit(cli.main())"
    words = ["watch", "BTC-USDT", "--simulate", "--json"]
    with on_a_terminal(sys.executable, "-c", program, *words, columns=200) as terminal:
        assert '{"symbol":"BTC-USDT"' in terminal.read_until('"time_ns":')


def test_its_version_is_the_package_s() -> None:
    written = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert run("--version").stdout == f"rx-kucoin {written}\n"


def test_help_names_every_channel() -> None:
    shown = run("watch", "--help")
    assert shown.returncode == 0
    assert f"{{{','.join(CHANNELS)}}}" in "".join(shown.stdout.split())
    known = "ticker match candles closed-candles level1 depth5 depth50 level2 snapshot book"
    assert set(known.split()) <= set(CHANNELS)
    assert not {"orders", "balances", "margin-isolated-position"} & set(CHANNELS)  # these need a key


def test_the_module_is_the_command() -> None:
    assert command("--version")[1:3] == ["-m", "rx_kucoin"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"rx-kucoin": "rx_kucoin.cli:main"}
