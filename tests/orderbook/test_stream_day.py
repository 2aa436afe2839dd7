"""Hours of many books in virtual time, with everything that happens to a line: right, or stale, and never wrong."""

import random

import pytest
from book_market import Books, Seen

from rx_kucoin import events
from rx_kucoin.errors import RateLimited, RestUnavailable

SPOT = tuple(f"A{number}-USDT" for number in range(12))
FUTURES = tuple(f"A{number}USDTM" for number in range(8))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.ci) for seed in (1, 2))])
def test_every_book_is_right_or_stale_through_losses_drops_outages_and_renewals(seed: int) -> None:
    dice = random.Random(seed)
    books = Books(*SPOT, *FUTURES, seed=seed, renew_every=150.0, max_reconnects=None, max_calibrations=None)
    books.age = lambda: dice.choice((0, 0, 0, 1, 2, 5, 30))
    refusals = [
        RestUnavailable("HTTP 503", 503),
        RateLimited("wait", 2.0),
        b"null",
    ]
    books.refusal = lambda: dice.choice(refusals) if dice.random() < 0.1 else None
    seen: dict[str, Seen] = {symbol: books.book(symbol) for symbol in (*SPOT, *FUTURES)}
    changes = drops = losses = 0
    for second in range(3_600):
        books.pass_time(1)
        for symbol in dice.sample(list(seen), 4):
            lost = dice.random() < 0.01
            losses += lost
            changes += 1
            books.move(symbol, lost=lost)
        if second % 400 == 399:
            drops += 1
            books.exchange.down = dice.random() < 0.5
            books.exchange.drop()
        elif second % 400 == 40:
            books.exchange.down = False
    books.age, books.refusal = lambda: 0, lambda: None
    books.exchange.down = False
    for _ in range(10):
        for symbol in seen:
            books.move(symbol)
        books.pass_time(30)
    shown = sum(len(each.books) for each in seen.values())
    stale = sum(book.stale for each in seen.values() for book in each.books)
    print(
        f"\n{len(seen)} books, {changes} ranges, {losses} lost, {drops} drops, {len(books.told_of(events.Renewed))} "
        f"renewals: {books.snapshots} snapshots, {shown} books shown, {stale} of them stale, wrong "
        f"{sum(len(each.wrong) for each in seen.values())}"
    )
    for symbol, each in seen.items():
        assert not each.errors, symbol
        assert each.is_right(), (symbol, each.wrong[:1], each.last)
        assert each.states.count("l") > 300
