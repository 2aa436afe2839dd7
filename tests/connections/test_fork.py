"""A forked child: its streams begin anew on connections of its own, and its parent never notices."""

import gc
import logging
import multiprocessing
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import reactivex
from forking import in_child
from reactivex import operators as ops
from transport.servers import answer, certificate, request, serving, tls
from waiting import eventually, nothing_left, our_threads

from rx_kucoin import KuCoin, Limits, Rate, errors, events
from rx_kucoin.operators.internal import forks
from rx_kucoin.simulator import Simulator
from rx_kucoin.transport.certificates import forget
from rx_kucoin.transport.clock import Clock

pytestmark = [
    pytest.mark.socket,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings(
        "ignore:.*fork.*:DeprecationWarning"
    ),  # Python 3.12: there are threads, which is the point
]

UNLIMITED = Rate(1_000_000, 60.0)
QUOTAS: Any = {"public": 10**9, "spot": 10**9, "futures": 10**9}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(rate_per_topic=40, dial_rate=UNLIMITED, quotas=QUOTAS) as running:
        yield running


class Parent:
    """A client with a ticker that flows, and what it reported."""

    def __init__(self, exchange: Simulator) -> None:
        self.exchange = exchange
        self.kucoin = KuCoin(
            rest_url=exchange.rest_url, futures_rest_url=exchange.futures_rest_url, limits=Limits(dials=UNLIMITED)
        )
        self.tickers: list[Any] = []
        self.reported: list[events.Event] = []
        self.kucoin.events.subscribe(self.reported.append)
        self.subscription = self.kucoin.ticker("BTC-USDT").subscribe(self.tickers.append)
        self.flows()

    def flows(self) -> None:
        """See that it flows on, and was never down."""
        seen = len(self.tickers)
        assert eventually(lambda: len(self.tickers) > seen + 3)
        assert not [event for event in self.reported if isinstance(event, events.LineDown)]


@pytest.fixture
def parent(exchange: Simulator) -> Iterator[Parent]:
    assert eventually(lambda: not exchange.open_connections)
    with nothing_left():
        running = Parent(exchange)
        yield running
        running.flows()
        running.kucoin.close()
        for _ in range(3):  # what a forked child took with it is released here, not there
            gc.collect()


def first_of(stream: reactivex.Observable[Any], within: float = 10.0) -> str:
    """Subscribe, and tell of what came first."""
    came: list[Any] = []
    stream.subscribe(came.append, came.append, lambda: came.append("completed"))
    assert eventually(lambda: came, within), "silence"
    assert not isinstance(came[0], Exception), came[0]
    return type(came[0]).__name__


STREAMS: dict[str, tuple[Callable[[KuCoin], reactivex.Observable[Any]], str]] = {
    "another topic": (lambda kucoin: kucoin.ticker("ETH-USDT"), "Ticker"),
    "the same topic": (lambda kucoin: kucoin.ticker("BTC-USDT"), "Ticker"),
    "several topics": (lambda kucoin: kucoin.match("BTC-USDT", "ETH-USDT"), "Match"),
    "a raw topic": (lambda kucoin: kucoin.topic("/market/ticker:BTC-USDT"), "Push"),
    "the other market": (lambda kucoin: kucoin.futures.ticker("XBTUSDTM"), "FuturesTicker"),
    "a book": (lambda kucoin: kucoin.book("BTC-USDT"), "OrderBook"),
    "a book at a pace": (lambda kucoin: kucoin.book("BTC-USDT", every=0.05), "OrderBook"),
    "a followed set": (lambda kucoin: reactivex.of(["BTC-USDT"]).pipe(kucoin.follow("ticker")), "Ticker"),
    "the symbols": (lambda kucoin: kucoin.symbols(), "tuple"),
    "the connections": (
        lambda kucoin: reactivex.merge(kucoin.connections, kucoin.ticker("BTC-USDT")),
        "ConnectionInfo",
    ),
    "the events": (lambda kucoin: reactivex.merge(kucoin.events, kucoin.ticker("BTC-USDT")), "Dialling"),
    "a pipeline in time": (
        lambda kucoin: kucoin.ticker("BTC-USDT").pipe(
            ops.buffer_with_time(0.1, scheduler=kucoin.scheduler), ops.filter(bool)
        ),
        "list",
    ),
}


