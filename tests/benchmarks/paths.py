"""Counts the Python calls, files and jumps between files on the way of a subscription, and of a message.

python tests/benchmarks/paths.py           # a table
python tests/benchmarks/paths.py --calls   # and each call of a message, in order
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Final, TypeVar

from reactivex.scheduler import VirtualTimeScheduler

import rx_kucoin
from rx_kucoin import KuCoin

try:
    from rx_kucoin.testing import VirtualTransport
except ModuleNotFoundError:  # where 0.1.0 has it, so that both can be counted by the same script
    from rx_kucoin.transport.virtual import VirtualTransport  # type: ignore[no-redef]

__all__ = ["MESSAGE", "Stage", "paths", "table"]

T = TypeVar("T")

PACKAGE: Final = str(Path(rx_kucoin.__file__).parent)
VIRTUAL: Final = str(sys.modules[VirtualTransport.__module__].__file__)
MESSAGE: Final = "one message, from the wire to on_next"
STAGES: Final = (
    'kucoin.match("BTC-USDT")',
    ".subscribe(), until the dial",
    "dialled, welcomed, requested, acknowledged",
    MESSAGE,
    ".dispose()",
    "lingered, unsubscribed, drained, closed",
)
TOPIC: Final = "/market/match:BTC-USDT"
TRADE: Final = (
    '{"topic":"/market/match:BTC-USDT","type":"message","subject":"trade.l3match","data":{"sequence":"%d",'
    '"price":"1","size":"1","side":"buy","symbol":"BTC-USDT","takerOrderId":"a","makerOrderId":"b","tradeId":"%d",'
    '"time":"1545913818099033203","type":"match"}}'
)


@dataclass
class Stage:
    """What ran in one stage: functions of the package in order, as file and name, and how many calls of RxPY."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    of_rxpy: int = 0

    @property
    def files(self) -> set[str]:
        return {file for file, _ in self.calls}

    @property
    def jumps(self) -> int:
        files = [file for file, _ in self.calls]
        return sum(one != other for one, other in pairwise(files))

    def follow(self, act: Callable[[], T]) -> T:
        """Note every call of this thread. The virtual exchange's own do not count: they stand for the network."""

        def note(frame: FrameType, kind: str, _: object) -> None:
            file = frame.f_code.co_filename
            if kind != "call" or file == VIRTUAL:
                return
            if file.startswith(PACKAGE):
                self.calls.append((file[len(PACKAGE) + 1 :], frame.f_code.co_qualname))
            elif "reactivex" in file:
                self.of_rxpy += 1

        sys.setprofile(note)
        try:
            return act()
        finally:
            sys.setprofile(None)


def paths() -> dict[str, Stage]:
    """Follow a subscription to the wire and back, one message, and the end, on a virtual exchange."""
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    # No topic is looked up in the listing for being silent: that is a way of its own.
    kucoin = KuCoin(scheduler=clock, transport=lambda *_: exchange, silent_after=None)
    found = {name: Stage() for name in STAGES}
    named, subscribed, live, message, disposed, ended = found.values()
    stream = named.follow(lambda: kucoin.match("BTC-USDT"))
    subscription = subscribed.follow(lambda: stream.subscribe(lambda _: None))
    live.follow(lambda: clock.advance_to(5.0))
    exchange.push(TOPIC, TRADE % (1, 1))
    message.follow(lambda: exchange.push(TOPIC, TRADE % (2, 2)))
    disposed.follow(subscription.dispose)
    ended.follow(lambda: clock.advance_to(20.0))
    kucoin.close()
    return found


def table(found: dict[str, Stage]) -> list[str]:
    """Print it."""
    rows = [f"{'':44}{'calls':>7}{'files':>7}{'jumps':>7}{'RxPY':>7}"]
    for stage, path in found.items():
        rows.append(f"{stage:44}{len(path.calls):7}{len(path.files):7}{path.jumps:7}{path.of_rxpy:7}")
    files: set[str] = set().union(*(path.files for path in found.values()))
    rows.append(f"{'in all, files that take part':44}{'':7}{len(files):7}")
    return rows


if __name__ == "__main__":
    stages = paths()
    print("\n".join(table(stages)))
    if "--calls" in sys.argv:
        print("\n".join(f"  {file}:{name}" for file, name in stages[MESSAGE].calls))
