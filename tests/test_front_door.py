"""The names that others build on. A change here is a change for everybody who uses the library."""

import ast
import inspect
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import get_type_hints

import pytest
from reactivex import Observable

import rx_kucoin
from rx_kucoin import (
    Candle,
    ConnectionInfo,
    Depth,
    Event,
    KuCoin,
    Level1,
    Level2Change,
    Match,
    Push,
    Snapshot,
    Ticker,
    operators,
)

NAMES = {
    *("KuCoin", "Credentials", "Limits", "Rate", "Connection", "ConnectionInfo", "Event"),
    *("Push", "Ticker", "Match", "Candle", "Level1", "Level2Change", "Depth", "Snapshot", "Level", "Change"),
    *("OrderBook", "Symbol", "Contract", "Settings"),
    *("KuCoinError", "SubscriptionRejected", "UnknownSymbol", "ReconnectFailed", "ApiError", "KeyRefused", "Closed"),
    "CalibrationFailed",
}
SUBMODULES = {"aio", "errors", "events", "messages", "notebook", "operators", "simulator", "tables", "testing"}
FIXED = {
    "rest_url": "https://api.kucoin.com",
    "futures_rest_url": "https://api-futures.kucoin.com",
    "credentials": None,
    "topics_per_connection": 200,
    "renew_every": 43_200.0,
    "max_reconnects": 5,
    "scheduler": None,
}


def test_the_door_is_narrow() -> None:
    assert set(rx_kucoin.__all__) == NAMES
    assert rx_kucoin.__all__ == sorted(rx_kucoin.__all__)
    assert all(getattr(rx_kucoin, name).__name__ == name for name in NAMES - {"Connection"})
    assert rx_kucoin.Connection is ConnectionInfo  # its name in 0.1.0


def test_the_settings_keep_their_names_and_defaults() -> None:
    parameters = inspect.signature(KuCoin).parameters
    assert {name: parameters[name].default for name in FIXED} == FIXED
    assert {parameter.kind for parameter in parameters.values()} == {
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.VAR_KEYWORD,
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("topic", Push),
        ("ticker", Ticker),
        ("tickers", Ticker),
        ("match", Match),
        ("candles", Candle),
        ("level1", Level1),
        ("depth", Depth),
        ("level2", Level2Change),
        ("snapshot", Snapshot),
    ],
)
def test_a_stream_is_an_observable_of_its_message(name: str, message: type) -> None:
    assert get_type_hints(getattr(KuCoin, name))["return"] == Observable[message]


def test_the_pool_and_the_events_are_observables() -> None:
    assert get_type_hints(KuCoin.connections.fget)["return"] == Observable[ConnectionInfo]
    assert get_type_hints(KuCoin.events.fget)["return"] == Observable[Event]


def test_a_kucoin_is_closed_by_its_with_block() -> None:
    with KuCoin() as kucoin:
        assert repr(kucoin) == "<KuCoin idle>"
    assert repr(kucoin) == "<KuCoin closed>"


def test_the_four_promises_are_operators() -> None:
    assert {"rate_limit", "retry_backoff", "switch_when_ready", "share_anew"} <= set(operators.__all__)
    assert all(callable(getattr(operators, name)) for name in operators.__all__)


def run(program: str) -> str:
    asked = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def test_the_door_needs_none_of_the_extras() -> None:
    loaded = run("import sys, rx_kucoin.client, rx_kucoin.cli; print(*sys.modules)").split()
    assert {"rx_kucoin.client", "reactivex", "requests", "websocket", "msgspec"} <= set(loaded)
    assert not {"rich", "aiohttp", "matplotlib", "rx_kucoin.simulator"} & set(loaded)


def test_importing_the_package_imports_no_other_module_of_it() -> None:
    loaded = run("import sys, rx_kucoin; dir(rx_kucoin); print(*sys.modules)").split()
    assert [name for name in loaded if name.startswith("rx_kucoin")] == ["rx_kucoin"]
    assert not {"reactivex", "requests", "msgspec", "importlib.metadata", "asyncio"} & set(loaded)


