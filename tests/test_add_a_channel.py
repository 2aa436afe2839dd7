"""Adding a channel takes a message, a reader and a row: here one is added to a copy of the package, and used.

The three edits are `add_a_channel.diff`, and what a user then does is `added_channel.py`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cli_process import on_a_terminal

ROOT = Path(__file__).parents[1]
DIFF = (ROOT / "tests" / "add_a_channel.diff").read_text()
PROGRAM = ROOT / "tests" / "added_channel.py"
EDITED = ["protocol/messages/spot.py", "protocol/readers/spot.py", "protocol/channels.py"]


def edits() -> list[tuple[str, str, str]]:
    """The file, the lines before and the lines after, of each hunk of the diff."""
    found = list[tuple[str, str, str]]()
    for part in DIFF.split("diff --git ")[1:]:
        head, *hunks = re.split(r"^@@.*\n", part, flags=re.MULTILINE)
        [path] = re.findall(r"^\+\+\+ b/(.+)$", head, re.MULTILINE)
        for hunk in hunks:
            lines = hunk.splitlines(keepends=True)
            before, after = ("".join(line[1:] for line in lines if line[0] in signs) for signs in (" -", " +"))
            found.append((path, before, after))
    return found


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which the channel was added."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("rx_kucoin", "tests", "notebooks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    for path, before, after in edits():
        text = (root / path).read_text()
        assert text.count(before) == 1, f"add_a_channel.diff does not fit {path} any more, at:\n{before}"
        (root / path).write_text(text.replace(before, after))
    return root


def environment(copy: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}


def run(copy: Path, *words: str, timeout: float = 60) -> str:
    """Run Python with the copy, and return what it wrote."""
    ran = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=copy,
        env=environment(copy),
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_edits_are_a_message_a_reader_and_a_row() -> None:
    assert list(dict.fromkeys(path for path, _, _ in edits())) == [f"rx_kucoin/{path}" for path in EDITED]
    changed = [line for line in DIFF.splitlines() if re.match(r"[+-](?![+-]{2} )", line)]
    assert all(line.startswith("+") for line in changed)
    assert len(changed) == 16


@pytest.fixture(scope="module")
def used(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program found, which streams over real sockets."""
    recording = tmp_path_factory.mktemp("recording") / "premium.jsonl.gz"
    found: dict[str, Any] = json.loads(run(copy, "-W", "error", str(PROGRAM), str(recording)))
    assert Path(found["package"]).is_relative_to(copy)
    return found


@pytest.mark.socket
def test_it_is_exported_and_streamed_typed(used: dict[str, Any]) -> None:
    assert used["exported"] == ["Premium"]
    assert len(used["streamed"]) == 10
    assert {message["symbol"] for message in used["streamed"]} == {"BTC-USDT", "ETH-USDT"}
    assert {message["rate"] for message in used["streamed"]} == {"0.00012"}
    for symbol in ("BTC-USDT", "ETH-USDT"):
        times = [message["time"] for message in used["streamed"] if message["symbol"] == symbol]
        assert times == sorted(set(times))
        assert abs(times[0] / 1e9 - time.time()) < 400 * 24 * 3600  # the simulator's clock, in nanoseconds


@pytest.mark.socket
def test_it_is_followed(used: dict[str, Any]) -> None:
    assert [message["symbol"] for message in used["followed"]] == ["ETH-USDT"] * 3


@pytest.mark.socket
def test_it_is_recorded_and_replayed(used: dict[str, Any]) -> None:
    def of(symbol: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [message for message in messages if message["symbol"] == symbol]

    for symbol in ("BTC-USDT", "ETH-USDT"):
        streamed = of(symbol, used["streamed"])
        assert of(symbol, used["replayed"])[: len(streamed)] == streamed


@pytest.mark.socket
def test_it_is_watched(copy: Path) -> None:
    words = ["-m", "rx_kucoin", "watch", "BTC-USDT", "--channel", "premium", "--simulate"]
    lines = run(copy, *words, "--seconds", "4").splitlines()
    assert lines
    assert {json.loads(line)["rate"] for line in lines} == {"0.00012"}
    python = ["env", f"PYTHONPATH={copy}", sys.executable, "-P"]  # not this directory's package
    with on_a_terminal(*python, *words) as terminal:
        terminal.read_until(r"symbol +value .*(?s:.*)BTC-USDT +0\.00012")


@pytest.mark.ci
@pytest.mark.timeout(400)
def test_a_type_checker_sees_its_type(copy: Path, tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    shutil.copy(PROGRAM, tmp_path)
    mypy = ["-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path / 'cache'}"]
    said = run(copy, *mypy, str(tmp_path / PROGRAM.name), timeout=300)  # it has an `assert_type`
    assert "no issues found" in said


@pytest.mark.ci
@pytest.mark.timeout(400)
def test_the_tests_of_all_channels_pass_with_it(copy: Path) -> None:
    modules = ["test_every_channel.py", "protocol/test_channels.py", "protocol/test_public.py", "cli/test_layout.py"]
    pytest_ = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-o",
        "addopts=--import-mode=importlib",
    ]
    said = run(copy, *pytest_, *(f"tests/{module}" for module in modules), timeout=300)
    assert re.search(r"\d+ passed", said)
    assert "failed" not in said
