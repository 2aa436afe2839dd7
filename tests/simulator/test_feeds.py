import itertools
from typing import Any

import pytest
import requests

from rx_kucoin.simulator import Simulator
from tests.simulator.raw import PATIENCE, Caller, dialled

pytestmark = pytest.mark.socket

LEVEL2 = "/market/level2:BTC-USDT"
Levels = dict[str, dict[str, str]]

SPOT = {
    "/market/ticker:BTC-USDT": ("trade.ticker", {"bestAsk": str, "bestBidSize": str, "sequence": str, "time": int}),
    "/market/snapshot:BTC-USDT": ("trade.snapshot", {"sequence": str, "data": dict}),
    "/market/snapshot:USDS": ("trade.snapshot", {"sequence": int, "data": dict}),
    "/spotMarket/level1:BTC-USDT": ("level1", {"asks": list, "bids": list, "timestamp": int}),
    "/spotMarket/level2Depth5:BTC-USDT": ("level2", {"asks": list, "bids": list, "timestamp": int}),
    "/spotMarket/level2Depth50:BTC-USDT": ("level2", {"asks": list, "bids": list, "timestamp": int}),
    "/market/level2:BTC-USDT": ("trade.l2update", {"changes": dict, "sequenceStart": int, "symbol": str, "time": int}),
    "/market/match:BTC-USDT": ("trade.l3match", {"price": str, "sequence": str, "time": str, "tradeId": str}),
    "/market/candles:BTC-USDT_1hour": ("trade.candles.update", {"candles": list, "symbol": str, "time": int}),
    "/indicator/markPrice:BTC-USDT": ("tick", {"granularity": int, "timestamp": int, "value": float}),
    "/indicator/index:BTC-USDT": ("tick", {"granularity": int, "timestamp": int, "value": float}),
}
FUTURES = {
    "/contractMarket/tickerV2:XBTUSDTM": ("tickerV2", {"bestBidPrice": str, "bestBidSize": int, "ts": int}),
    "/contractMarket/ticker:XBTUSDTM": ("ticker", {"price": str, "size": int, "tradeId": str, "side": str}),
    "/contractMarket/level2:XBTUSDTM": ("level2", {"sequence": int, "change": str, "timestamp": int}),
    "/contractMarket/level2Depth5:XBTUSDTM": ("level2", {"sequence": int, "asks": list, "ts": int}),
    "/contractMarket/level2Depth50:XBTUSDTM": ("level2", {"sequence": int, "asks": list, "ts": int}),
    "/contractMarket/execution:XBTUSDTM": ("match", {"price": str, "size": int, "tradeId": str, "ts": int}),
    "/contractMarket/limitCandle:XBTUSDTM_1min": ("candle.stick", {"candles": list, "symbol": str, "time": int}),
    "/contractMarket/snapshot:XBTUSDTM": ("snapshot.24h", {"lastPrice": float, "ts": int, "volume": float}),
}
ROWS = [
    *(("spot", topic, *row) for topic, row in SPOT.items()),
    *(("futures", topic, *row) for topic, row in FUTURES.items()),
]


def collect(exchange: Simulator, caller: Caller, topic: str, count: int) -> list[dict[str, Any]]:
    assert caller.subscribe(topic)["type"] == "ack"
    exchange.tick(topic, count)
    return [frame["data"] for frame in caller.meanwhile() if frame.get("topic") == topic]


def apply(book: Levels, side: str, price: str, size: str) -> None:
    if float(price) == 0:
        return
    if float(size) == 0:
        book[side].pop(price, None)
    else:
        book[side][price] = size


@pytest.mark.parametrize(("market", "topic", "subject", "shape"), ROWS)
def test_each_channel_speaks_in_its_own_shape(market: str, topic: str, subject: str, shape: dict[str, type]) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, market) as caller:
        assert caller.subscribe(topic)["type"] == "ack"
        exchange.tick(topic)
        frame = caller.until(type="message")
        assert (frame["topic"], frame["subject"]) == (topic, subject)
        assert {name: type(frame["data"][name]) for name in shape} == shape


def test_a_ticker_has_its_best_prices_apart_and_its_sequence_grows() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        tickers = collect(exchange, caller, "/market/ticker:BTC-USDT", 50)
        assert len(tickers) == 50
        assert all(float(ticker["bestBid"]) < float(ticker["bestAsk"]) for ticker in tickers)
        sequences = [int(ticker["sequence"]) for ticker in tickers]
        assert all(earlier < later for earlier, later in itertools.pairwise(sequences))
        assert sequences == exchange.sent("/market/ticker:BTC-USDT").sequences


