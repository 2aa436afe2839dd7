"""The front door: what is asked of it wrongly, what subscribers share, and how none of them hurts another."""

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import reactivex
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject
from waiting import eventually, nothing_left

from rx_kucoin import Closed, Credentials, Depth, KuCoin, Limits, Push, Rate, Ticker, events
from rx_kucoin.events import Event
from rx_kucoin.operators import buffer_bounded
from rx_kucoin.simulator import Simulator

UNLIMITED = Limits(dials=Rate(1_000_000, 60.0))


@pytest.fixture
def exchange() -> Iterator[Simulator]:
    with nothing_left(), Simulator(seed=4, rate_per_topic=100, dial_rate=UNLIMITED.dials) as running:
        yield running


@pytest.fixture
def kucoin(exchange: Simulator) -> Iterator[KuCoin]:
    rest = {"rest_url": exchange.rest_url, "futures_rest_url": exchange.futures_rest_url}
    with KuCoin(**rest, limits=UNLIMITED, linger=0.2) as client:
        yield client


WRONG: list[tuple[Callable[[KuCoin], Any], str]] = [
    (lambda k: k.topic("/market/nonsense:BTC-USDT"), "is no channel"),
    (lambda k: k.topic("market/ticker:BTC-USDT"), "is no channel"),
    (lambda k: k.topic(""), "is no channel"),
    (lambda k: k.topic("/market/ticker"), "names no symbol"),
    (lambda k: k.topic("/market/ticker:"), "is not how KuCoin writes a symbol"),
    (lambda k: k.topic("/market/ticker:BTC-USDT,"), "is not how KuCoin writes a symbol"),
    (lambda k: k.topic("/market/ticker:" + ",".join(f"S{n}-USDT" for n in range(101))), "more than the 100"),
    (lambda k: k.topic("/account/balance"), "is private"),
    (lambda k: k.topic(None), "a topic is a string"),
    (lambda k: k.topic("", checked=False), "is not how KuCoin writes a topic"),
    (lambda k: k.topic("/new/thing:", checked=False), "is not how KuCoin writes a topic"),
    (lambda k: k.topic("/new/thing:" + ",".join(map(str, range(101))), checked=False), "more than the 100"),
    (lambda k: k.topic("/contract/positionAll:XBTUSDTM"), "takes no symbol"),
    (lambda k: k.ticker(), "at least one symbol"),
    (lambda k: k.ticker(""), "is not how KuCoin writes a symbol"),
    (lambda k: k.ticker("btc-usdt"), "BTC-USDT"),
    (lambda k: k.ticker("BTC_USDT"), "BTC-USDT"),
    (lambda k: k.futures.ticker("XBT-USDTM"), "XBTUSDTM"),
    (lambda k: k.futures.ticker(), "at least one symbol"),
    (lambda k: k.futures.candles("XBTUSDTM", "6hour"), "no interval"),
    (lambda k: k.futures.depth("XBTUSDTM", 20), "5 or 50"),
    (lambda k: k.orders(), "is private"),
    (lambda k: k.futures.positions("XBTUSDTM"), "is private"),
    (lambda k: k.follow("tickers"), "choose from"),
    (lambda k: k.closed_candles("BTC-USDT", "7min"), "no interval"),
    (lambda k: k.closed_candles("BTC-USDT", settle=-1), "settle"),
    (lambda k: k.snapshots(), "at least one"),
    (lambda k: k.match("BTC-USDT", "ETH/USDT"), "ETH/USDT"),
    (lambda k: k.candles("BTC-USDT", "7min"), "no interval"),
    (lambda k: k.depth("BTC-USDT", 20), "5 or 50"),
    (lambda k: k.level1("BTC-USDT", "BTC USDT"), "is not how KuCoin writes a symbol"),
    (lambda k: k.channel("tickers"), "the spot market has no channel 'tickers'; choose from"),
    (lambda k: k.channel("ticker"), "at least one symbol"),
    (lambda k: k.channel(Ticker), "at least one symbol"),
    (lambda k: k.channel(Depth, "BTC-USDT"), "'depth5'"),
    (lambda k: k.channel("orders"), "is private"),
    (lambda k: k.channel("orders", "BTC-USDT"), "takes no symbol"),
    (lambda k: k.channel("match", "BTC-USDT", interval="1min"), "match takes no interval"),
    (lambda k: k.channel("candles", "BTC-USDT", interval=""), "no interval"),
    (lambda k: k.futures.channel("level1", "XBTUSDTM"), "the futures market has no channel 'level1'"),
    (lambda k: k.futures.announcements("XBT-USDTM"), "is not how KuCoin writes a symbol"),
]


