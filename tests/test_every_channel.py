"""Every channel that KuCoin has: its method, its type, and the exchange's own example of it, read whole."""

import json
from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import pytest
import reactivex
from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import Credentials, KuCoin, messages
from rx_kucoin.markets.base import MarketStreams
from rx_kucoin.protocol import frames
from rx_kucoin.protocol.channels import CHANNELS, Channel
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.testing import VirtualTransport
from tests.protocol.account_frames import ours
from tests.protocol.fields import lost
from tests.protocol.material import VECTORS, needs, pushes


class Row(NamedTuple):
    documented: str
    """How the exchange's documentation writes the topic."""
    method: str
    arguments: tuple[Any, ...]
    kind: type

    def ask(self, kucoin: KuCoin) -> Observable[Any]:
        return attrgetter(self.method)(kucoin)(*self.arguments)

    @property
    def subscribed(self) -> str:
        named = self.arguments[1:] if self.method.endswith("channel") else self.arguments
        symbol, *more = map(str, (*named, "1min"))
        if self.documented in ONE_FOR_ALL:
            return self.documented.partition(":")[0]
        return self.documented.replace(",{symbol}", "").format(
            symbol=symbol, market=symbol, type=more[0] if more else ""
        )


ONE_FOR_ALL = {"/contract/announcement:{symbol}"}
"""Documented with a symbol; what is pushed names none."""
DOCUMENTED = [
    Row("/market/ticker:{symbol},{symbol}", "ticker", ("BTC-USDT",), messages.Ticker),
    Row("/market/ticker:all", "tickers", (), messages.Ticker),
    Row("/spotMarket/level1:{symbol},{symbol}", "level1", ("BTC-USDT",), messages.Level1),
    Row("/spotMarket/level2Depth5:{symbol},{symbol}", "depth", ("BTC-USDT",), messages.Depth),
    Row("/spotMarket/level2Depth50:{symbol},{symbol}", "depth", ("BTC-USDT", 50), messages.Depth),
    Row("/callauction/level2Depth50:{symbol}", "call_auction_depth", ("BTC-USDT",), messages.Depth),
    Row("/callauction/callauctionData:{symbol}", "call_auction", ("BTC-USDT",), messages.CallAuction),
    Row("/market/level2:{symbol},{symbol}", "level2", ("BTC-USDT",), messages.Level2Change),
    Row("/market/candles:{symbol}_{type}", "candles", ("BTC-USDT", "1hour"), messages.Candle),
    Row("/market/match:{symbol},{symbol}", "match", ("BTC-USDT",), messages.Match),
    Row("/market/snapshot:{symbol}", "snapshot", ("BTC-USDT",), messages.Snapshot),
    Row("/market/snapshot:{market}", "snapshots", ("BTC",), messages.Snapshot),
    Row("/spotMarket/tradeOrdersV2", "orders", (), messages.Order),
    Row("/spotMarket/tradeOrders", "orders_v1", (), messages.Order),
    Row("/account/balance", "balances", (), messages.Balance),
    Row("/spotMarket/advancedOrders", "stop_orders", (), messages.StopOrder),
    Row("/indicator/markPrice:{symbol},{symbol}", "mark_price", ("USDT-BTC",), messages.Indicator),
    Row("/indicator/index:{symbol},{symbol}", "index_price", ("USDT-BTC",), messages.Indicator),
    Row(
        "/margin/isolatedPosition:{symbol}", "margin_isolated_position", ("BTC-USDT",), messages.IsolatedMarginPosition
    ),
    Row("/margin/position", "margin_position", (), messages.DebtRatio),
    Row("/contractMarket/tickerV2:{symbol}", "futures.ticker", ("XBTUSDTM",), messages.FuturesTicker),
    Row("/contractMarket/ticker:{symbol}", "futures.ticker_v1", ("XBTUSDTM",), messages.FuturesTickerV1),
    Row("/contractMarket/level2Depth5:{symbol}", "futures.depth", ("XBTUSDTM",), messages.Depth),
    Row("/contractMarket/level2Depth50:{symbol}", "futures.depth", ("XBTUSDTM", 50), messages.Depth),
    Row("/contractMarket/level2:{symbol}", "futures.level2", ("XBTUSDTM",), messages.Level2Change),
    Row("/contractMarket/limitCandle:{symbol}_{type}", "futures.candles", ("XBTUSDTM",), messages.Candle),
    Row("/contractMarket/execution:{symbol}", "futures.match", ("XBTUSDTM",), messages.Match),
    Row("/contract/instrument:{symbol}", "futures.instrument", ("XBTUSDTM",), messages.MarkPrice),
    Row("/contract/announcement:{symbol}", "futures.announcements", ("XBTUSDTM",), messages.FundingSettlement),
    Row("/contractMarket/snapshot:{symbol}", "futures.snapshot", ("XBTUSDTM",), messages.FuturesSnapshot),
    Row("/contractMarket/tradeOrders:{symbol}", "futures.orders", ("XBTUSDTM",), messages.FuturesOrder),
    Row("/contractMarket/tradeOrders", "futures.orders", (), messages.FuturesOrder),
    Row("/contractAccount/wallet", "futures.balances", (), messages.FuturesBalance),
    Row("/contract/position:{symbol}", "futures.positions", ("XBTUSDTM",), messages.Position),
    Row("/contract/positionAll", "futures.positions", (), messages.Position),
    Row("/contract/marginMode", "futures.margin_mode", (), messages.MarginModeChange),
    Row("/contract/crossLeverage", "futures.cross_leverage", (), messages.CrossLeverageChange),
    Row("/contractMarket/advancedOrders", "futures.stop_orders", (), messages.FuturesStopOrder),
]


