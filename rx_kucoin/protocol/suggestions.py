"""Suggestions for unknown symbols."""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["did_you_mean"]


def did_you_mean(symbol: str, known: Collection[str]) -> str | None:
    """Return the most similar known symbol, or None if no symbol is similar.

    Other notations (BTC/USDT, btcusdt, BTC-PERP, BTC-USDT among contracts), other names of bitcoin and a missing quote
    come before typing errors, of which few are tolerated: a wrong coin is worse than no suggestion.
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
    """The known symbols, prepared for look-ups."""

    plain: dict[str, str]
    """Symbols by their normalized notation."""
    quotes: tuple[str, ...]
    """Quote currencies, dollars first."""


@lru_cache(maxsize=2)  # one listing for each market; 3 ms for a thousand symbols
def _index(known: frozenset[str]) -> _Index:
    found = {each.partition("-")[2] for each in known if "-" in each}
    others = sorted(found - {*_QUOTES, ""}, key=lambda quote: (-len(quote), quote))
    return _Index({_plain(each): each for each in sorted(known, reverse=True)}, (*_QUOTES, *others))


_SEPARATORS: Final = re.compile(r"[^A-Z0-9]+")
_ENDLESS: Final = re.compile(r"(PERPETUAL|PERP|SWAP|(?<=[^A-Z0-9])P)$")
_CONTRACT: Final = re.compile(r"(?<=.)(USD[TC]?)M$")
_QUOTES: Final = ("USDT", "USDC", "USD")
_NEAR: Final = 0.75
"""Least similarity of two coins, by difflib: one letter too many among three, or a wrong one among four."""
_NEAR_WHOLE: Final = 0.85
"""The same if the coin cannot be separated from its quote."""
_LEAST: Final = 3
"""Fewest letters of a coin for an error to be recognised."""


def _plain(symbol: str) -> str:
    """Normalize a symbol: without separators and suffixes, which differ between exchanges."""
    letters = _SEPARATORS.sub("", symbol.upper())
    bare = _CONTRACT.sub(r"\1", letters)
    return "BTC" + bare[3:] if bare.startswith("XBT") else bare


def _other_ways(symbol: str, quotes: tuple[str, ...]) -> Iterator[str]:
    """Yield the notations that may have been meant, likeliest first."""
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
    for many in ("1000", "10000"):  # contracts on multiples of a coin
        yield many + _plain(bare)
    parts = [part for part in _SEPARATORS.split(bare) if part]
    yield _plain("".join(reversed(parts)))


def _nearest(plain: str, index: _Index) -> str | None:
    """Return the symbol that differs by a typing error in the coin, or anywhere if there is no known quote."""
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
    """Return the symbol that differs by two swapped neighbouring letters."""
    ways = (plain[:at] + plain[at + 1] + plain[at] + plain[at + 2 :] for at in range(len(plain) - 1))
    return next((way for way in ways if way in known), None)
