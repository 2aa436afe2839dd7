"""Whole markets, played: at every sequence the book is what the documentation makes of it, by a dict a side.

The exchange's own half minute is played where it lies beside the repository; made ones always. With `-s` the figures
are printed.
"""

import json
from collections import Counter, defaultdict

import pytest

from rx_kucoin.orderbook import snapshots
from rx_kucoin.protocol import frames
from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.messages.spot import Level2Change
from rx_kucoin.protocol.topics import Topic
from tests.protocol.book_by_hand import BookByHand, Market, made_market
from tests.protocol.material import CAPTURE, needs

SNAPSHOTS = CAPTURE.with_name("level2_snapshots.jsonl")
PREFIX = "/market/level2"
COLUMNS = ("changes", "older", "applied", "price 0", "skipped", "crossed")


def captured() -> list[Market]:
    """What was really sent, each market's books and pushes."""
    pushes = defaultdict[str, list[dict[str, object]]](list)
    for line in CAPTURE.read_text().splitlines():
        message = json.loads(line)["message"]
        prefix, _, symbol = message.get("topic", "").partition(":")
        if prefix == PREFIX:
            pushes[symbol].append(message["data"])
    answers = map(json.loads, SNAPSHOTS.read_text().splitlines())
    return [Market(each["symbol"], each["data"], pushes[each["symbol"]]) for each in answers]


def change_of(symbol: str, data: dict[str, object]) -> Level2Change:
    """Go the way of a push through the real reader."""
    push = {"type": "message", "topic": f"{PREFIX}:{symbol}", "subject": "trade.l2update", "data": data}
    frame = frames.decode(json.dumps(push))
    change: Level2Change = CHANNELS[PREFIX].reader.read(frame, Topic.parse(frame.topic).argument)
    return change


def play(market: Market) -> tuple[str, Counter[str]]:
    """Play a market in both books, and compare them at every sequence; return a line of figures, and them."""
    by_hand = BookByHand(market.answer)
    book = snapshots.read(snapshots.WHOLE["spot"], market.symbol, json.dumps(market.answer).encode())
    for data in [None, *market.pushes]:
        if data is not None:
            by_hand.take(data)
            book = book.after(change_of(market.symbol, data))
        bids, asks = by_hand.levels("bids"), by_hand.levels("asks")
        assert book.sequence == by_hand.sequence
        assert list(book.bids) == bids
        assert list(book.asks) == asks
        assert (book.best_bid, book.best_ask) == (bids[0] if bids else None, asks[0] if asks else None)
        if bids and asks:
            assert book.mid == (bids[0][0] + asks[0][0]) / 2
            assert book.is_crossed == (bids[0][0] >= asks[0][0])
        by_hand.counts["crossed"] += book.is_crossed
    counts = by_hand.counts
    cells = "".join(f"{counts[name]:>9,}" for name in COLUMNS)
    return f"{market.symbol:<12}{cells}{len(book.bids):>7,}{len(book.asks):>7,}  {book.sequence}", counts


def played(markets: list[Market]) -> Counter[str]:
    print(f"\n{'':<12}{''.join(f'{name:>9}' for name in COLUMNS)}{'bids':>7}{'asks':>7}  last sequence")
    total = Counter[str]()
    for market in markets:
        line, counts = play(market)
        print(line)
        total += counts
    print(f"{len(markets):<12}{''.join(f'{total[name]:>9,}' for name in COLUMNS)}")
    return total


@needs(CAPTURE)
@needs(SNAPSHOTS)
def test_nine_real_books_are_at_every_sequence_what_the_documentation_makes_of_them() -> None:
    markets = captured()
    total = played(markets)
    assert len(markets) == 9
    assert (total["changes"], total["older"], total["crossed"]) == (3_853, 48, 0)
    assert total["applied"] + total["price 0"] + total["skipped"] == 3_853  # each of these changes is of one row


def test_made_books_are_at_every_sequence_what_the_documentation_makes_of_them() -> None:
    total = played([made_market(seed, levels=levels, changes=400) for seed, levels in enumerate((1, 2, 20, 100, 300))])
    assert min(total[name] for name in COLUMNS) > 20


@pytest.mark.parametrize("wrong", ["lost", "swapped"])
def test_a_wrong_book_would_show(wrong: str) -> None:
    market = made_market(7, levels=50, changes=100)
    row = ["1000.00", "77", str(market.pushes[-1]["sequenceEnd"] + 1)]
    data = {"changes": {"bids": [row], "asks": []}, "sequenceStart": int(row[2]), "sequenceEnd": int(row[2])}
    by_hand = BookByHand(market.answer)
    book = snapshots.read(snapshots.WHOLE["spot"], market.symbol, json.dumps(market.answer).encode())
    for each in [*market.pushes, data]:
        by_hand.take(each)
    for each in market.pushes if wrong == "lost" else [data, *market.pushes]:
        book = book.after(change_of(market.symbol, each))
    assert (list(book.bids), list(book.asks)) != (by_hand.levels("bids"), by_hand.levels("asks"))
