"""What RxPY itself holds for a `map` and a subscriber: `python tests/benchmarks/floor.py`. No topic can take less."""

import gc
from pathlib import Path
from typing import Any, Final

from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.disposable import Disposable

_NUMBER: Final = 20_000


class _Silent(Observable[Any]):
    """Says nothing, and holds next to nothing: all the rest is RxPY's."""

    def __init__(self) -> None:
        pass

    def _subscribe_core(
        self, observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        self.observer, self.scheduler = observer, scheduler
        return _NOTHING


_NOTHING: Final = Disposable()


def main() -> None:
    """Print it, in KiB of resident memory."""
    _Silent().pipe(ops.map(_price)).subscribe(_hear)
    before = _resident_kib()
    held = [_Silent().pipe(ops.map(_price)).subscribe(_hear) for _ in range(_NUMBER)]
    print(f"{(_resident_kib() - before) / len(held):.2f} KiB for each of {_NUMBER:,} maps with a subscriber")


def _price(message: Any) -> Any:
    return message.price


def _hear(_: Any) -> None:
    pass


def _resident_kib() -> int:
    gc.collect()
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
