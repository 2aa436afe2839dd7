"""The table of books, in plain text of at most 120 columns."""

import platform
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from math import isnan, nan
from typing import Final

from benchmarks.books.memory import KEPT, held
from benchmarks.books.timing import CHANGES, LEVELS, Costs, asked, changed
from benchmarks.books.ways import FLOOR, WAYS, missing
from benchmarks.books.work import PLACES

__all__ = ["report"]

_WIDE: Final = 46


def report(rounds: int, say: Callable[[str], None], count: int | None = None) -> Iterator[str]:
    """Measure, and write it all down."""
    count = CHANGES if count is None else count
    installed = [f"{way.needs} {version(way.needs)}" for way in WAYS if way.needs and not missing(way)]
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield ", ".join((machine, *dict.fromkeys(installed)))
    yield f"us of CPU time, the least of {rounds} round(s) of up to {count:,} changes, in which all take turns"
    yield from _changes(changed(rounds, say, count))
    yield from _questions(rounds, count)
    yield from _memory()


def _changes(took: Costs) -> Iterator[str]:
    for place, where in PLACES.items():
        yield ""
        yield f"One change {where}, best bid and best ask read after it, by levels a side"
        yield _row("", [cell for levels in LEVELS for cell in (f"{levels:,}", "x dict")])
        for way in WAYS:
            if (absent := missing(way)) is not None:
                yield f"{way.label:<{_WIDE}}  not installed: pip install {absent}"
                continue
            cells: list[str] = []
            for levels in LEVELS:
                cost = took.get((way.label, place, levels), nan)
                cells += [_number(cost), _number(cost / took[FLOOR.label, place, levels])]
            yield _row(way.label, cells)


def _questions(rounds: int, count: int) -> Iterator[str]:
    took = asked(rounds, count)
    yield ""
    yield "One question to the OrderBook, by levels a side"
    yield _row("", [f"{levels:,}" for levels in LEVELS])
    for label in dict.fromkeys(label for label, _ in took):
        yield _row(label, [_number(took[label, levels]) for levels in LEVELS])


def _memory() -> Iterator[str]:
    yield ""
    yield f"Memory, decimals and all: a book; {KEPT:,} kept, one change apart; each that is kept, with its change"
    yield _row("KiB", ["a side", "book", "a level", f"{KEPT:,}", "x book", "each"])
    for label, levels, book, more in held():
        kept = book + more * (KEPT - 1)
        cells = [f"{levels:,}", _kib(book), _kib(book / 2 / levels), _kib(kept), _number(kept / book), _kib(more)]
        yield _row(label, cells)


def _row(label: str, cells: Sequence[str]) -> str:
    return f"{label:<{_WIDE}}" + "".join(f"{cell:>10}" for cell in cells)


def _number(value: float) -> str:
    if isnan(value):
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _kib(size: float) -> str:
    return _number(size / 1024)