def test_operators_are_imported_without_the_client() -> None:
    loaded = run("import sys, rx_kucoin; rx_kucoin.operators; print(*sys.modules)").split()
    assert "reactivex" in loaded
    assert not {"rx_kucoin.client", "rx_kucoin.connections", "rx_kucoin.transport", "requests"} & set(loaded)


def test_each_name_and_submodule_is_there_after_importing_the_package_alone() -> None:
    program = """
import sys
for name in sys.stdin.read().split():
    for module in [each for each in sys.modules if each.partition(".")[0] == "rx_kucoin"]:
        del sys.modules[module]
    import rx_kucoin
    print(name, getattr(rx_kucoin, name).__name__)
"""
    wanted = " ".join(NAMES | SUBMODULES)
    told = subprocess.run([sys.executable, "-c", program], input=wanted, capture_output=True, text=True, check=True)
    named = dict(line.split() for line in told.stdout.splitlines())
    assert named == {name: name for name in NAMES} | {name: f"rx_kucoin.{name}" for name in SUBMODULES} | {
        "Connection": "ConnectionInfo"
    }


def test_a_name_is_looked_up_once() -> None:
    assert run("import rx_kucoin; rx_kucoin.KuCoin; print('KuCoin' in vars(rx_kucoin))") == "True\n"


def test_dir_lists_public_names_and_submodules_only() -> None:
    assert {name for name in dir(rx_kucoin) if not name.startswith("__")} == NAMES | SUBMODULES
    assert "__version__" in dir(rx_kucoin)
    used = run("import rx_kucoin; rx_kucoin.KuCoin; print(*dir(rx_kucoin))").split()
    assert {name for name in used if not name.startswith("__")} == NAMES | SUBMODULES


def test_the_version_is_the_installed_one() -> None:
    assert rx_kucoin.__version__ == version("rx-kucoin")


def test_an_unknown_name_is_an_attribute_error_that_suggests_a_similar_one() -> None:
    with pytest.raises(AttributeError, match="module 'rx_kucoin' has no attribute 'KuCoinn'"):
        _ = rx_kucoin.KuCoinn  # type: ignore[attr-defined]
    program = "import rx_kucoin; rx_kucoin.KuCoinn"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr
    assert "Did you mean: 'KuCoin'?" in told


def test_without_aiohttp_the_simulator_names_its_extra_and_is_not_listed() -> None:
    hide = "import sys; sys.modules['aiohttp'] = None; import rx_kucoin\n"
    listed = run(f"{hide}import pydoc; pydoc.render_doc(rx_kucoin); print(*dir(rx_kucoin))").split()
    assert set(listed) & (NAMES | SUBMODULES) == (NAMES | SUBMODULES) - {"simulator"}
    told = run(f"{hide}try: rx_kucoin.simulator\nexcept ModuleNotFoundError as error: print(error)")
    assert told == 'the simulator needs aiohttp: pip install "rx-kucoin[simulator]"\n'


def test_star_imports_the_public_names() -> None:
    program = "from rx_kucoin import *; print(*(name for name in dir() if not name.startswith('__')))"
    assert set(run(program).split()) == NAMES


def test_type_checkers_see_the_names_that_are_there_at_run_time() -> None:
    """The names stand three times: for type checkers, in `__all__`, and with the modules that they come from."""
    seen = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for branch in ast.parse(Path(rx_kucoin.__file__).read_text()).body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen.keys() == NAMES | SUBMODULES
    assert rx_kucoin._MODULE_OF.keys() == NAMES
    for name in NAMES:
        there = getattr(rx_kucoin, name)
        assert seen[name] == f"{there.__module__}.{there.__name__}"


@pytest.mark.ci
def test_mypy_knows_the_names_and_rejects_others(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import rx_kucoin\n"
        "reveal_type(rx_kucoin.KuCoin().ticker)\n"
        "reveal_type(rx_kucoin.operators.conflate)\n"
        "reveal_type(rx_kucoin.__version__)\n"
        "rx_kucoin.nonsense\n"
    )
    asked = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(program)]
    told = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=tmp_path).stdout
    assert "Observable[rx_kucoin.protocol.messages.spot.Ticker]" in told
    assert re.search(r'Revealed type is "(builtins\.)?str"', told)
    assert 'program.py:5: error: Module has no attribute "nonsense"' in told
    assert "Found 1 error" in told
