"""Everything that the README says and a machine can check."""

import ast
import inspect
import random
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from benchmarks.command import main as benchmarks
from marbles import play, read

import rx_kucoin.operators
from rx_kucoin import KuCoin, errors, events, messages
from rx_kucoin.cli._arguments import parse
from rx_kucoin.connections.settings import FineSettings, Settings
from rx_kucoin.markets.futures import Futures
from rx_kucoin.simulator import Simulator

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^(?:<!-- (?P<mark>\w+) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
TYPE = re.compile(r"`([A-Z]\w+)`")
OPERATORS = {name: getattr(rx_kucoin.operators, name) for name in rx_kucoin.operators.__all__}


def blocks(language: str) -> list[str]:
    return [match["text"] for match in BLOCK.finditer(README) if match["language"] == language]


def command(mark: str) -> str:
    [line] = [match["text"] for match in BLOCK.finditer(README) if match["mark"] == mark]
    return line


def table(mark: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    rows = README.partition(f"<!-- {mark} -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def marked(snippet: str) -> Any:
    """A parameter of the test below; where it needs what only the extra `ci` brings, it is marked so."""
    needs_more = re.search(r"^from (bokeh|streamz)", snippet, re.MULTILINE) is not None
    line = f"line {README[: README.index(snippet)].count(chr(10))}"
    return pytest.param(snippet, id=line, marks=[pytest.mark.ci] if needs_more else [])


@pytest.mark.socket
@pytest.mark.parametrize("snippet", [marked(snippet) for snippet in blocks("python")])
def test_a_snippet_runs_against_the_simulator(snippet: str, tmp_path: Path) -> None:
    with Simulator() as exchange:
        where = f'rest_url="{exchange.rest_url}", futures_rest_url="{exchange.futures_rest_url}"'
        program = re.sub(r"KuCoin\((?!rest_url)", rf"KuCoin({where}, ", snippet)
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
        )
    # What the log says of a line that a snippet cuts is no error of the snippet.
    assert [line for line in ran.stderr.splitlines() if not line.startswith(("line ", "/"))] == []
    assert ran.returncode == 0
    assert ran.stdout or "print" not in snippet or "failed" in snippet
    for comment in re.findall(r"print\(kucoin\)  # (.+)", snippet):
        assert comment in ran.stdout


@pytest.mark.parametrize("drawing", blocks("marble"), ids=lambda it: it.partition("[ ")[2].partition("(")[0])
def test_a_drawing_tells_the_truth(drawing: str) -> None:
    outcome = play(read(drawing), OPERATORS)
    assert outcome.happened == outcome.expected


def test_each_promise_has_its_drawing() -> None:
    drawn = " ".join(blocks("marble"))
    assert all(f"[ {name}(" in drawn for name in ("rate_limit", "retry_backoff", "switch_when_ready", "share_anew"))


def test_its_first_command_watches_a_simulated_market() -> None:
    *_, watch = command("watch").strip().split(" && ")
    program, *words = shlex.split(watch)
    assert program == ".venv/bin/rx-kucoin"
    arguments = parse(words)
    assert (arguments.command, arguments.simulate, arguments.symbols) == ("watch", True, ["BTC-USDT", "ETH-USDT"])


@pytest.mark.parametrize("mark", ["watch", "tests"])
def test_each_command_is_one_line_and_the_one_that_is_run_for_every_change(mark: str) -> None:
    assert command(mark).count("\n") == 1
    script = (ROOT / ".ci" / "run").read_text()
    extraction = script.partition("from_readme() {")[2].partition("\n}")[0].partition("\n")[2]
    asked = ["bash", "-c", extraction, "from_readme", mark]
    extracted = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, check=True)
    assert extracted.stdout == command(mark)
    assert f'check "README: {mark}' in script
    assert f"$(from_readme {mark})" in script


def test_it_names_every_notebook() -> None:
    there = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert [name.strip("`") for name, _ in table("notebooks")] == there


def test_its_benchmarks_are_commands_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    for line in command("benchmarks").splitlines():
        program, folder, *words = shlex.split(line)
        assert (program, folder) == (".venv/bin/python", "tests/benchmarks")
        with pytest.raises(SystemExit) as ended:
            benchmarks([*words, "--help"])
        assert ended.value.code == 0
    assert "callgrind" in capsys.readouterr().out


def test_its_table_of_events_is_the_module_s() -> None:
    assert [name.strip("`") for name, _ in table("events")] == sorted(
        (name for name in events.__all__ if name != "Event"), key=list(vars(events)).index
    )


def test_its_table_of_errors_is_the_module_s() -> None:
    assert [name.strip("`") for name, _ in table("errors")] == sorted(errors.__all__, key=list(vars(errors)).index)


def test_its_table_of_settings_is_the_constructor_s() -> None:
    parameters = inspect.signature(KuCoin).parameters.values()
    named = {it.name: it.default for it in parameters if it.kind is inspect.Parameter.KEYWORD_ONLY}
    assert {name.strip("`"): ast.literal_eval(default.strip("`")) for name, default, _ in table("settings")} == named


def test_its_table_of_finer_settings_is_what_the_constructor_passes_on() -> None:
    defaults = {field.name: field.default for field in fields(Settings)}
    shown = {name.strip("`"): default.strip("`") for name, default, _ in table("finer")}
    assert shown.keys() == FineSettings.__annotations__.keys()
    assert all(shown[name] == str(defaults[name]) for name in shown.keys() - {"random"})
    assert defaults["random"] is random.random


def methods(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}


def test_its_lists_of_streams_are_the_classes() -> None:
    rows = [row for mark in ("spot", "futures", "account", "more") for row in table(mark)]
    named = {call.partition("(")[0].strip("`") for call, *_ in rows} | {"futures.channel", "futures.follow"}
    assert named == (methods(KuCoin) - {"close"}) | {f"futures.{name}" for name in methods(Futures)}


def test_the_types_that_its_lists_name_are_messages() -> None:
    named = {name for mark in ("spot", "futures", "account") for row in table(mark) for name in TYPE.findall(row[1])}
    assert named <= set(messages.__all__)
    assert len(named) > 25


def test_operators_that_it_names_exist() -> None:
    named = re.findall(r"`(\w+)`", README.partition("There are more:")[2].partition("Each has")[0])
    assert set(named) <= OPERATORS.keys()
    assert len(named) > 4


def test_it_ends_with_the_changes_of_this_version() -> None:
    *_, last = re.split(r"^## ", README, flags=re.MULTILINE)
    assert last.startswith("Changes\n")
    assert "### 0.1.0" in last