@pytest.mark.parametrize("asked", ["in the child", "before the fork", "before the fork, and flowing there"])
@pytest.mark.parametrize("kind", STREAMS)
def test_a_stream_flows_in_a_child(parent: Parent, kind: str, asked: str) -> None:
    make, emits = STREAMS[kind]
    if asked == "in the child":
        assert in_child(lambda: first_of(make(parent.kucoin))) == emits
        return
    stream = make(parent.kucoin)
    if "flowing" in asked:
        came: list[Any] = []
        stream.subscribe(came.append)
        if kind not in {"the connections", "the events"}:
            assert eventually(lambda: came)
    assert in_child(lambda: first_of(stream)) == emits


def test_a_bar_closes_in_a_child(parent: Parent) -> None:
    bars = parent.kucoin.closed_candles("BTC-USDT", "1min", settle=0.5)
    flowing = bars.subscribe(lambda _: None)
    assert in_child(lambda: first_of(bars, 75), 80) == "ClosedCandle"
    flowing.dispose()


def sockets_here() -> set[str]:
    """The sockets that this process has open, by what the kernel calls them."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.add(str(descriptor.readlink()))
    return {each for each in found if each.startswith("socket:")}


def test_a_child_has_none_of_its_parents_connections(exchange: Simulator) -> None:
    before = sockets_here()  # the exchange's, too
    parent = Parent(exchange)
    theirs = {
        f"socket:[{os.fstat(each.fileno()).st_ino}]"
        for scope in scopes()
        for pair in scope._held.items()
        for each in pair
    }
    assert theirs
    assert theirs <= sockets_here() - before
    assert not in_child(sockets_here) & theirs
    parent.flows()
    parent.kucoin.close()
    assert eventually(lambda: not our_threads())


def scopes() -> list[Any]:
    return [each for each in forks._watched if type(each).__name__ == "CancelScope" and each._held]


@pytest.mark.parametrize("act", ["close", "dispose", "collect", "use"])
def test_whatever_a_child_does_its_parent_never_notices(parent: Parent, act: str) -> None:
    heard = sum(len(line.frames) for line in parent.exchange.connections)

    def do() -> None:
        if act == "close":
            assert parent.kucoin.close() is True
        if act == "dispose":
            parent.subscription.dispose()
        if act == "collect":
            parent.kucoin = parent.subscription = parent.exchange = None  # type: ignore[assignment]
            gc.collect()
        if act == "use":
            first_of(parent.kucoin.ticker("BTC-USDT"))
            assert parent.kucoin.close() is True

    in_child(do)
    parent.flows()
    if act != "use":
        assert sum(len(line.frames) for line in parent.exchange.connections) == heard


def test_a_child_that_ends_as_a_program_does_leaves_its_parent_alone(exchange: Simulator, tmp_path: Path) -> None:
    """Finalisers, exit handlers and all."""
    program = f"""
        import os, sys, time
        from rx_kucoin import KuCoin, events
        kucoin = KuCoin(rest_url={exchange.rest_url!r})
        recording = kucoin.record({str(tmp_path / "x.jsonl.gz")!r}, every=0.1)
        came, downs = [], []
        kucoin.events.subscribe(lambda event: downs.append(event) if isinstance(event, events.LineDown) else None)
        kucoin.ticker("BTC-USDT").subscribe(came.append)
        while len(came) < 5: time.sleep(0.01)
        child = os.fork()
        if child == 0:
            sys.exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        seen = len(came)
        while len(came) < seen + 5: time.sleep(0.01)
        recording.close()
        assert not downs, downs
        with kucoin.record({str(tmp_path / "x.jsonl.gz")!r}): pass
        print(recording.frames, recording.lost)
    """
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    frames, lost = map(int, ran.stdout.split())
    assert frames >= 10
    assert lost == 0
    replayed = KuCoin.replay(tmp_path / "x.jsonl.gz")
    numbers: list[int] = []
    replayed.ticker("BTC-USDT").subscribe(lambda ticker: numbers.append(ticker.sequence))
    replayed.play()
    assert len(numbers) >= 10
    assert numbers == sorted(set(numbers))


def test_a_recording_is_the_parents_alone(parent: Parent, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    recording = parent.kucoin.record(path, every=0.05)
    parent.flows()

    def use() -> str:
        first_of(parent.kucoin.ticker("BTC-USDT"))
        assert recording.close() is True
        with pytest.raises(OSError, match="another recording"):
            parent.kucoin.record(path)
        return repr(recording)

    assert "closed" in in_child(use)
    parent.flows()
    assert recording.close() is True
    with parent.kucoin.record(path):
        pass


def test_locks_that_are_held_when_it_is_forked_off_hold_no_child_up(parent: Parent) -> None:
    stream = parent.kucoin.ticker("ETH-USDT")
    shared = [each for each in gc.get_objects() if type(each).__name__ == "_Shared"]
    clocks = [each for each in forks._watched if isinstance(each, Clock)]
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        locks = [
            *(each._lock for each in (*shared, *clocks)),
            *(each for each in forks._locks if hasattr(each, "release")),
        ]
        for lock in locks:
            lock.acquire()
        held.set()
        done.wait(30)
        for lock in locks:
            lock.release()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    try:
        assert in_child(lambda: (first_of(stream), parent.kucoin.close())) == ("Ticker", True)
    finally:
        done.set()
        holder.join()


def test_forks_in_the_midst_of_dials_and_calls_leave_parent_and_child_well(exchange: Simulator) -> None:
    for moment in range(12):
        with nothing_left(), KuCoin(rest_url=exchange.rest_url, limits=Limits(dials=UNLIMITED)) as kucoin:
            came: list[Any] = []
            kucoin.ticker("BTC-USDT").subscribe(came.append)
            kucoin.symbols().subscribe(lambda _: None)
            time.sleep(0.003 * moment)
            assert in_child(lambda kucoin=kucoin: first_of(kucoin.ticker("BTC-USDT"))) == "Ticker"  # type: ignore[misc]
            assert eventually(lambda came=came: came)  # type: ignore[misc]


def test_a_call_over_tls_that_is_under_way_is_the_parents_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    forget()
    asked, go_on = threading.Event(), threading.Event()

    def slowly(connection: socket.socket) -> None:
        if request(connection):
            asked.set()
            go_on.wait(20)
            connection.sendall(answer("200 OK", '{"code":"200000","data":[]}'))

    with nothing_left(), serving(slowly, tls(pem)) as port, KuCoin(rest_url=f"https://127.0.0.1:{port}") as kucoin:
        came: list[Any] = []
        kucoin.symbols().subscribe(came.append, came.append)
        assert asked.wait(10)
        theirs = {os.fstat(each.fileno()).st_ino for scope in scopes() for pair in scope._held.items() for each in pair}
        assert len(theirs) == 1
        assert not in_child(sockets_here) & {f"socket:[{each}]" for each in theirs}
        go_on.set()
        assert eventually(lambda: came)
        assert came == [()]
    forget()


def test_timers_of_the_parent_do_not_run_in_a_child_and_its_own_do() -> None:
    clock = Clock()
    ran: list[str] = []
    inherited = clock.schedule_relative(0.2, lambda *_: ran.append("parent"))

    def use() -> list[str]:
        inherited.dispose()
        assert repr(clock) == "<Clock 0 timers>"
        clock.schedule_relative(0.4, lambda *_: ran.append("child"))
        assert eventually(lambda: ran)
        assert clock.join(5)
        return ran

    assert in_child(use) == ["child"]
    assert eventually(lambda: ran == ["parent"])
    assert clock.join(5)


def test_what_was_closed_stays_closed_in_a_child(exchange: Simulator) -> None:
    kucoin = KuCoin(rest_url=exchange.rest_url)
    kucoin.close()

    def use() -> str:
        failed: list[Exception] = []
        kucoin.ticker("BTC-USDT").subscribe(on_error=failed.append)
        return type(failed[0]).__name__

    assert in_child(use) == errors.Closed.__name__


def test_a_child_of_a_child_has_streams_of_its_own(parent: Parent) -> None:
    def child() -> tuple[str, str]:
        own = first_of(parent.kucoin.ticker("ETH-USDT"))
        return own, in_child(lambda: first_of(parent.kucoin.ticker("ETH-USDT")))

    assert in_child(child, 40) == ("Ticker", "Ticker")


def test_a_child_may_be_forked_off_in_a_callback(parent: Parent) -> None:
    told: list[str] = []

    def fork(_: object) -> None:
        if not told:
            told.append(in_child(lambda: first_of(parent.kucoin.ticker("BTC-USDT"))))

    forking = parent.kucoin.match("BTC-USDT").subscribe(fork)
    assert eventually(lambda: told, 30)
    assert told == ["Ticker"]
    forking.dispose()


@pytest.mark.usefixtures("parent")
def test_a_child_is_told_that_the_streams_of_its_parent_bring_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def use() -> list[tuple[str, int, int]]:
        return [
            (record.name, record.levelno, record.streams) for record in caplog.records if "forked" in record.message
        ]  # type: ignore[attr-defined]

    assert in_child(use) == [("rx_kucoin", logging.WARNING, 1)]
    assert "forked" not in caplog.text


def of_a_process(kucoin: KuCoin, pipe: Any) -> None:
    pipe.send(first_of(kucoin.ticker("BTC-USDT")))


def of_a_pool(symbol: str) -> str:
    return first_of(CLIENT[0].ticker(symbol))


CLIENT: list[KuCoin] = []


def test_multiprocessing_that_forks_has_streams_in_each_process(parent: Parent) -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=of_a_process, args=(parent.kucoin, theirs))
    process.start()
    assert ours.poll(20)
    assert ours.recv() == "Ticker"
    process.join(10)
    assert process.exitcode == 0
    CLIENT.append(parent.kucoin)
    try:
        with context.Pool(2) as pool:
            assert pool.map(of_a_pool, ["BTC-USDT", "ETH-USDT", "BTC-USDT"]) == ["Ticker"] * 3
    finally:
        CLIENT.clear()


APP = """
import threading
from rx_kucoin import KuCoin
kucoin = KuCoin(rest_url={url!r})
came = threading.Event()
if {streams}:  # loaded before the fork, and flowing
    kucoin.ticker("BTC-USDT").subscribe(lambda _: came.set())
    assert came.wait(10)

