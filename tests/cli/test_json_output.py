import json
import signal

import pytest
from cli_process import PATIENCE, piped, run

from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket


@pytest.mark.parametrize(
    ("channel", "field"),
    [
        ("ticker", "best_bid"),
        ("match", "taker_order_id"),
        ("candles", "turnover"),
        ("level1", "ask"),
        ("depth5", "asks"),
        ("depth50", "bids"),
        ("level2", "sequence_end"),
        ("snapshot", "change_rate"),
    ],
)
def test_every_channel_comes_as_json_lines_when_piped(channel: str, field: str) -> None:
    with piped("watch", "BTC-USDT", "--channel", channel, "--simulate") as watching:
        message = json.loads(watching.stdout.readline())
        assert message["symbol"] == "BTC-USDT"
        assert field in message
        assert isinstance(message["time_ns"], int)


@pytest.mark.parametrize(
    ("channel", "field"),
    [("ticker", "best_bid_price"), ("match", "taker_order_id"), ("candles", "turnover"), ("depth5", "asks")],
)
def test_channels_of_futures_come_so_too(channel: str, field: str) -> None:
    with piped("watch", "XBTUSDTM", "--futures", "--channel", channel, "--simulate") as watching:
        message = json.loads(watching.stdout.readline())
        assert (message["symbol"], field in message) == ("XBTUSDTM", True)
        assert isinstance(message["time_ns"], int)


@pytest.mark.parametrize("words", [("BTC-USDT",), ("XBTUSDTM", "--futures")])
def test_a_book_comes_as_its_best_levels_and_says_whether_it_is_stale(words: tuple[str, ...]) -> None:
    with piped("watch", *words, "--channel", "book", "--simulate") as watching:
        book = next(each for each in map(json.loads, watching.stdout) if not each["stale"])
    assert list(book) == ["symbol", "sequence", "bids", "asks", "time_ns", "stale"]
    assert book["symbol"] == words[0]
    assert (len(book["bids"]), len(book["asks"])) == (10, 10)
    bids, asks = ([float(price) for price, _ in book[side]] for side in ("bids", "asks"))
    assert sorted(bids, reverse=True) + sorted(asks) == bids + asks
    assert bids[0] < asks[0]
    assert isinstance(book["bids"][0][0], str)  # exact


def test_prices_are_strings_because_they_are_exact() -> None:
    with Simulator(rate_per_topic=50) as exchange, piped("watch", "BTC-USDT", "--rest-url", exchange.rest_url) as it:
        price = json.loads(it.stdout.readline())["price"]
    assert price == f"{float(price):.1f}"


def test_several_symbols_share_the_output() -> None:
    with Simulator(rate_per_topic=50) as exchange:
        with piped("watch", "ETH-USDT", "BTC-USDT", "BTC-USDT", "--rest-url", exchange.rest_url) as watching:
            seen = {json.loads(watching.stdout.readline())["symbol"] for _ in range(40)}
        assert seen == {"BTC-USDT", "ETH-USDT"}


def test_all_means_every_symbol_of_the_exchange() -> None:
    with Simulator(symbols=6, rate_per_topic=50) as exchange:
        with piped("watch", "--all", "--rest-url", exchange.rest_url) as watching:
            seen: set[str] = set()
            for line in watching.stdout:
                seen.add(json.loads(line)["symbol"])
                if len(seen) == 6:
                    break
        assert seen == set(exchange.listed["spot"])


def test_it_ends_well_after_its_seconds() -> None:
    watched = run("watch", "BTC-USDT", "--simulate", "--seconds", "1.5")
    assert watched.returncode == 0
    assert watched.stderr == ""
    assert all(json.loads(line) for line in watched.stdout.splitlines())


def test_it_ends_quietly_when_nobody_reads_any_more() -> None:
    with Simulator(rate_per_topic=50) as exchange, piped("watch", "BTC-USDT", "--rest-url", exchange.rest_url) as it:
        it.stdout.readline()
        it.stdout.close()
        assert it.wait(PATIENCE) == 0
        assert it.stderr.read() == ""


def test_a_reader_that_stopped_reading_does_not_keep_it_from_ending() -> None:
    with Simulator(rate_per_topic=2000) as exchange, piped("watch", "BTC-USDT", "--rest-url", exchange.rest_url) as it:
        it.stdout.readline()
        topic = "/market/ticker:BTC-USDT"
        exchange.tick(topic, 2000)  # more than a pipe holds
        it.send_signal(signal.SIGINT)
        assert it.wait(PATIENCE) == 0
        assert "Traceback" not in it.stderr.read()


def test_trouble_and_its_end_are_told_on_stderr_a_line_each() -> None:
    with Simulator(rate_per_topic=50) as exchange, piped("watch", "BTC-USDT", "--rest-url", exchange.rest_url) as it:
        it.stdout.readline()
        exchange.faults.drop()
        told = [it.stderr.readline() for _ in range(3)]
        assert told[0].startswith("rx-kucoin: line 1 is down, 1 topic waiting: ")
        assert told[1].startswith("rx-kucoin: line 1 is dialled again in ")
        assert told[2].startswith("rx-kucoin: line 1 is up, to 127.0.0.1:")
        assert json.loads(it.stdout.readline())["symbol"] == "BTC-USDT"
