"""Another `websocket` than websocket-client: the ImportError names the file and the remedy."""

import subprocess
import sys
from pathlib import Path

import pytest

USE = "import rx_kucoin\nrx_kucoin.KuCoin()\n"
REMEDY = "pip uninstall websocket websocket-client; pip install websocket-client"


def last_line(folder: Path, program: str = "main.py") -> tuple[str, str]:
    """Run a program. Returns what it printed, and the last line of its traceback."""
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, cwd=folder, check=False)
    assert ran.returncode != 0
    return ran.stdout, ran.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("websocket.py", "class WebSocket: pass\n"),
        ("websocket.py", "print('my first websocket script')\n"),
        ("websocket.py", "raise SystemExit('started')\n"),
        ("websocket/__init__.py", "class WebSocket: pass\n"),
        ("websocket/__init__.py", "import a_package_that_is_not_there\n"),
        ("websocket/__init__.py", "raise RuntimeError('needs gevent')\n"),
    ],
)
def test_what_is_found_instead_is_named_with_the_remedy(tmp_path: Path, path: str, text: str) -> None:
    (tmp_path / "main.py").write_text(USE)
    found = tmp_path / path
    found.parent.mkdir(exist_ok=True)
    found.write_text(text)
    printed, told = last_line(tmp_path)
    assert printed == ""  # a single file is not run
    assert told.startswith("ImportError: rx_kucoin needs websocket-client, but `import websocket` finds ")
    assert str(found) in told
    assert REMEDY in told


def test_a_script_that_is_called_websocket_is_told_so_and_runs_once(tmp_path: Path) -> None:
    (tmp_path / "websocket.py").write_text(f"print('once')\n{USE}")
    printed, told = last_line(tmp_path, "websocket.py")
    assert printed == "once\n"
    assert str(tmp_path / "websocket.py") in told
    assert "rename it" in told


def test_a_folder_without_a_module_in_it_is_not_websocket_client_either(tmp_path: Path) -> None:
    """One called `websocket` in the working directory gives way to a package that is installed."""
    (tmp_path / "websocket").mkdir()
    (tmp_path / "main.py").write_text(USE + "print('fine')\n")
    ran = subprocess.run([sys.executable, "main.py"], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert ran.stdout == "fine\n"


def test_where_there_is_none_at_all_it_is_named(tmp_path: Path) -> None:
    missing = """
from importlib.machinery import PathFinder
genuine = PathFinder.find_spec
PathFinder.find_spec = staticmethod(lambda name, *more: None if name == "websocket" else genuine(name, *more))
"""
    (tmp_path / "main.py").write_text(missing + USE)
    _, told = last_line(tmp_path)
    assert told == "ImportError: rx_kucoin needs websocket-client: pip install websocket-client"
