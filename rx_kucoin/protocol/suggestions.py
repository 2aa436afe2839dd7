"""From a symbol that does not exist to the one that was meant."""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["did_you_mean"]


def did_you_mean(symbol: str, known: Collection[str]) -> str | None:
    """Find the known symbol that comes closest; None when nothing is near.

    Other ways of writing (BTC/USDT, btcusdt, BTC-PERP, BTC-USDT among contracts), other names of bitcoin and a missing
    quote come before typing errors, of which few are forgiven: another coin is worse than no answer.
    """
    if symbol in known:
        return None
    index = _index(frozenset(known))
    for written in _other_ways(symbol, index.quotes):
        if (found := index.plain.get(written)) is not None:
            return found
    near = _nearest(_plain(symbol), index)
    return None if near is None else index.plain[near]


class _Index(NamedTuple):
    """What is known, ready to be looked up."""

    plain: dict[str, str]
    """By how they are written without what differs from exchange to exchange."""
    quotes: tuple[str, ...]
    """What they are priced in, the dollars first."""


@lru_cache(maxsize=2)  # one listing for each market; of a thousand symbols it takes 3 ms
def _index(known: frozenset[str]) -> _Index:
    found = {each.partition("-")[2] for each in known if "-" in each}
    others = sorted(found - {*_QUOTES, ""}, key=lambda quote: (-len(quote), quote))
    return _Index({_plain(each): each for each in sorted(known, reverse=True)}, (*_QUOTES, *others))


_SEPARATORS: Final = re.compile(r"[^A-Z0-9]+")
_ENDLESS: Final = re.compile(r"(PERPETUAL|PERP|SWAP|(?<=[^A-Z0-9])P)$")
_CONTRACT: Final = re.compile(r"(?<=.)(USD[TC]?)M$")
_QUOTES: Final = ("USDT", "USDC", "USD")
_NEAR: Final = 0.75
"""How alike two coins are, by difflib: one letter too many among three, or a wrong one among four."""
_NEAR_WHOLE: Final = 0.85
"""The same where the coin cannot be told from its quote."""
_LEAST: Final = 3
"""Letters of a coin in which an error may be told."""


def _plain(symbol: str) -> str:
    """Write a symbol without what differs from exchange to exchange."""
    letters = _SEPARATORS.sub("", symbol.upper())
    bare = _CONTRACT.sub(r"\1", letters)
    return "BTC" + bare[3:] if bare.startswith("XBT") else bare


def _other_ways(symbol: str, quotes: tuple[str, ...]) -> Iterator[str]:
    """Write a symbol as it may have been meant, the likeliest first."""
    loud = symbol.upper().strip()
    yield _plain(loud)
    pair, settled, _ = loud.partition(":")  # BTC/USDT:USDT
    if settled:
        yield _plain(pair)
    bare = _ENDLESS.sub("", loud)
    yield _plain(bare)
    for quote in quotes:  # BTC-PERP, BTC
        yield _plain(bare) + quote
    if _plain(bare).endswith("USD"):
        yield _plain(bare) + "T"
        yield _plain(bare) + "C"
    for many in ("1000", "10000"):  # coins of which a contract counts so many as one
        yield many + _plain(bare)
    parts = [part for part in _SEPARATORS.split(bare) if part]
    yield _plain("".join(reversed(parts)))


def _nearest(plain: str, index: _Index) -> str | None:
    """Forgive an error of typing in the coin; in the quote too, where that is none."""
    known, quotes = index
    if (swapped := _swapped(plain, known)) is not None:
        return swapped
    quote = next((quote for quote in quotes if plain.endswith(quote) and plain != quote), None)
    if quote is None:
        return next(iter(get_close_matches(plain, known, 1, _NEAR_WHOLE)), None)
    coin = plain.removesuffix(quote)
    if len(coin) < _LEAST:
        return None
    coins = sorted(each.removesuffix(quote) for each in known if each.endswith(quote))
    near = get_close_matches(coin, coins, 1, _NEAR)
    return near[0] + quote if near else None


def _swapped(plain: str, known: Collection[str]) -> str | None:
    """Two letters beside each other may have changed places."""
    ways = (plain[:at] + plain[at + 1] + plain[at] + plain[at + 2 :] for at in range(len(plain) - 1))
    return next((way for way in ways if way in known), None)
