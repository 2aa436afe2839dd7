"""What a change of a book costs can be measured again, and all that are measured do the same."""

import re

import pytest

from benchmarks.books import report as table
from benchmarks.books import timing, ways
from benchmarks.books.memory import held
from benchmarks.books.ways import WAYS, Way, missing
from benchmarks.books.work import PLACES, work
from benchmarks.command import main

pytestmark = pytest.mark.ci

INSTALLED = [way for way in WAYS if not missing(way)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("way", INSTALLED, ids=lambda way: way.label)
def test_every_way_keeps_the_same_book(way: type[Way], place: str) -> None:
    load = work(50, 500, place)
    sides: tuple[dict[object, object], ...] = dict(load.bids), dict(load.asks)
    for change in load.changes:
        for side, rows in zip(sides, (change.bids, change.asks), strict=True):
            side |= {price: size for price, size, _ in rows}
    book = way(load.bids, load.asks)
    book.play(load.changes)
    assert book.sides() == tuple(sorted((price, size) for price, size in side.items() if size) for side in sides)


@pytest.mark.parametrize("place", PLACES)
def test_a_book_stays_about_as_deep_as_it_was_and_is_never_crossed(place: str) -> None:
    load = work(200, 4_000, place)
    book = ways.OURS(load.bids, load.asks)
    book.play(load.changes)
    assert not book.book.is_crossed
    assert all(160 <= len(side) <= 240 for side in (book.book.bids, book.book.asks))


def test_the_command_prints_a_table_that_fits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (timing, table):
        monkeypatch.setattr(module, "LEVELS", (20, 40))
    monkeypatch.setattr(timing, "_ASKED_S", 0.0001)
    monkeypatch.setattr(table, "held", lambda: held((20,)))
    monkeypatch.setattr(table, "CHANGES", 100)
    assert main(["books", "--rounds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 120
    for way in INSTALLED:
        assert sum(bool(re.match(rf"{re.escape(way.label)} .*( +\d+\.\d+){{4}}$", line)) for line in lines) == 2
    assert sum(line.startswith("OrderBook ") for line in lines) == 1


def test_a_way_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways.Cryptofeeds, "needs", "no_such_module")
    assert any("not installed: pip install no_such_module" in line for line in table._changes(_costs()))


def _costs() -> dict[tuple[str, str, int], float]:
    return {(way.label, place, levels): 1.0 for way in WAYS for place in PLACES for levels in timing.LEVELS}


def test_what_is_kept_beside_a_book_is_little() -> None:
    ours, copied = held((1_000,))
    assert ours.more < copied.more / 10
    assert ours.book < copied.book
