"""Where the time of a message goes: every stage by how much longer a path takes that goes as far as this one."""

import platform
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from typing import Final

from benchmarks.catalogue import CLIENTS
from benchmarks.inner.paths import PATHS, PER_READ, Deliver, reads
from benchmarks.inner.stages import STAGES
from benchmarks.plan import SCHEMES, TOPICS, Cell
from benchmarks.results import Results
from benchmarks.rounds import run
from benchmarks.symbols import symbols
from rx_kucoin.transport.socket import Duplex

__all__ = ["SYSTEM", "blasts", "profile", "table"]

WAYS: Final = ("raw", "typed")
SYSTEM: Final = "read: the system call"
_WIDE: Final = 38
_BLASTS: Final = 10
_READS: Final = 8
_PATHS: Final = [key for key in PATHS if key.startswith(WAYS)]


def profile(rounds: int, say: Callable[[str], None]) -> dict[str, float]:
    """Time each path over a socket of loopback; return the least microseconds a message, and those of reading alone.

    All happens on one thread: what is read was sent before, so that nobody waits.
    """
    took: dict[str, float] = defaultdict(lambda: inf)
    came = reads(TOPICS, _READS)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as sending:
        duplex = Duplex(server.accept()[0])
        for number in range(rounds):
            say(f"profile, round {number + 1} of {rounds}")
            for data in came:
                took[SYSTEM] = min(took[SYSTEM], _timed(sending, data, lambda: _read(duplex, len(data))))  # noqa: B023
            for key in _PATHS:
                deliver = PATHS[key].build(symbols(TOPICS), lambda _: None)
                each = [_timed(sending, data, lambda: _take(duplex, deliver)) for data in came]  # noqa: B023
                took[key] = min(took[key], *each[1:])  # the first messages of a topic take another way
        duplex.close()
    return {key: seconds / PER_READ * 1e6 for key, seconds in took.items()}


def blasts(say: Callable[[str], None]) -> dict[tuple[str, str], float]:
    """Measure the whole in a process of its own, as the big table does; by way and scheme, the quietest blast."""
    results = Results(1)
    ours = [client for client in CLIENTS if client.group == "ours"]
    run([Cell(client, scheme, TOPICS, _BLASTS) for client in ours for scheme in SCHEMES], results, {}, say, live=False)
    return {
        (client.way, scheme): results.cpu_us(client.key, scheme, TOPICS, 0.0) for client in ours for scheme in SCHEMES
    }


def table(took: Mapping[str, float], whole: Mapping[tuple[str, str], float]) -> Iterator[str]:
    """Write it down: the stages add up to all of them."""
    least = f"the least of many reads of {PER_READ} tickers, {TOPICS} topics, Python {platform.python_version()}"
    yield f"Where the time of a message goes (us; {least})"
    yield f"{'':<{_WIDE}}" + "".join(f"{way:>9}{'share':>9}" for way in WAYS)
    columns = [[took[SYSTEM], *(took[f"{way}-{number}"] for number in range(len(STAGES)))] for way in WAYS]
    totals = [reached[-1] for reached in columns]
    for number, label in enumerate((SYSTEM, *STAGES)):
        yield _row(label, [reached[number] - (reached[number - 1] if number else 0.0) for reached in columns], totals)
    yield _row("all of these", totals, totals)
    yield _row("the client, measured in the same way", [took[way] for way in WAYS], totals)
    yield _row("the client, blasted on ws", [whole[way, "ws"] for way in WAYS], totals)
    yield _row("the client, blasted on wss: with TLS", [whole[way, "wss"] for way in WAYS], totals)


def _row(label: str, us: Sequence[float], totals: Sequence[float]) -> str:
    return f"{label:<{_WIDE}}" + "".join(
        f"{each:>9.2f}{each / total:>9.0%}" for each, total in zip(us, totals, strict=True)
    )


def _timed(sending: socket.socket, data: bytes, take: Callable[[], None]) -> float:
    sending.sendall(data)
    begun = time.perf_counter()
    take()
    return time.perf_counter() - begun


def _read(duplex: Duplex, size: int) -> None:
    while size:
        size -= len(duplex.more())


def _take(duplex: Duplex, deliver: Deliver) -> None:
    missing = PER_READ
    while missing:
        messages = duplex.buffer.messages()
        deliver(messages)
        missing -= len(messages)
