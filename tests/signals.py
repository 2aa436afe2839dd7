"""A program whose signal handler closes the client, at random moments of subscribing and disposing.

python tests/signals.py ROUNDS    # prints the slowest close of all, in seconds
"""

import faulthandler
import random
import signal
import sys
import time

from rx_kucoin import KuCoin
from rx_kucoin.testing import VirtualTransport
from rx_kucoin.transport.clock import Clock


def close_in_a_handler() -> float:
    """Subscribe and dispose until a signal closes the client. Returns how long that took."""
    exchange = VirtualTransport(Clock("virtual exchange"))
    kucoin = KuCoin(transport=lambda *_: exchange)
    took: list[float] = []

    def handler(*_: object) -> None:
        began = time.monotonic()
        kucoin.close()
        took.append(time.monotonic() - began)

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, random.random() * 0.004 + 0.0002)
    while not took:
        streams = [*(kucoin.ticker(f"T{number}-USDT") for number in range(3)), kucoin.book("A-B"), kucoin.events]
        for subscription in [stream.subscribe(lambda _: None, lambda _: None) for stream in streams]:
            subscription.dispose()
    return took[0]


if __name__ == "__main__":
    faulthandler.dump_traceback_later(100, exit=True)  # a deadlock shows where it is
    print(max(close_in_a_handler() for _ in range(int(sys.argv[1]))))