def by_name(channel: Channel) -> Row:
    """A channel that is newer than the documentation: it is streamed by its name."""
    market, topic = "futures." if channel.market == "futures" else "", channel.prefix
    if arguments := arguments_of(channel):
        topic += ":{symbol}_{type}" if channel.takes == "candles" else ":{symbol}"
    return Row(topic, f"{market}channel", (channel.name, *arguments), channel.messages[0])


def arguments_of(channel: Channel) -> list[str]:
    return [] if "nothing" in channel.takes else ["BTC-USDT" if channel.market == "spot" else "XBTUSDTM"]


_PREFIXES = {Topic.parse(row.documented).prefix for row in DOCUMENTED}
ROWS = DOCUMENTED + [by_name(channel) for prefix, channel in CHANNELS.items() if prefix not in _PREFIXES]
SLIPS = {"/spotMarket/tradeOrders", "/contractMarket/tradeOrders"}
"""Documented with an example of another topic's: the second version's, and a single symbol's."""
HEAD = f"{'channel':44} {'method':26} {'type':24} read  lost"


def test_every_documented_channel_has_a_method() -> None:
    assert len(DOCUMENTED) == 38
    assert all(row.method.rpartition(".")[2] != "channel" for row in DOCUMENTED)
    assert {Topic.parse(row.subscribed).prefix for row in ROWS} == CHANNELS.keys()
    assert all(channel.reader is not None for channel in CHANNELS.values())


@needs(VECTORS)
def test_every_example_of_the_exchange_s_comes_out_of_its_method_whole() -> None:
    examples = {each["topic"]: each["message"] for each in map(json.loads, VECTORS.read_text().splitlines())}
    assert examples.keys() == {row.documented for row in DOCUMENTED}
    table = [HEAD]
    for row in DOCUMENTED:
        example = dict(examples[row.documented])
        if row.documented in SLIPS:
            example["topic"] = row.subscribed
        example.setdefault("type", "message")
        received = passed(row.subscribed, json.dumps(example), row.ask)
        assert [type(each) for each in received] == [row.kind], row.documented
        missing = lost(frames.decode(json.dumps(example)), received[0])
        table.append(f"{row.documented:44} {row.method:26} {row.kind.__name__:24} {len(received):4} {len(missing):5}")
        assert not missing, (row.documented, missing)
    print("\n" + "\n".join(table))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.documented)
