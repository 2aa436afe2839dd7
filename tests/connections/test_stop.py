"""Stopping: from any thread, at any moment, in any outage, everything ends within two seconds."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from reactivex.abc import DisposableBase
from transport import servers
from transport.servers import descriptors
from waiting import collector_paused, eventually, nothing_left, our_threads

from rx_kucoin import KuCoin, Limits, Rate
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket

UNLIMITED = Rate(1_000_000, 60.0)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(seed=3, dial_rate=UNLIMITED, quotas={"public": 10**9, "spot": 10**9, "futures": 10**9}) as running:
        yield running


@pytest.fixture
def black_hole() -> Iterator[str]:
    with servers.black_hole() as port:
        yield f"http://127.0.0.1:{port}"


def client(exchange: Simulator, **settings: object) -> KuCoin:
    settings = {"limits": Limits(dials=UNLIMITED), "linger": 0.0, "backoff_initial": 0.01, **settings}
    return KuCoin(rest_url=exchange.rest_url, max_reconnects=None, **settings)


OUTAGES: dict[str, Callable[[Simulator], object]] = {
    "none": lambda exchange: None,
    "line cut": lambda exchange: exchange.faults.drop(),
    "silent": lambda exchange: exchange.faults.silence(),
    "no welcome": lambda exchange: exchange.faults.no_welcome(),
    "dials refused": lambda exchange: exchange.faults.refuse_dials(503),
    "tokens hang": lambda exchange: exchange.faults.refuse_tokens("hang"),
    "tokens refused": lambda exchange: exchange.faults.refuse_tokens("busy"),
}


def stop(kucoin: KuCoin, subscriptions: list[DisposableBase], dice: float) -> None:
    if dice < 0.5:
        kucoin.close()
    for subscription in subscriptions:
        subscription.dispose()


@pytest.mark.parametrize("moments", [100, pytest.param(1_000, marks=pytest.mark.ci)])
def test_random_moments_of_stopping(exchange: Simulator, moments: int) -> None:
    dice = random.Random(11)
    symbols = exchange.listed["spot"]
    longest, slow = 0.0, []
    before = descriptors()
    for moment in range(moments):
        outage = dice.choice(list(OUTAGES))
        kucoin = client(exchange, topics_per_connection=dice.choice([1, 3, 200]))
        if outage not in {"line cut", "silent"}:
            OUTAGES[outage](exchange)
        chosen = dice.sample(symbols, 3)
        streams = [kucoin.ticker(*chosen), kucoin.match(chosen[0]), kucoin.topic(f"/market/level2:{chosen[1]}")]
        subscriptions = [stream.subscribe(on_error=lambda error: None) for stream in streams]
        time.sleep(dice.random() * 0.03)
        if outage in {"line cut", "silent"}:
            OUTAGES[outage](exchange)
            time.sleep(dice.random() * 0.01)

        with collector_paused():
            started = time.monotonic()
            if dice.random() < 0.5:
                other = threading.Thread(target=stop, args=(kucoin, subscriptions, dice.random()))
                other.start()
                other.join(5)
                assert not other.is_alive()
            else:
                stop(kucoin, subscriptions, dice.random())
            assert eventually(lambda: not our_threads(), 5), (moment, outage, our_threads())
            took = time.monotonic() - started
        if took > longest:
            longest, slow = took, [moment, outage]
        exchange.faults.clear()
        exchange.faults.speak()
    assert eventually(lambda: not exchange.open_connections, 5)
    assert eventually(lambda: descriptors() <= before, 5), (before, descriptors())
    print(
        f"{moments} moments: longest {longest * 1000:.0f} ms {slow}, threads left {len(our_threads())}, sockets left 0"
    )
    assert longest < 2.0


def test_a_dial_that_hangs_in_tcp_is_cut_short(black_hole: str) -> None:
    with nothing_left(2.0):
        kucoin = KuCoin(rest_url=black_hole)
        subscription = kucoin.ticker("BTC-USDT").subscribe()
        assert eventually(lambda: "rx_kucoin line 1" in our_threads())
        time.sleep(0.1)
        subscription.dispose()


def test_closing_in_a_callback_completes_every_stream(exchange: Simulator) -> None:
    with nothing_left(2.0):
        kucoin = client(exchange)
        closed = threading.Event()
        completed: list[str] = []
        results: list[tuple[bool, float]] = []

        def close() -> None:
            if not results:
                started = time.monotonic()
                results.append((kucoin.close(), time.monotonic() - started))
                closed.set()

        kucoin.match("ETH-USDT").subscribe(on_completed=lambda: completed.append("match"))
        kucoin.ticker("BTC-USDT").subscribe(lambda _: close(), on_completed=lambda: completed.append("ticker"))
        assert closed.wait(10)
        assert eventually(lambda: sorted(completed) == ["match", "ticker"])
        ((ended, took),) = results
        assert ended
        assert took < 1.0


def test_disposing_in_a_callback_ends_everything(exchange: Simulator) -> None:
    with nothing_left(3.0):
        kucoin = client(exchange)
        got: list[object] = []
        kucoin.ticker("BTC-USDT").pipe().subscribe(got.append)
        holder = kucoin.ticker("ETH-USDT").subscribe(lambda _: holder.dispose())
        assert eventually(lambda: got)
        kucoin.close()


def test_a_callback_that_never_returns_holds_close_up_no_longer_than_asked(exchange: Simulator) -> None:
    kucoin = client(exchange)
    stuck, release = threading.Event(), threading.Event()
    kucoin.ticker("BTC-USDT").subscribe(lambda _: (stuck.set(), release.wait()))
    assert stuck.wait(10)
    started = time.monotonic()
    assert kucoin.close(timeout=0.5) is False
    assert time.monotonic() - started < 2.0
    release.set()
    assert eventually(lambda: not our_threads())


def test_the_with_block_closes(exchange: Simulator) -> None:
    completed = threading.Event()
    with nothing_left(2.0), client(exchange) as kucoin:
        kucoin.ticker("BTC-USDT").subscribe(on_completed=completed.set)
    assert completed.is_set()
    assert repr(kucoin) == "<KuCoin closed>"


PROGRAM = """
import signal, sys, time
from rx_kucoin import KuCoin
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started this may have had it ignored
kucoin = KuCoin(rest_url=sys.argv[1])
if sys.argv[2] != "idle":
    kucoin.ticker("BTC-USDT").subscribe(lambda t: print(t.symbol, flush=True))
