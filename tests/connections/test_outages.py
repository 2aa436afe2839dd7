"""What stands before the exchange, or fails for a moment, over real sockets: streams survive it, and errors say it."""

import itertools
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from transport.front import Front, front
from transport.servers import addresses_of, answer, black_hole, descriptors, serving
from transport.tunnels import connecting
from waiting import eventually, nothing_left

from rx_kucoin import KuCoin, Limits, Rate, errors, events
from rx_kucoin.errors import ReconnectFailed
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket

UNLIMITED = Rate(1_000_000, 60.0)
TICKER = "/market/ticker:BTC-USDT"
TOKEN = "bullet-public"  # noqa: S105
PAGE = "<html><head><title>Hotel WiFi login</title></head></html>"
ANSWERS = {
    "a captive portal": answer("200 OK", PAGE, Content_Type="text/html"),
    "a redirect to a captive portal": answer("302 Found", "", Location="http://portal.example/login"),
    "a gateway without the exchange": answer("502 Bad Gateway", PAGE),
    "maintenance": answer("200 OK", '{"code":"900014","msg":"The system is under maintenance"}'),
    "maintenance by a word": answer("200 OK", '{"code":"SYSTEM_UNDER_MAINTENANCE","msg":"maintenance"}'),
    "an upgrade of the exchange": answer("400 Bad Request", '{"code":"400760","msg":"Service is upgrading"}'),
    "success without a token": answer("200 OK", '{"code":"200000","data":null}'),
    "no server": answer("200 OK", '{"code":"200000","data":{"token":"tttt","instanceServers":[]}}'),
    "no answer": b"",
}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=0, dial_rate=UNLIMITED) as running:
        yield running


@pytest.fixture
def before(exchange: Simulator) -> Iterator[Front]:
    assert eventually(lambda: not exchange.open_connections)
    descriptors_before = descriptors()
    with nothing_left(), front(exchange) as running:
        yield running
    assert eventually(lambda: descriptors() <= descriptors_before), (descriptors_before, descriptors())


class Stream:
    """A ticker, and what it brought."""

    def __init__(self, kucoin: KuCoin, exchange: Simulator) -> None:
        self._exchange = exchange
        self.tickers: list[Any] = []
        self.failed: list[Exception] = []
        self.reported: list[events.Event] = []
        self._counted = 0
        kucoin.events.subscribe(self.reported.append)
        kucoin.ticker("BTC-USDT").subscribe(self.tickers.append, self.failed.append)

    @property
    def attempts(self) -> list[events.Redialling]:
        return [event for event in self.reported if isinstance(event, events.Redialling)]

    def is_live(self, within: float = 10.0) -> bool:
        """Whether a push arrives."""
        assert eventually(lambda: self.failed or self._exchange.listeners(TICKER), within), self.attempts
        if not self.failed:
            seen = len(self.tickers)
            self._exchange.tick(TICKER)
            assert eventually(lambda: self.failed or len(self.tickers) > seen)
            assert eventually(lambda: self.failed or self._lives() > self._counted)
            self._counted = self._lives()
        return not self.failed

    def _lives(self) -> int:
        """How often the topic was acknowledged: a line that is cut before that was not live."""
        return sum(isinstance(event, events.TopicLive) for event in self.reported)


@contextmanager
def client(url: str, **settings: Any) -> Iterator[KuCoin]:
    settings = {"limits": Limits(dials=UNLIMITED), "backoff_initial": 0.05, "random": lambda: 0.5, **settings}
    with KuCoin(rest_url=url, **settings) as kucoin:
        yield kucoin