@pytest.mark.parametrize(("ask", "says"), WRONG)
def test_what_is_wrong_is_a_value_error_before_anything_is_sent(ask: Callable[[KuCoin], Any], says: str) -> None:
    kucoin = KuCoin(rest_url="http://127.0.0.1:9")
    with pytest.raises(ValueError, match=says):
        ask(kucoin)
    assert repr(kucoin) == "<KuCoin idle>"


@pytest.mark.parametrize("name", ["rest_url", "futures_rest_url"])
def test_a_host_without_a_scheme_is_a_value_error_at_once(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is malformed"):
        KuCoin(**{name: "api.kucoin.com"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings",
    [
        {"topics_per_connection": 0},
        {"renew_every": 0},
        {"max_reconnects": -1},
        {"timeout": 0},
        {"linger": -1},
        {"grace": -0.1},
        {"healthy_after": 0},
        {"renew_every": float("nan")},
        {"timeout": float("inf")},
    ],
)
def test_a_setting_out_of_range_is_a_value_error(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        KuCoin(**settings)


@pytest.mark.parametrize("rate", [(0, 1.0), (1, 0.0), (1, float("inf"))])
def test_a_rate_that_lets_nothing_through_is_a_value_error(rate: tuple[int, float]) -> None:
    with pytest.raises(ValueError, match="a rate needs"):
        Rate(*rate)


@pytest.mark.parametrize("topics", [0, 101])
def test_a_line_of_no_topics_or_too_many_is_a_value_error(topics: int) -> None:
    with pytest.raises(ValueError, match="topics_per_request"):
        Limits(topics_per_request=topics)


def test_half_credentials_are_a_value_error_that_names_what_is_missing() -> None:
    with pytest.raises(ValueError, match="missing: secret, passphrase"):
        Credentials("key", "", "")


@pytest.mark.socket
def test_building_one_does_nothing(exchange: Simulator) -> None:
    before = threading.active_count()
    kucoin = KuCoin(rest_url=exchange.rest_url)
    kucoin.ticker("BTC-USDT").pipe(ops.map(lambda ticker: ticker.price))
    assert threading.active_count() == before
    assert not exchange.calls
    assert repr(kucoin) == "<KuCoin idle>"


@pytest.mark.socket
def test_subscribers_of_a_topic_share_one_subscription_and_flapping_costs_no_frames(
    exchange: Simulator, kucoin: KuCoin
) -> None:
    got: list[Ticker] = []
    raw: list[Push] = []
    first = kucoin.ticker("BTC-USDT").subscribe(got.append)
    second = kucoin.ticker("BTC-USDT", "ETH-USDT").subscribe(got.append)
    third = kucoin.topic("/market/ticker:BTC-USDT").subscribe(raw.append)
    assert eventually(lambda: got and raw)
    (line,) = exchange.connections
    assert eventually(lambda: len(line.topics) == 2)
    asked = line.subscribes
    for _ in range(20):
        kucoin.ticker("BTC-USDT").subscribe().dispose()
        first.dispose()
        first = kucoin.ticker("BTC-USDT").subscribe(got.append)
    assert line.subscribes == asked
    for subscription in (first, second, third):
        subscription.dispose()
    assert eventually(lambda: not exchange.open_connections)
    assert len(exchange.connections) == 1


@pytest.mark.socket
def test_a_subscriber_that_raises_ends_alone_and_nobody_else_misses_a_message(
    exchange: Simulator, kucoin: KuCoin
) -> None:
    told: list[Event] = []
    kucoin.events.subscribe(told.append)
    before: list[Ticker] = []
    after: list[Ticker] = []
    ended: list[Exception] = []
    trouble = KeyError("a bug of the user's")

    def raise_at_third(ticker: Ticker) -> None:
        del ticker
        if len(before) >= 3:
            raise trouble

    kucoin.ticker("BTC-USDT").subscribe(before.append)
    kucoin.ticker("BTC-USDT").pipe(ops.map(lambda ticker: ticker)).subscribe(raise_at_third, ended.append)
    kucoin.ticker("BTC-USDT").subscribe(raise_at_third)
    kucoin.ticker("BTC-USDT").subscribe(after.append)
    assert eventually(lambda: len(after) > 30)
    assert ended == [trouble]
    assert eventually(lambda: sum(isinstance(event, events.SubscriberFailed) for event in told) == 2)
    shared = min(len(before), len(after))
    assert before[-shared:][:20] == after[-shared:][:20]
    assert len(exchange.connections) == 1
    assert not [event for event in told if isinstance(event, events.LineDown | events.Redialling)]


@pytest.mark.socket
def test_a_mapper_that_raises_ends_its_own_pipeline_alone(exchange: Simulator, kucoin: KuCoin) -> None:
    good: list[Ticker] = []
    bad: list[Exception] = []
    kucoin.ticker("BTC-USDT").pipe(ops.map(lambda ticker: 1 / 0)).subscribe(on_error=bad.append)
    kucoin.ticker("BTC-USDT").subscribe(good.append)
    assert eventually(lambda: len(good) > 10)
    assert [type(error) for error in bad] == [ZeroDivisionError]
    assert len(exchange.connections) == 1


@pytest.mark.socket
def test_a_slow_and_a_raising_subscriber_leave_the_third_all_of_its_messages(
    exchange: Simulator, kucoin: KuCoin
) -> None:
    third: list[int | None] = []
    slow: list[Ticker] = []
    dropped: list[int] = []

    def raise_always(_: Ticker) -> None:
        raise RuntimeError

    def sleep_50_ms(ticker: Ticker) -> None:
        slow.append(ticker)
        eventually(lambda: False, 0.05)

    isolated = kucoin.ticker("BTC-USDT").pipe(buffer_bounded(10, "drop_oldest", on_drop=dropped.append))
    kucoin.ticker("BTC-USDT").subscribe(raise_always, lambda error: None)
    slow_one = isolated.subscribe(sleep_50_ms)
    kucoin.ticker("BTC-USDT").subscribe(lambda ticker: third.append(ticker.sequence))
    assert eventually(lambda: len(third) >= 300, 30)
    slow_one.dispose()
    sent = exchange.sent("/market/ticker:BTC-USDT").sequences
    expected = [number for number in sent if third[0] <= number <= third[-1]]
    print(f"third {len(third)} of {len(expected)}, slow {len(slow)}, dropped for the slow one {sum(dropped)}")
    assert third == expected
    assert len(slow) < len(third) / 2
    assert sum(dropped) > 0


@pytest.mark.socket
def test_every_channel_brings_its_type(exchange: Simulator, kucoin: KuCoin) -> None:
    del exchange
    streams = {
        "Ticker": kucoin.ticker("BTC-USDT"),
        "Ticker of all": kucoin.tickers(),
        "Match": kucoin.match("BTC-USDT"),
        "Candle": kucoin.candles("BTC-USDT", "1min"),
        "Level1": kucoin.level1("BTC-USDT"),
        "Depth of 5": kucoin.depth("BTC-USDT"),
        "Depth of 50": kucoin.depth("BTC-USDT", 50),
        "Level2Change": kucoin.level2("BTC-USDT"),
        "Snapshot": kucoin.snapshot("BTC-USDT"),
        "Snapshot of a market": kucoin.snapshot("USDS"),
        "Push": kucoin.topic("/contractMarket/tickerV2:XBTUSDTM"),
        "Push of an index": kucoin.topic("/indicator/index:BTC-USDT"),
    }
    got: dict[str, Any] = {}
    for name, stream in streams.items():
        stream.subscribe(lambda message, name=name: got.setdefault(name, message))
    assert eventually(lambda: set(got) == set(streams), 20), set(streams) - set(got)
    for name, message in got.items():
        assert type(message).__name__ == name.split()[0]
        assert message.symbol
    assert isinstance(got["Ticker"].price, Decimal)
    assert got["Ticker"].time_ns > 1_600_000_000_000_000_000
    assert got["Candle"].interval == "1min"
    assert len(got["Depth of 5"].asks) == 5
    assert got["Push"].data["symbol"] == "XBTUSDTM"


@pytest.mark.socket
def test_a_private_topic_is_signed_for(exchange: Simulator) -> None:
    keys = Credentials(exchange.api_key, exchange.api_secret, exchange.api_passphrase)
    got: list[Push] = []
    with KuCoin(rest_url=exchange.rest_url, credentials=keys) as kucoin:
        kucoin.topic("/account/balance").subscribe(got.append)
        kucoin.topic("/market/ticker:BTC-USDT").subscribe()
        assert eventually(lambda: exchange.push("/account/balance", "account.balance", {"currency": "USDT"}) == 1)
        assert eventually(lambda: got)
        assert sorted(line.private for line in exchange.connections) == [False, True]


@pytest.mark.socket
def test_a_wrong_signature_ends_the_stream_at_once_with_a_remedy(exchange: Simulator) -> None:
    keys = Credentials(exchange.api_key, "canary-secret", exchange.api_passphrase)
    failed: list[Exception] = []
    with KuCoin(rest_url=exchange.rest_url, credentials=keys) as kucoin:
        kucoin.topic("/account/balance").subscribe(on_error=failed.append)
        assert eventually(lambda: failed)
    assert "400005" in str(failed[0])
    assert "check the API secret" in str(failed[0])
    assert "canary" not in repr(failed) + repr(keys)
    assert [call.request for call in exchange.calls] == ["GET /api/v1/timestamp", "POST /api/v1/bullet-private"]


@pytest.mark.socket
def test_connections_are_shown_as_they_take_over(exchange: Simulator, kucoin: KuCoin) -> None:
    early: list[Any] = []
    kucoin.connections.subscribe(early.append)
    assert not exchange.calls
    kucoin.ticker("BTC-USDT").subscribe()
    assert eventually(lambda: len(early) == 1)
    assert (early[0].line, early[0].is_open) == (1, True)
    assert exchange.rest_url.partition("//")[2].startswith(early[0].host.partition(":")[0])
    late: list[Any] = []

    def later() -> bool:
        late.clear()
        kucoin.connections.pipe(ops.take(1)).subscribe(late.append)
        return eventually(lambda: late, 1) and late[0].topics == ("/market/ticker:BTC-USDT",)

    assert eventually(later)
    assert late[0].number == early[0].number
    kucoin.connections.subscribe(late.append)
    exchange.faults.drop()
    assert eventually(lambda: len(early) == 2 and len(late) == 3, 20)
    assert [early[1]] == late[2:]
    assert early[1].number > early[0].number


@pytest.mark.socket
def test_after_close_a_subscriber_is_told_so(exchange: Simulator) -> None:
    kucoin = KuCoin(rest_url=exchange.rest_url)
    stream = kucoin.ticker("BTC-USDT")
    assert kucoin.close() is True
    failed: list[Exception] = []
    stream.subscribe(on_error=failed.append)
    assert [type(error) for error in failed] == [Closed]
    assert kucoin.close() is True


@pytest.mark.socket
def test_close_completes_what_follows_a_universe_too(exchange: Simulator, kucoin: KuCoin) -> None:
    del exchange
    universe, got, ends = BehaviorSubject({"BTC-USDT", "ETH-USDT"}), [], []
    followed = universe.pipe(kucoin.follow("ticker"))
    followed.subscribe(got.append, ends.append, lambda: ends.append("|"))
    assert eventually(lambda: bool(got))
    assert kucoin.close()
    universe.on_next({"KCS-USDT"})
    assert ends == ["|"]
    followed.subscribe(on_error=ends.append)
    assert [type(end) for end in ends] == [str, Closed]


@pytest.mark.socket
def test_who_raises_when_all_is_closed_keeps_it_from_nobody_else(
    exchange: Simulator, kucoin: KuCoin, caplog: pytest.LogCaptureFixture
) -> None:
    del exchange
    ends: list[str] = []

    def end() -> None:
        ends.append("|")
        raise ZeroDivisionError

    for _ in range(2):
        reactivex.never().pipe(kucoin.follow("ticker")).subscribe(on_completed=end)
    kucoin.ticker("BTC-USDT").subscribe(on_completed=end)
    assert kucoin.close()
    assert ends == ["|"] * 3
    assert caplog.text.count("ZeroDivisionError() was not handled") == 3


@pytest.mark.socket
def test_a_channel_that_is_newer_than_the_catalogue_may_be_asked_for(exchange: Simulator, kucoin: KuCoin) -> None:
    del exchange
    failed: list[Exception] = []
    kucoin.topic("/market/brandnew:BTC-USDT", checked=False).subscribe(on_error=failed.append)
    assert eventually(lambda: failed)
    assert "404" in str(failed[0])


def test_a_transport_that_cannot_be_made_is_told_of_once_and_nothing_is_kept() -> None:
    errors: list[Exception] = []

    def no_transport(_market: str, _private: bool) -> Any:  # noqa: FBT001  the shape of a TransportOf
        raise OSError("no transport")

    with KuCoin(transport=no_transport) as kucoin:
        for _ in range(2):
            kucoin.ticker("BTC-USDT").subscribe(on_error=errors.append)
        assert list(map(repr, errors)) == ["OSError('no transport')"] * 2
        assert not kucoin._engine.context.open_streams


async def coroutine_function(_: object) -> None: ...


class AsyncCallable:
    async def __call__(self, _: object) -> None: ...


STREAMS: dict[str, Callable[[KuCoin], Any]] = {
    "one symbol": lambda kucoin: kucoin.ticker("BTC-USDT"),
    "two symbols": lambda kucoin: kucoin.ticker("BTC-USDT", "ETH-USDT"),
    "piped": lambda kucoin: kucoin.ticker("BTC-USDT").pipe(ops.map(str)),
    "piped twice": lambda kucoin: kucoin.ticker("BTC-USDT").pipe(ops.map(str)).pipe(ops.filter(bool)),
    "events": lambda kucoin: kucoin.events,
    "connections": lambda kucoin: kucoin.connections,
    "book": lambda kucoin: kucoin.book("BTC-USDT"),
    "book, every": lambda kucoin: kucoin.book("BTC-USDT", every=1.0),
    "closed candles": lambda kucoin: kucoin.closed_candles("BTC-USDT"),
    "symbols": lambda kucoin: kucoin.symbols(),
    "payloads": lambda kucoin: kucoin.topic("/market/match:BTC-USDT"),
    "futures": lambda kucoin: kucoin.futures.ticker("XBTUSDTM"),
}


@pytest.mark.parametrize("callback", [coroutine_function, partial(coroutine_function), AsyncCallable()])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_coroutine_function_as_callback_is_refused_and_the_way_out_named(stream: str, callback: Any) -> None:
    with KuCoin() as kucoin:
        with pytest.raises(TypeError, match=r"rx_kucoin\.aio"):
            STREAMS[stream](kucoin).subscribe(callback)
        with pytest.raises(TypeError, match="coroutine function"):
            STREAMS[stream](kucoin).subscribe(print, on_completed=callback)