def test_trades_go_on_where_a_ticker_alone_is_heard_and_are_told_to_whoever_hears_each() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        tickers = collect(exchange, caller, "/market/ticker:BTC-USDT", 200)
        assert 50 < len({(ticker["price"], ticker["size"]) for ticker in tickers}) < 150
        assert all(abs(float(it["price"]) - float(it["bestBid"])) < 2 for it in tickers)
        caller.subscribe("/market/match:BTC-USDT")
        before = exchange.sent("/market/match:BTC-USDT").total
        exchange.tick("/market/ticker:BTC-USDT", 200)
        assert 50 < exchange.sent("/market/match:BTC-USDT").total - before < 150


def test_every_ticker_starts_with_a_burst_of_one_a_symbol_named_in_the_subject() -> None:
    with Simulator(rate=0, symbols=300) as exchange, dialled(exchange) as caller:
        caller.say(id="1", type="subscribe", topic="/market/ticker:all")
        burst = caller.meanwhile()
        caller.say(id="2", type="subscribe", topic="/market/ticker:all")
        assert caller.meanwhile() == [], "it is live already"
        exchange.tick("/market/ticker:all", 3)
        later = caller.meanwhile()
    assert {frame["topic"] for frame in burst + later} == {"/market/ticker:all"}
    assert [frame["subject"] for frame in burst] == exchange.listed["spot"]
    assert len(later) == 3


def test_a_market_snapshot_goes_through_the_symbols_of_its_market() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        records = [data["data"] for data in collect(exchange, caller, "/market/snapshot:BTC", 40)]
        assert {record["symbol"] for record in records} == {"ETH-BTC", "KCS-BTC", "XRP-BTC"}
        assert {record["market"] for record in records} == {"BTC"}


def test_matches_grow_but_do_not_count_up() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        matches = collect(exchange, caller, "/market/match:BTC-USDT", 30)
        steps = {int(later["sequence"]) - int(earlier["sequence"]) for earlier, later in itertools.pairwise(matches)}
        assert min(steps) > 0
        assert len(steps) > 1
        assert all(match["tradeId"] == match["sequence"] for match in matches)


def test_a_book_kept_from_the_changes_is_the_book_that_rest_tells() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(LEVEL2)
        exchange.tick(LEVEL2, 10)
        url = f"{exchange.rest_url}/api/v1/market/orderbook/level2_100?symbol=BTC-USDT"
        first = requests.get(url, timeout=PATIENCE).json()["data"]
        exchange.tick(LEVEL2, 300)
        changes = [frame["data"] for frame in caller.meanwhile() if frame.get("topic") == LEVEL2]
        last = requests.get(url, timeout=PATIENCE).json()["data"]

    assert len(changes) == 310
    for earlier, later in itertools.pairwise(changes):
        assert later["sequenceStart"] == earlier["sequenceEnd"] + 1
    book: Levels = {side: dict(first[side]) for side in ("asks", "bids")}
    for change in changes:
        for side in ("asks", "bids"):
            for price, size, sequence in change["changes"][side]:
                assert change["sequenceStart"] <= int(sequence) <= change["sequenceEnd"]
                if int(sequence) > int(first["sequence"]):
                    apply(book, side, price, size)
    assert changes[-1]["sequenceEnd"] == int(last["sequence"])
    assert sorted(book["bids"].items(), key=lambda row: -float(row[0]))[:20] == [
        tuple(row) for row in last["bids"][:20]
    ]
    assert sorted(book["asks"].items(), key=lambda row: float(row[0]))[:20] == [tuple(row) for row in last["asks"][:20]]

    rows = [row for change in changes for side in ("asks", "bids") for row in change["changes"][side]]
    numbers = sum(change["sequenceEnd"] - change["sequenceStart"] + 1 for change in changes)
    assert len(rows) < numbers, "some ranges hold fewer rows than numbers"
    assert any(float(price) == 0 for price, _, _ in rows)
    assert any(float(price) > 0 and size == "0" for price, size, _ in rows)


