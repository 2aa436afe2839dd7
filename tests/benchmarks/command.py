"""The command: the table of all clients, or what our own messages cost in other coin; progress goes to stderr."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from benchmarks import instructions, profiling, syscalls, table, watching
from benchmarks.books import report as books
from benchmarks.catalogue import CLIENTS
from benchmarks.child import Trouble
from benchmarks.cuts import report as cuts
from benchmarks.goals import goals
from benchmarks.inner.paths import PATHS
from benchmarks.plan import plan
from benchmarks.results import Results
from benchmarks.rounds import run
from benchmarks.tapes import report as tapes

__all__ = ["main"]

_FAILED: Final = 1
_INTERRUPTED: Final = 130
_NAMES: Final = tuple(dict.fromkeys(client.name for client in CLIENTS))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; return the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        lines = list(chosen.what(chosen))
    except Trouble as trouble:
        _say("")
        print(trouble, file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return _INTERRUPTED
    _say("")
    print("\n".join(lines))
    return 0


def _compare(chosen: argparse.Namespace) -> list[str]:
    results = Results(chosen.rounds or (1 if chosen.quick else 3))
    run(plan(chosen.only, quick=chosen.quick), results, dict(chosen.peer), _say)
    if chosen.json:
        found = [asdict(goal) | {"met": goal.met} for goal in goals(results) if goal.met is not None]
        chosen.json.write_text(json.dumps({**results.plain(), "goals": found}, indent=1))
    return list(table.table(results))


def _instructions(chosen: argparse.Namespace) -> list[str]:
    return list(instructions.table(instructions.instructions(PATHS if chosen.stages else instructions.WHOLE)))


def _syscalls(chosen: argparse.Namespace) -> list[str]:
    return list(syscalls.syscalls(chosen.idle, _say))


def _profile(chosen: argparse.Namespace) -> list[str]:
    return list(profiling.table(profiling.profile(chosen.rounds, _say), profiling.blasts(_say)))


def _books(chosen: argparse.Namespace) -> list[str]:
    return list(books.report(chosen.rounds, _say))


def _cut(chosen: argparse.Namespace) -> list[str]:
    return list(cuts.report(chosen.counts or cuts.COUNTS, chosen.rounds, _say))


def _replay(chosen: argparse.Namespace) -> list[str]:
    return list(tapes.report(chosen.messages, chosen.rounds, _say))


def _watch(chosen: argparse.Namespace) -> list[str]:
    return list(watching.report(chosen.symbols, chosen.rate, chosen.seconds, _say))


def _parser() -> argparse.ArgumentParser:
    says = "This library, the bare loop of its parts and other clients, side by side; or one of the commands below."
    more = "Peers that do not get on with each other: python3 -m venv V && V/bin/pip install X; --peer X=V/bin/python"
    parser = argparse.ArgumentParser("python tests/benchmarks", description=says, epilog=more)
    parser.set_defaults(what=_compare)
    parser.add_argument("--quick", action="store_true", help="one round with fewer messages, in a minute and a half")
    parser.add_argument("--rounds", type=_positive, metavar="N", help="how often everything is measured (3)")
    parser.add_argument("--only", type=_some, default=(), metavar="NAMES", help=f"some of {', '.join(_NAMES)}")
    where = "the interpreter that a client is installed for; may be given several times"
    parser.add_argument("--peer", type=_interpreter, action="append", default=[], metavar="NAME=PYTHON", help=where)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there, too")
    commands = parser.add_subparsers(title="what a message of ours costs", metavar="COMMAND")
    counting = commands.add_parser("instructions", help="instructions a message, under callgrind")
    counting.set_defaults(what=_instructions)
    counting.add_argument("--stages", action="store_true", help="of every stage, too: each includes those before it")
    calling = commands.add_parser("syscalls", help="system calls a message, and those of an idle line")
    calling.set_defaults(what=_syscalls)
    calling.add_argument("--idle", type=float, default=20.0, metavar="SECONDS", help="how long the line is idle (20)")
    timing = commands.add_parser("profile", help="where the time of a message goes, by stage")
    timing.set_defaults(what=_profile)
    timing.add_argument("--rounds", type=_positive, default=30, metavar="N", help="how often each stage is timed (30)")
    booking = commands.add_parser("books", help="what a change of an order book costs, here and in other containers")
    booking.set_defaults(what=_books)
    booking.add_argument("--rounds", type=_positive, default=5, metavar="N", help="how often everything is timed (5)")
    cutting = commands.add_parser("cut", help="what it costs until books are right again after a cut of all lines")
    cutting.set_defaults(what=_cut)
    many = f"how many books ({', '.join(f'{count:,}' for count in cuts.COUNTS)})"
    cutting.add_argument("counts", type=_positive, nargs="*", metavar="N", help=many)
    cutting.add_argument("--rounds", type=_positive, default=3, metavar="N", help="how often each is cut (3)")
    replaying = commands.add_parser("replay", help="what it costs to record a message, and to replay it")
    replaying.set_defaults(what=_replay)
    many = f"how many are recorded ({tapes.MESSAGES:,})"
    replaying.add_argument("--messages", type=_positive, default=tapes.MESSAGES, metavar="N", help=many)
    replaying.add_argument("--rounds", type=_positive, default=3, metavar="N", help="how often each way is gone (3)")
    looking = commands.add_parser("watch", help="what the live view of `rx-kucoin watch` costs")
    looking.set_defaults(what=_watch)
    looking.add_argument("--symbols", type=_positive, default=500, metavar="N", help="that are watched (500)")
    looking.add_argument("--rate", type=_positive, default=2_000, metavar="N", help="messages a second (2,000)")
    looking.add_argument("--seconds", type=float, default=10.0, metavar="N", help="how long, for each size (10)")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 or more")
    return int(text)


def _some(names: str) -> tuple[str, ...]:
    return tuple(_known(name.strip()) for name in names.split(","))


def _interpreter(pair: str) -> tuple[str, str]:
    name, separator, python = pair.partition("=")
    if not separator or not Path(python).exists():
        raise argparse.ArgumentTypeError(f"{pair!r} is not NAME=/path/to/python")
    return _known(name), python


def _known(name: str) -> str:
    if name not in _NAMES:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(_NAMES)}")
    return name


def _say(text: str) -> None:
    """One line that is written over, where it can be."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text.rstrip(), file=sys.stderr, flush=True)