def for_a_while(said: bytes, times: int) -> Callable[[str], bytes | None]:
    """Refuse so many token calls."""
    left = itertools.chain([said] * times, itertools.repeat(None))
    return lambda asked: next(left) if TOKEN in asked else None


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_stream_survives_token_calls_that_are_answered_by(before: Front, exchange: Simulator, kind: str) -> None:
    with client(before.url) as kucoin:
        stream = Stream(kucoin, exchange)
        assert stream.is_live()
        before.refuse = for_a_while(ANSWERS[kind], 4)
        exchange.faults.drop()
        assert eventually(lambda: len(before.times(TOKEN)) == 6)
        assert stream.is_live()


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_stream_that_is_given_up_says_what_was_answered_by(before: Front, exchange: Simulator, kind: str) -> None:
    before.refuse = lambda _: ANSWERS[kind]
    with client(before.url, max_reconnects=1) as kucoin:
        stream = Stream(kucoin, exchange)
        assert not stream.is_live()
    (error,) = stream.failed
    assert isinstance(error, ReconnectFailed)
    words = {
        "a captive portal": ["HTTP 200", "'Hotel WiFi login'"],
        "a redirect to a captive portal": ["HTTP 302", "http://portal.example/login"],
        "a gateway without the exchange": ["HTTP 502", "'Hotel WiFi login'"],
        "maintenance": ["900014", "The system is under maintenance"],
        "maintenance by a word": ["SYSTEM_UNDER_MAINTENANCE"],
        "an upgrade of the exchange": ["400760", "Service is upgrading"],
        "success without a token": ["no token"],
        "no server": ["names no server"],
        "no answer": ["no answer from 127.0.0.1"],
    }
    assert all(word in str(error) for word in words[kind]), error
    assert not re.search(r"[?!.][?!.]", str(error).replace("127.0.0.1", "")), error


@pytest.mark.parametrize("status", ["403 Forbidden", "451 Unavailable For Legal Reasons"])
@pytest.mark.parametrize("what", [TOKEN, "/endpoint"])
def test_a_refused_address_is_not_asked_again_within_the_second_and_not_for_ever(
    before: Front, exchange: Simulator, status: str, what: str
) -> None:
    before.edit = lambda data: data["instanceServers"][0].update(endpoint=before.endpoint)
    before.refuse = lambda asked: answer(status, PAGE) if what in asked else None
    with client(before.url, max_reconnects=2) as kucoin:
        stream = Stream(kucoin, exchange)
        assert not stream.is_live()
    assert f"HTTP {status[:3]} with a page titled 'Hotel WiFi login'" in str(stream.failed[0])
    times = before.times(what)
    assert len(times) == 3
    assert all(later - earlier >= 0.99 for earlier, later in itertools.pairwise(times)), times


def in_a_moment(seconds: float, name: str) -> dict[str, str]:
    """Ask to wait, in the header of this name."""
    if name == "a date":  # of whole seconds
        now = int(time.time())
        dates = [time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now + each)) for each in (0, 1)]
        return {"Date": dates[0], "Retry-After": dates[1]}
    return {name: str(int(seconds if name == "Retry-After" else 1000 * seconds))}


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("name", ["Retry-After", "a date", "gw-ratelimit-reset"])
@pytest.mark.parametrize("what", [TOKEN, "/endpoint", "/api/v2/symbols"])
def test_a_wait_that_is_asked_for_is_kept_and_is_no_failed_attempt(
    before: Front, exchange: Simulator, status: str, name: str, what: str
) -> None:
    said = answer(status, "", **in_a_moment(1.0, name))
    left = itertools.chain([said] * 3, itertools.repeat(None))
    genuine: list[str] = []

    def edit(data: dict[str, Any]) -> None:
        (server,) = data["instanceServers"]
        genuine.append(server["endpoint"])
        if what == "/endpoint" and len(before.times(what)) < 3:
            server["endpoint"] = before.endpoint

    before.edit = edit
    before.refuse = lambda asked: next(left) if what in asked else None
    with client(before.url, max_reconnects=1) as kucoin:
        if what == "/api/v2/symbols":
            symbols: list[Any] = []
            kucoin.symbols().subscribe(symbols.append, symbols.append)
            assert eventually(lambda: symbols)
            assert not isinstance(symbols[0], Exception), symbols
        else:
            stream = Stream(kucoin, exchange)
            assert stream.is_live()
            assert [attempt.attempt for attempt in stream.attempts] == [1, 1, 1]
            assert all(attempt.cause.retry_after == 1.0 for attempt in stream.attempts)  # type: ignore[attr-defined]
    times = before.times(what)
    assert len(times) == 3 + (what != "/endpoint")
    assert all(later - earlier >= 0.99 for earlier, later in itertools.pairwise(times)), times