def test_a_private_channel_is_refused_without_a_key_before_anything_is_sent(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KUCOIN_API_KEY", "KUCOIN_API_SECRET", "KUCOIN_API_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    with KuCoin(rest_url="http://127.0.0.1:9", futures_rest_url="http://127.0.0.1:9") as kucoin:
        if CHANNELS[Topic.parse(row.subscribed).prefix].private:
            with pytest.raises(ValueError, match=r"is private.*KUCOIN_API_KEY"):
                row.ask(kucoin)
        else:
            assert isinstance(row.ask(kucoin), Observable)


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_every_channel_is_streamed_by_its_name(channel: Channel) -> None:
    topic = f"{channel.prefix}:{symbol}" if (symbol := "".join(arguments_of(channel))) else channel.prefix
    if channel.takes == "candles":
        topic += "_1min"
    frame = next(each for each in [*ours(), *pushes()] if Topic.parse(each.topic).prefix == channel.prefix)
    text = json.dumps({**json.loads(msgspec.json.encode(frame)), "topic": topic})
    received = passed(topic, text, lambda kucoin: of(kucoin, channel).channel(channel.name, *arguments_of(channel)))
    assert [type(each) in channel.messages for each in received] == [True]


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_a_channel_is_streamed_by_its_type_if_that_tells_it(channel: Channel) -> None:
    by_type = [row for row in CHANNELS.values() if row.market == channel.market and channel.messages[0] in row.messages]
    with KuCoin(credentials=Credentials("key", "secret", "phrase")) as kucoin:
        if len(by_type) == len(channel.messages) == 1:
            of(kucoin, channel).channel(channel.messages[0], *arguments_of(channel))
        else:
            with pytest.raises(ValueError, match=repr(channel.name)):
                of(kucoin, channel).channel(channel.messages[0], *arguments_of(channel))


def of(kucoin: KuCoin, channel: Channel) -> MarketStreams:
    return kucoin if channel.market == "spot" else kucoin.futures


FOLLOWED: dict[Market, str] = {
    "spot": "ticker match candles closed_candles level1 depth level2 book snapshot call_auction call_auction_depth "
    "mark_price index_price margin_isolated_position",
    "futures": "ticker ticker_v1 match candles closed_candles depth level2 book instrument snapshot orders positions",
}
"""What version 0.1.0 could follow."""


@pytest.mark.parametrize("market", FOLLOWED)
def test_every_channel_that_takes_a_symbol_can_be_followed(market: Market) -> None:
    rows = {row.name for row in CHANNELS.values() if row.market == market and row.takes != "nothing"}
    for name in rows | set(FOLLOWED[market].split()):
        clock = VirtualTimeScheduler(0.0)
        exchange = VirtualTransport(clock)
        kucoin = KuCoin(
            scheduler=clock,
            transport=lambda market, private, exchange=exchange: exchange,
            credentials=Credentials("key", "secret", "phrase"),
        )
        symbol = "BTC-USDT" if market == "spot" else "XBTUSDTM"
        streams = kucoin if market == "spot" else kucoin.futures
        reactivex.concat(reactivex.just({symbol}), reactivex.never()).pipe(streams.follow(name)).subscribe(
            on_error=pytest.fail
        )
        clock.advance_to(1.0)
        [topic] = exchange.open_wires[0].topics.keys()
        assert symbol in topic or name == "announcements"
        kucoin.close()


def test_what_takes_no_symbol_cannot_be_followed() -> None:
    with KuCoin() as kucoin, pytest.raises(ValueError, match="no 'balances' to follow; choose from book, call_auction"):
        kucoin.follow("balances")


def test_announcements_are_those_of_the_contracts_that_are_named() -> None:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    kucoin = KuCoin(scheduler=clock, transport=lambda market, private: exchange)
    received = list[str]()
    kucoin.futures.announcements("XBTUSDTM,ETHUSDTM").subscribe(lambda it: received.append(it.symbol), pytest.fail)
    clock.advance_to(1.0)
    for symbol in ("XBTUSDTM", "SOLUSDTM", "ETHUSDTM"):
        push = {"type": "message", "topic": "/contract/announcement", "subject": "funding.begin"}
        exchange.push("/contract/announcement", json.dumps({**push, "data": {"symbol": symbol}}))
    assert received == ["XBTUSDTM", "ETHUSDTM"]
    kucoin.close()


def passed(topic: str, text: str, ask: Callable[[KuCoin], Observable[Any]]) -> list[Any]:
    """What a subscriber of a stream receives when the exchange pushes this on its topic."""
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    kucoin = KuCoin(
        scheduler=clock, transport=lambda market, private: exchange, credentials=Credentials("key", "secret", "phrase")
    )
    received = list[Any]()
    ask(kucoin).subscribe(received.append, pytest.fail)
    clock.advance_to(1.0)
    assert exchange.open_wires[0].topics.keys() == {topic}
    exchange.push(topic, text)
    kucoin.close()
    return received
