"""What is to be reached, each beside what this run reached."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from math import isnan, nan
from typing import Final

from benchmarks.catalogue import CLIENTS, LIMIT
from benchmarks.plan import CROWD, CROWDED, SCALES, SCHEMES, SLOWNESS_US, TOPICS
from benchmarks.results import Results

__all__ = ["RAW", "Goal", "goals", "per_connection", "per_topic"]

RAW: Final = "ours raw"
TYPED: Final = "ours typed"


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and its bound."""

    label: str
    value: float
    bound: float
    at_least: bool = False
    unit: str = ""

    @property
    def met(self) -> bool | None:
        """None: it was not measured."""
        if isnan(self.value):
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def goals(results: Results, share: float = 0.5) -> Iterator[Goal]:
    """Compare the run with what is to be reached: medians, or what another share of the blasts does not exceed."""
    bounds = {"ws": (1.7, 4.0, 13.0, 45.0), "wss": (1.4, 3.3, 9.0, 34.0)}
    for scheme in SCHEMES:

        def cpu(key: str, topics: int = TOPICS, scheme: str = scheme) -> float:
            return results.cpu_us(key, scheme, topics, share)

        limit, cheapest, seed, official = bounds[scheme]
        raw = cpu(RAW)
        yield Goal(f"{scheme}: raw, x the bare loop", raw / cpu(LIMIT.key), limit)
        yield Goal(f"{scheme}: raw, x picows", raw / cpu("picows"), 1.0)
        peers = [cpu(client.key) for client in CLIENTS if client.group == "peer"]
        least = min(_known(peers), default=nan)
        yield Goal(f"{scheme}: cheaper than the cheapest peer", least / raw, cheapest, at_least=True)
        yield Goal(f"{scheme}: cheaper than kucoin-websocket", cpu("kucoin-websocket") / raw, seed, at_least=True)
        official_us = cpu("kucoin-universal-sdk")
        yield Goal(f"{scheme}: cheaper than kucoin-universal-sdk", official_us / raw, official, at_least=True)
        yield Goal(f"{scheme}: typed, x raw", cpu(TYPED) / raw, 1.6)
        for key in (RAW, TYPED):
            one = cpu(key, SCALES[0])
            yield Goal(f"{scheme}: {key}, 300 topics, x one topic", cpu(key, 300) / one, 1.1)
            yield Goal(f"{scheme}: {key}, 10,000 topics, x one topic", cpu(key, 10_000) / one, 2.0)
    yield from _losses(results)
    yield from _delays(results)
    yield Goal("memory at rest with 300 topics", results.figure(RAW, "ws", 300, "rest_kib") / 1024, 40.0, unit="MiB")
    for topics in SCALES[2:]:
        yield Goal(f"memory a topic more, 300 to {topics:,}", per_topic(results, topics), 2.0, unit="KiB")


def per_topic(results: Results, topics: int) -> float:
    """KiB that a topic more takes, its share of connections included."""
    few, many = (results.figure(RAW, "ws", number, "rest_kib") for number in (300, topics))
    return (many - few) / (topics - 300)


def per_connection(results: Results) -> float:
    """KiB that a connection more takes: 300 topics on many connections less 300 topics on one."""
    few, many = (results.figure(key, "ws", 300, "rest_kib") for key in (RAW, RAW + CROWDED))
    return (many - few) / (300 / CROWD - 1)


def _losses(results: Results) -> Iterator[Goal]:
    def worst(*names: str) -> float:
        places = product((RAW, TYPED), SCHEMES, (TOPICS, *SCALES), names)
        return max(_known(abs(results.most(*place)) for place in places), default=nan)

    yield Goal("lost, all runs of ours", worst("lost", "paced_lost"), 0.0)
    yield Goal(f"lost behind a subscriber of {SLOWNESS_US} us", worst("slow_lost"), 0.0)


def _delays(results: Results) -> Iterator[Goal]:
    for scheme in SCHEMES:
        ours, bare = (results.delay_us(key, scheme, TOPICS, 0.5) for key in (RAW, LIMIT.key))
        yield Goal(f"{scheme}: delay p50, x the bare loop", ours / bare, 1.5)
        theirs = [results.delay_us(client.key, scheme, TOPICS, 0.5) for client in CLIENTS if client.group == "peer"]
        yield Goal(f"{scheme}: delay p50, x the best peer's", ours / min(_known(theirs), default=nan), 1.0)


def _known(figures: Iterable[float]) -> list[float]:
    return [figure for figure in figures if not isnan(figure)]