def test_a_futures_book_changes_one_level_and_one_number_at_a_time() -> None:
    topic = "/contractMarket/level2:XBTUSDTM"
    with Simulator(rate=0) as exchange, dialled(exchange, "futures") as caller:
        url = f"{exchange.futures_rest_url}/api/v1/level2/snapshot?symbol=XBTUSDTM"
        first = requests.get(url, timeout=PATIENCE).json()["data"]
        changes = collect(exchange, caller, topic, 200)
        last = requests.get(url, timeout=PATIENCE).json()["data"]
    start = first["sequence"] + 1
    assert [change["sequence"] for change in changes] == list(range(start, start + 200))
    book: dict[str, dict[float, int]] = {side: dict(first[side]) for side in ("asks", "bids")}
    for change in changes:
        price, side, size = change["change"].split(",")
        levels = book["bids" if side == "buy" else "asks"]
        levels[float(price)] = int(size)
    kept = {side: {price: size for price, size in levels.items() if size} for side, levels in book.items()}
    assert kept == {side: dict(last[side]) for side in ("asks", "bids")}


def test_whoever_moves_a_book_is_heard_on_its_level2() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(LEVEL2)
        caller.subscribe("/market/ticker:BTC-USDT")
        exchange.tick("/market/ticker:BTC-USDT", 5)
        exchange.tick(LEVEL2, 5)
        changes = [frame["data"] for frame in caller.meanwhile() if frame["topic"] == LEVEL2]
        assert len(changes) == 10
        for earlier, later in itertools.pairwise(changes):
            assert later["sequenceStart"] == earlier["sequenceEnd"] + 1


def test_a_sequence_goes_on_while_nobody_listens_so_that_a_loss_shows() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        before = collect(exchange, caller, LEVEL2, 2)
        caller.ask("unsubscribe", LEVEL2)
        assert exchange.tick(LEVEL2, 3) == 0
        after = collect(exchange, caller, LEVEL2, 1)
        assert after[0]["sequenceStart"] > before[-1]["sequenceEnd"] + 1
        assert exchange.sent(LEVEL2).total == 6


def test_a_candle_counts_its_own_trade_in() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        start, opened, closed, high, low, volume, turnover = collect(
            exchange, caller, "/market/candles:BTC-USDT_1week", 5
        )[-1]["candles"]
        assert int(start) % 604800 == 0
        assert float(low) <= min(float(opened), float(closed)) <= float(high)
        assert float(turnover) == pytest.approx(float(volume) * float(closed), rel=0.01)


def test_futures_depth_numbers_its_frames_by_the_clock_and_its_books_by_the_book() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, "futures") as caller:
        topic = "/contractMarket/level2Depth5:XBTUSDTM"
        caller.subscribe(topic)
        exchange.tick(topic)
        frame = caller.until(topic=topic)
        assert frame["sn"] == frame["data"]["ts"] == frame["data"]["timestamp"]
        assert [frame["data"]["sequence"]] == exchange.sent(topic).sequences
        assert len(frame["data"]["asks"]) == 5


def test_the_instrument_channel_tells_mark_prices_and_now_and_then_the_funding_rate() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, "futures") as caller:
        topic = "/contract/instrument:XBTUSDTM"
        caller.subscribe(topic)
        exchange.tick(topic, 300)
        frames = caller.meanwhile()
        subjects = [frame["subject"] for frame in frames]
        assert set(subjects) == {"mark.index.price", "funding.rate"}
        assert subjects.count("mark.index.price") > 200
        assert type(frames[0]["data"].get("markPrice", 0.1)) is float


def test_the_same_seed_makes_the_same_market_and_another_seed_another() -> None:
    def prices(seed: int) -> list[Any]:
        with Simulator(rate=0, seed=seed) as exchange, dialled(exchange) as caller:
            return [change["changes"] for change in collect(exchange, caller, LEVEL2, 20)]

    assert prices(1) == prices(1)
    assert prices(1) != prices(2)


def test_a_scripted_push_reaches_only_its_listeners_in_the_usual_envelope() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as one, dialled(exchange) as other:
        one.subscribe("/market/match:ETH-USDT")
        assert exchange.push("/market/match:ETH-USDT", "trade.l3match", {"sequence": "7"}, sn=7) == 1
        assert one.hear() == {
            "topic": "/market/match:ETH-USDT",
            "type": "message",
            "subject": "trade.l3match",
            "sn": 7,
            "data": {"sequence": "7"},
        }
        assert other.meanwhile() == []


def test_a_script_on_no_channel_is_a_mistake_of_its_writer() -> None:
    with Simulator(rate=0) as exchange, pytest.raises(ValueError, match="on no channel of this exchange"):
        exchange.tick("/no/such:BTC-USDT")