def test_a_row_of_429_without_a_time_ends_no_stream(before: Front, exchange: Simulator) -> None:
    before.refuse = for_a_while(answer("429 Too Many Requests"), 8)
    with client(before.url, backoff_initial=0.01, backoff_cap=0.05) as kucoin:
        stream = Stream(kucoin, exchange)
        assert stream.is_live()
        assert len(stream.attempts) == 8


@pytest.mark.parametrize("dead_first", [True, False])
@pytest.mark.parametrize("death", ["refused", "refuses the upgrade", "hangs up"])
def test_of_two_servers_the_one_that_works_is_reached_at_the_second_attempt(
    before: Front,
    exchange: Simulator,
    death: str,
    dead_first: bool,  # noqa: FBT001
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        ends = {
            "refused": f"ws://127.0.0.1:{taken.getsockname()[1]}/endpoint",
            "refuses the upgrade": before.endpoint,
            "hangs up": before.endpoint,
        }

        def edit(data: dict[str, Any]) -> None:
            servers = [{**data["instanceServers"][0], "endpoint": ends[death]}, *data["instanceServers"]]
            data["instanceServers"] = servers if dead_first else servers[::-1]

        before.edit = edit
        before.refuse = lambda asked: b"" if "/endpoint" in asked and death == "hangs up" else None
        with client(before.url, random=lambda: 0.0 if dead_first else 0.999, max_reconnects=2) as kucoin:
            stream = Stream(kucoin, exchange)
            assert stream.is_live()
            assert len(stream.attempts) == 1
            exchange.faults.drop()  # now both have failed once, the one that works later
            assert eventually(lambda: len(stream.attempts) == 3), [str(a.cause) for a in stream.attempts]
            assert stream.is_live()


def test_a_name_that_cannot_be_resolved_for_a_moment_ends_no_stream(before: Front, exchange: Simulator) -> None:
    genuine, failures = socket.getaddrinfo, itertools.count(1)

    def look_up(host: Any, *arguments: Any, **settings: Any) -> Any:
        if host == "api.example" and next(failures) <= 4:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return genuine("127.0.0.1" if host == "api.example" else host, *arguments, **settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        with client(before.url.replace("127.0.0.1", "api.example")) as kucoin:
            stream = Stream(kucoin, exchange)
            assert stream.is_live()
            assert len(stream.attempts) == 4
            told = {str(attempt.cause) for attempt in stream.attempts}
            assert all("api.example cannot be resolved: Temporary failure in name resolution" in text for text in told)


def test_a_dead_address_of_the_host_costs_a_moment_and_can_be_stopped_in(before: Front, exchange: Simulator) -> None:
    port = int(before.url.rpartition(":")[2])
    with black_hole("127.0.0.2", port), addresses_of("api.example", "127.0.0.2", "127.0.0.1"):
        url = f"http://api.example:{port}"
        with client(url) as kucoin:
            began = time.monotonic()
            stream = Stream(kucoin, exchange)
            assert eventually(lambda: exchange.listeners(TICKER))
            assert time.monotonic() - began < 2.0
            assert stream.attempts == []
        for moment in range(10):
            with client(url) as kucoin:
                kucoin.ticker("BTC-USDT").subscribe(on_error=lambda _: None)
                time.sleep(0.04 * moment)
                assert kucoin.close() is True


def test_a_proxy_that_is_restarted_ends_no_stream(exchange: Simulator) -> None:
    port = int(exchange.rest_url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        at = listener.getsockname()[1]
    with nothing_left(), client("http://api.example", proxy=f"http://127.0.0.1:{at}") as kucoin:
        with serving(connecting(port, []), port=at):
            stream = Stream(kucoin, exchange)
            assert stream.is_live()
        assert eventually(lambda: len(stream.attempts) >= 2)
        assert f"no way through the proxy 127.0.0.1:{at}" in str(stream.attempts[-1].cause)
        with serving(connecting(port, []), port=at):
            assert stream.is_live()


def test_every_error_of_an_answer_has_status_and_time() -> None:
    made = [
        errors.RestUnavailable("x"),
        errors.RateLimited("x"),
        errors.UnexpectedAnswer("x"),
        errors.DialFailed("x"),
        errors.ApiError.of("400003", "x", "GET /x"),
        errors.ApiError.of("900014", "x", "GET /x"),
    ]
    assert all(hasattr(error, "status") and hasattr(error, "retry_after") for error in made)