print("ready", flush=True)
while True:  # a signal that comes just before a sleep is not heard until its end
    time.sleep(0.05)
"""


def ctrl_c(exchange: Simulator, outage: str) -> float:
    """Give the seconds from Ctrl-C to the end of a program."""
    words = [sys.executable, "-c", PROGRAM, exchange.rest_url, outage]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "ready\n"
            if outage == "none":
                assert program.stdout.readline() == "BTC-USDT\n"
            started = time.monotonic()
            program.send_signal(signal.SIGINT)
            _, err = program.communicate(timeout=30)
            took = time.monotonic() - started
        finally:
            program.kill()
    assert "KeyboardInterrupt" in err
    return took


@pytest.mark.parametrize("outage", ["none", "tokens hang"])
def test_ctrl_c_ends_a_program_at_once(exchange: Simulator, outage: str) -> None:
    idle = ctrl_c(exchange, "idle")  # of a program without any stream: the interpreter takes its modules apart
    OUTAGES[outage](exchange)
    try:
        took = ctrl_c(exchange, outage)
    finally:
        exchange.faults.clear()
    print(f"\n{took:.2f} s, and {idle:.2f} s without any stream")
    assert took < idle + 2.0


@pytest.mark.parametrize("waits", ["for an answer", "to try again"])
def test_who_waits_for_a_listing_is_told_of_the_end_and_holds_up_nothing(black_hole: str, waits: str) -> None:
    url = black_hole if waits == "for an answer" else "http://127.0.0.1:1"
    kucoin, ended = KuCoin(rest_url=url, futures_rest_url=url, backoff_initial=60.0, random=lambda: 0.9), []
    for listing in (kucoin.symbols(), kucoin.futures.contracts()):
        listing.subscribe(on_completed=lambda: ended.append("|"))
    time.sleep(0.2)
    begun = time.monotonic()
    assert kucoin.close()
    assert time.monotonic() - begun < 1.0
    assert ended == ["|", "|"]
    assert eventually(lambda: not our_threads())
