"""The rules of the house: imports, names, sizes of files, and what a module must not do."""

import ast
import importlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rx_kucoin"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# From the ground up. A module imports lower floors, and modules of its own package; packages on one floor keep apart.
FLOORS: list[set[str]] = [
    {"errors", "events"},
    {"protocol", "operators"},
    {"transport"},
    {"connections"},
    {"orderbook", "candles", "recording"},
    {"markets", "messages"},
    {"client"},
    {"aio", "tables", "testing"},
    {"cli", "notebook"},
    {"", "__main__"},
]
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}
PURE = {"reactivex", "requests", "websocket", "threading", "time", "random", "socket", "ssl", "asyncio", "urllib3"}
TOP_LEVEL = {"rx_kucoin", "tests", "notebooks", "pyproject.toml", "README.md"}
SMALL_FILES = {
    "rx_kucoin.messages",  # public: re-exports what several modules define
    "rx_kucoin.notebook._optional",  # used by five modules, of none of which it is a part
    *("rx_kucoin.protocol.messages.margin", "rx_kucoin.protocol.messages.record"),  # one file for each kind of account,
    "rx_kucoin.protocol.readers.margin",  # and the same for their readers
    "rx_kucoin.recording.replay.moments",
    *(f"rx_kucoin.operators._windows.{name}" for name in ("event_time", "exact", "numbers")),
}
"""Modules of fewer than 40 lines that have a subject of their own. Any other is part of what uses it."""


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(name: str) -> str:
    """Return the package on whose floor a module is; "" is the front door itself."""
    return name.split(".")[1] if "." in name else ""


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every import, lazy ones too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            name = node.module or ""
            for alias in node.names:
                inner = f"{name}.{alias.name}"
                yield (inner if inner in MODULES else name), node.lineno


MODULES = {module(path) for path in SOURCES}


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_imports_go_to_lower_floors(path: Path) -> None:
    me = room(module(path))
    for name, line in imports(path):
        if name.split(".")[0] != "rx_kucoin":
            continue
        floor = room(name)
        if me == "simulator":
            assert floor in {"simulator", "protocol"}, f"{path.name}:{line} imports {name}"
        elif floor == "simulator":
            assert me in {"", "cli"}, f"{path.name}:{line} imports {name}"
        elif floor != me:
            assert LEVEL[floor] < LEVEL[me], f"{path.name}:{line} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_modules_are_imported_by_their_own_name(path: Path) -> None:
    """Not through the `__init__` of a package; but the operators are imported from theirs, except by each other."""
    me = room(module(path))
    for name, line in imports(path):
        if name in {"rx_kucoin.protocol", "rx_kucoin.transport"}:
            assert me in {"", "cli"}, f"{path.name}:{line} imports {name}"
        elif name == "rx_kucoin.operators":
            assert me != "operators", f"{path.name}:{line} imports {name}"


def test_there_is_no_cycle() -> None:
    graph = {module(path): {name for name, _ in imports(path) if name in MODULES} for path in SOURCES}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for other in graph[name] - {name}:
                walk(other, (*trail, name))
            done.add(name)

    for name in graph:
        walk(name, ())


@pytest.mark.parametrize("path", sorted((PACKAGE / "protocol").rglob("*.py")), ids=module)
def test_protocol_has_no_io_clock_or_random_numbers(path: Path) -> None:
    assert not {name.split(".")[0] for name, _ in imports(path)} & PURE


@pytest.mark.parametrize("path", sorted((PACKAGE / "operators").rglob("*.py")), ids=module)
def test_operators_know_nothing_of_kucoin(path: Path) -> None:
    ours = {name for name, _ in imports(path) if name.startswith("rx_kucoin")}
    assert all(name.startswith("rx_kucoin.operators") for name in ours)
    words = re.sub(r"rx_kucoin", "", path.read_text())
    assert not re.search(r"kucoin|bullet", words.split('"""', 2)[-1], re.IGNORECASE)


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_files_have_at_most_500_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 500


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_files_have_at_least_40_lines_or_a_reason(path: Path) -> None:
    is_small = len(path.read_text().splitlines()) < 40
    if path.name not in {"__init__.py", "__main__.py"}:
        assert not is_small or module(path) in SMALL_FILES


def owner(name: str) -> str:
    """The package that a module belongs to alone: the folder of its first part with a leading underscore, or ""."""
    parts = name.split(".")
    private = [at for at, part in enumerate(parts) if part.startswith("_") and not part.startswith("__")]
    return ".".join(parts[: private[0]]) if private else ""


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_private_modules_are_imported_within_their_folder_only(path: Path) -> None:
    folder = ".".join(path.parent.relative_to(ROOT).parts)
    for name, line in imports(path):
        if name in MODULES and owner(name):
            assert f"{folder}.".startswith(f"{owner(name)}."), f"{path.name}:{line} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_only_exported_names_are_imported(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            names = {alias.name for alias in node.names if f"{node.module}.{alias.name}" not in MODULES} - {"*"}
            exported = set(getattr(importlib.import_module(node.module), "__all__", ()))
            assert names <= exported, f"{path.name}:{node.lineno} imports {names - exported} from {node.module}"


def test_a_public_class_name_occurs_once() -> None:
    names = Counter(
        node.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert not {name for name, count in names.items() if count > 1}


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_no_decision_depends_on_a_thread_name(path: Path) -> None:
    """A name is for people: whether code runs on a thread of the library, `LibraryThread.is_current` tells."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in {"name", "getName"} and isinstance(node.value, ast.Call):
            called = node.value.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            assert name not in {"current_thread", "main_thread"}, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_no_module_sleeps_prints_or_is_unfinished(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\b(time\.)?sleep\(", text) or module(path).startswith("rx_kucoin.simulator")
    assert not re.search(r"TODO|FIXME|XXX|NotImplementedError", text)
    assert not re.search(r"\bprint\(", text) or room(module(path)) == "cli"


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_every_module_has_a_docstring_and_all(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    defined = [node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    if path.name != "__main__.py" and any(not name.startswith("_") for name in defined):
        assert any(
            isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        ), path


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda it: it.fault)
def test_each_mutant_applies_to_the_code(mutant: Mutant) -> None:
    assert (PACKAGE / mutant.file).read_text().count(mutant.old) == 1
    assert all((ROOT / path).exists() for path in mutant.tests.split())


def test_tests_that_sleep_talk_to_a_real_socket() -> None:
    for path in sorted((ROOT / "tests").rglob("*.py")):
        text = path.read_text()
        if path.name != Path(__file__).name and "time.sleep(" in text:
            assert "pytest.mark.socket" in text or path.name == "waiting.py", path


def test_the_top_level_has_no_other_files() -> None:
    standing = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert standing - {"build", "dist", "rx_kucoin.egg-info", "PKG-INFO"} == TOP_LEVEL  # a source archive has the last


def test_the_text_of_each_licence_is_in_the_package_and_goes_with_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {ROOT / path for path in project["license-files"]} == set(PACKAGE.rglob("*LICENSE"))
    assert (PACKAGE / "LICENSE").read_text().startswith(f"{project['license']} License\n")
