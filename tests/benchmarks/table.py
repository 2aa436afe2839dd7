"""The table, in plain text of at most 120 columns."""

import os
import platform
import textwrap
from collections.abc import Iterator, Sequence
from math import isnan
from statistics import median
from typing import Final

from benchmarks.catalogue import CLIENTS, LIMIT, Client
from benchmarks.goals import RAW, Goal, goals, per_connection, per_topic
from benchmarks.plan import CROWD, CROWDED, PACE, SCALES, SCHEMES, SLOWNESS_US, TOPICS
from benchmarks.results import Results
from benchmarks.rounds import LIVE_TOPICS
from rx_kucoin import Limits

__all__ = ["table"]

_WIDE: Final = 34
_WIDEST: Final = 120
_DEFAULT_ROOM: Final = 200
_QUIET: Final = 0.1


def table(results: Results) -> Iterator[str]:
    """Write it all down."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {cores} cores"
    yield f"{machine}; {results.rounds} round(s); tickers of 261 bytes, {TOPICS} topics where none are named"
    yield from textwrap.wrap(", ".join(f"{name} {version}" for name, version in results.versions.items()), _WIDEST)
    low, half, high = (results.cpu_us(LIMIT.key, "ws", TOPICS, share) for share in (0.0, 0.5, 1.0))
    yield f"medians of all blasts; noise: the {LIMIT.label} took {low:.2f} to {high:.2f} us, median {half:.2f}"
    yield from _costs(results)
    yield from _delays(results)
    yield from _weights(results)
    yield from _goals(list(goals(results)), list(goals(results, _QUIET)))


def _costs(results: Results) -> Iterator[str]:
    yield ""
    yield "CPU time a message when blasted (us, user + system of the process), and what is lost of the messages sent"
    yield f"slow: lost behind a subscriber that takes {SLOWNESS_US} us over each"
    head = ["ws us", "x limit", "x ours", "lost", "wss us", "x limit", "x ours", "lost", "slow"]
    yield _row("", head)
    for client in CLIENTS:
        if (trouble := results.trouble(client)) is not None:
            yield f"{client.label:<{_WIDE}}{trouble:>9}"
    for client in _measured(results):
        yield _cost(results, client.key, TOPICS, client.label)
        if client.group == "ours":
            for topics in SCALES:
                yield _cost(results, client.key, topics, f"  {_topics(topics)}")
            if client.way == "raw":
                yield _cost(results, client.key + CROWDED, 300, f"  300 topics, {300 // CROWD} connections")


def _measured(results: Results) -> list[Client]:
    return [client for client in CLIENTS if results.has(client)]


def _cost(results: Results, key: str, topics: int, label: str) -> str:
    cells: list[str] = []
    for scheme in SCHEMES:
        cpu = results.cpu_us(key, scheme, topics)
        limit, ours = (results.cpu_us(each, scheme, TOPICS) for each in (LIMIT.key, RAW))
        lost, sent = (results.most(key, scheme, topics, name) for name in ("lost", "sent"))
        cells += [_number(cpu), _number(cpu / limit), _number(cpu / ours), _lost(lost, sent)]
    slow = (results.most(key, "ws", topics, name) for name in ("slow_lost", "slow_sent"))
    return _row(label, [*cells, _lost(*slow)])


def _delays(results: Results) -> Iterator[str]:
    yield ""
    yield f"Delay from the exchange's send to the subscriber, {PACE:,} messages a second (us; all rounds together)"
    yield _row("", ["ws p50", "x limit", "p99", "p99.9", "wss p50", "x limit", "p99", "p99.9"])
    for client in _measured(results):
        if client.way == "split":
            continue
        cells: list[str] = []
        for scheme in SCHEMES:
            half, most, nearly = (results.delay_us(client.key, scheme, TOPICS, share) for share in (0.5, 0.99, 0.999))
            limit = results.delay_us(LIMIT.key, scheme, TOPICS, 0.5)
            cells += [_number(half), _number(half / limit), _number(most), _number(nearly)]
        yield _row(client.label, cells)


def _weights(results: Results) -> Iterator[str]:
    yield ""
    yield "Memory (MiB of RSS: at rest when all topics are live, and its peak) and seconds from start to first message"
    yield _row("", ["ws rest", "peak", "first s", "wss rest", "peak", "first s"])
    rows = list[tuple[str, int, str]]()
    for client in _measured(results):
        rows.append((client.key, TOPICS, client.label))
        rows += [(client.key, topics, f"  {_topics(topics)}") for topics in SCALES if client.key == RAW]
    for key, topics, label in rows:
        cells: list[str] = []
        for scheme in SCHEMES:
            rest, peak = (results.figure(key, scheme, topics, name) / 1024 for name in ("rest_kib", "peak_kib"))
            cells += [_number(rest), _number(peak), _number(results.figure(key, scheme, topics, "first_s"))]
        yield _row(label, cells)
    shares = ", ".join(f"{_number(per_topic(results, topics))} KiB from 300 to {topics:,}" for topics in SCALES[2:])
    yield f"a topic more, with its share of connections: {shares}; a connection: {_number(per_connection(results))} KiB"
    if results.live_s:
        yield f"{LIVE_TOPICS:,} topics live after {median(results.live_s):.2f} s; {_bound(LIVE_TOPICS)}"


def _bound(topics: int) -> str:
    """What the limits impose: on dials, and on what is said on each connection."""
    limits, dials = Limits(), -(-topics // _DEFAULT_ROOM)
    asked = -(-min(topics, _DEFAULT_ROOM) // limits.topics_per_request)
    waits = [
        (number - 1) // rate.count * rate.per for number, rate in ((dials, limits.dials), (asked, limits.messages))
    ]
    least = f"{dials} dials ({limits.dials.count} in {limits.dials.per:g} s)"
    return f"the limits on {least} and {asked} requests on each make it {sum(waits):.2f} s or more"


def _goals(found: Sequence[Goal], quiet: Sequence[Goal]) -> Iterator[str]:
    yield ""
    yield f"Goals, by the medians; beside them the quietest {_QUIET:.0%} of the blasts, which noise has touched least"
    for goal, other in zip(found, quiet, strict=True):
        verdict = {True: "met", False: "NOT MET", None: "not measured"}[goal.met]
        sign = ">=" if goal.at_least else "<="
        value = "-" if goal.met is None else f"{goal.value:.2f}"
        beside = "" if goal.met is None or goal.value == other.value else f"({other.value:.2f})"
        bound = f"{sign} {goal.bound:g} {goal.unit}"
        yield f"{goal.label:<{_WIDE + 12}}{value:>9} {beside:>9}  {bound:<11} {verdict}"
    met = sum(goal.met is True for goal in found)
    yield f"{met} of {sum(goal.met is not None for goal in found)} that were measured are met"


def _row(label: str, cells: Sequence[str]) -> str:
    return f"{label:<{_WIDE}}" + "".join(f"{cell:>9}" for cell in cells)


def _topics(count: int) -> str:
    return "1 topic" if count == 1 else f"{count:,} topics"


def _number(value: float) -> str:
    if isnan(value):
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _lost(lost: float, sent: float) -> str:
    if isnan(lost):
        return "-"
    return f"{lost / sent:.0%}" if lost > sent / 100 else f"{lost:,.0f}"