def app(environment, start):
    latest, got = [], threading.Event()
    def take(what):
        latest.append(what)
        got.set()
    kucoin.ticker("BTC-USDT").subscribe(take, take)
    start("200 OK" if got.wait(10) else "504 Silence", [("Content-Type", "text/plain")])
    return [repr(latest[:1]).encode()]
"""


@pytest.mark.ci
@pytest.mark.parametrize("streams", [False, True])
def test_gunicorn_with_preload_serves_streams(exchange: Simulator, tmp_path: Path, streams: bool) -> None:  # noqa: FBT001
    (tmp_path / "shop.py").write_text(APP.format(url=exchange.rest_url, streams=streams))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = ["-m", "gunicorn", "--preload", "--workers", "2", "--log-level", "warning", "--worker-tmp-dir"]
    server = subprocess.Popen(
        [sys.executable, *command, str(tmp_path), "-b", f"127.0.0.1:{port}", "shop:app"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = f"http://127.0.0.1:{port}/"

        def get() -> str:
            with suppress(OSError), urllib.request.urlopen(url, timeout=20) as told:
                return str(told.read().decode())
            return ""

        assert eventually(get, 30)
        for _ in range(4):
            assert get().startswith("[Ticker("), get()
    finally:
        server.terminate()
        _, said = server.communicate(timeout=30)
    assert ("open streams (1) go on there" in said) == streams
    assert "Traceback" not in said, said
    assert server.returncode == 0


SERVER = """
import os, socket, sys, threading
from rx_kucoin import KuCoin
kucoin = KuCoin(rest_url=sys.argv[1])
stream = kucoin.ticker("BTC-USDT")
came = threading.Event()
stream.subscribe(lambda _: came.set())
assert came.wait(10)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
for _ in range(3):
    if os.fork() == 0:
        latest = []
        stream.subscribe(latest.append)
        while True:
            connection, _ = listener.accept()
            while not latest: pass
            connection.sendall(f"{os.getpid()} {latest[-1].symbol}".encode())
            connection.close()
sys.stdin.read()
os.killpg(0, 9)
"""


def test_a_server_that_forks_its_workers_first_has_a_stream_in_each(exchange: Simulator) -> None:
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SERVER, exchange.rest_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        port = int(server.stdout.readline())
        workers: set[str] = set()

        def ask() -> bool:
            with socket.create_connection(("127.0.0.1", port), 10) as connection:
                connection.settimeout(10)
                worker, symbol = connection.recv(100).decode().split()
            assert symbol == "BTC-USDT"
            workers.add(worker)
            return len(workers) == 3

        assert eventually(ask, 30)
    finally:
        server.stdin.close()
        server.stdout.close()
        server.wait(10)
