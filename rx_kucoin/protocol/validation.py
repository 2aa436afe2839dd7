"""Validation of topics and symbols before anything is sent."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Final, cast

from rx_kucoin.protocol.channels import INTERVALS, Channel, channel_of
from rx_kucoin.protocol.limits import TOPICS_PER_REQUEST, Market
from rx_kucoin.protocol.topics import Topic, expand

__all__ = ["MalformedSymbol", "check", "check_arguments", "check_one", "check_shape", "check_text", "each_symbol"]

_SYMBOLS: Final[dict[Market, re.Pattern[str]]] = {
    "spot": re.compile(r"[^\s,:/]+-[^\s,:/]+|[^\W_]{5,}"),
    "futures": re.compile(r"\.?[^\s,:/_-]+"),
}
"""Of any letters, as listings have names such as "龙-USDT"; but all in lower case is how other exchanges write them."""
_INTERVALS: Final[dict[Market, tuple[str, ...]]] = {
    "spot": INTERVALS,
    "futures": tuple(interval for interval in INTERVALS if interval != "6hour"),
}
_EXAMPLE: Final[dict[Market, str]] = {"spot": "BTC-USDT", "futures": "XBTUSDTM"}
_BY_NAME: Final = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
_SHAPE: Final = re.compile(r"(/[\w-]+)+(:[^\s,:]+(,[^\s,:]+)*)?")
_MARKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .&+]*")


class MalformedSymbol(ValueError):
    """What is named cannot be a symbol."""


def check(text: str) -> list[str]:
    """Validate a topic, or a comma-separated list of topics of one channel, and return the single topics.

    Raises:
        ValueError: The channel is unknown, a symbol is empty or malformed, or there are more than fit one request.
    """
    channel = channel_of(text)
    topics = list(dict.fromkeys(expand(text)))
    for topic in _few(topics, channel.prefix):
        _check_argument(channel, Topic.parse(topic).argument, topic)
    return topics


def each_symbol(symbols: Iterable[object]) -> Iterator[str]:
    """Give each symbol as text; lists and other collections of symbols may stand among them.

    Raises:
        TypeError: something is neither text nor a collection of texts.
    """
    for symbol in symbols:
        if isinstance(symbol, str):
            yield symbol
        elif isinstance(symbol, Iterable) and not isinstance(symbol, bytes):
            yield from each_symbol(cast("Iterable[object]", symbol))
        else:
            raise TypeError(f'a symbol is text, as in "BTC-USDT", not {symbol!r}')


def check_arguments(call: str, function: Callable[..., object], settings: Mapping[str, object]) -> None:
    """Check that a function takes these keyword arguments, beside a symbol.

    Raises:
        TypeError: it does not; the message names the argument that was perhaps meant.
    """
    known = [name for name, it in signature(function).parameters.items() if it.kind in _BY_NAME]
    for name in settings:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise TypeError(f"{call} takes no {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def check_text(symbol: object) -> None:
    """Check that one symbol is named, as text.

    Raises:
        TypeError: it is no text.
    """
    if not isinstance(symbol, str):
        raise TypeError(f'name one symbol as text, as in "BTC-USDT", not {symbol!r}')


def check_one(prefix: str, argument: str) -> str:
    """Return the topic of a channel for one argument, such as a symbol.

    Raises:
        ValueError: It is malformed, or there are several.
        TypeError: It is no text.
    """
    check_text(argument)
    if "," in argument:
        raise ValueError(f"{argument!r} are several; name one symbol")
    return check(f"{prefix}:{argument}")[0]


def check_shape(text: str) -> list[str]:
    """Validate only the syntax of a topic, or of a comma-separated list, of any channel.

    Raises:
        ValueError: It is no topic, or there are more than fit one request.
    """
    if not _SHAPE.fullmatch(text):
        raise ValueError(f"{text!r} is not how KuCoin writes a topic, as in /market/ticker:BTC-USDT")
    return _few(list(dict.fromkeys(expand(text))), text)


def _few(topics: list[str], name: str) -> list[str]:
    if len(topics) > TOPICS_PER_REQUEST:
        raise ValueError(f"{name[:40]}: {len(topics)} symbols are more than the {TOPICS_PER_REQUEST} of one request")
    return topics


def _check_argument(channel: Channel, argument: str | None, topic: str) -> None:
    if argument is None:
        if channel.takes not in {"nothing", "symbol or nothing"}:
            raise ValueError(f"{topic!r} names no symbol; write {channel.prefix}:{_EXAMPLE[channel.market]}")
        return
    if channel.takes == "nothing":
        raise ValueError(f"{channel.prefix} takes no symbol, but {topic!r} names one")
    if channel.takes == "symbol or all" and argument == "all":
        return
    symbol = argument
    if channel.takes == "candles":
        symbol, _, interval = argument.rpartition("_")
        if interval not in (known := _INTERVALS[channel.market]):
            raise ValueError(
                f"{topic!r}: {interval!r} is no interval of the {channel.market} market; choose from {', '.join(known)}"
            )
    if channel.takes == "symbol or market" and "-" not in argument and _MARKET.fullmatch(argument):
        return
    is_foreign = symbol.isascii() and symbol.islower()
    if is_foreign or not symbol.isprintable() or not _SYMBOLS[channel.market].fullmatch(symbol):
        raise MalformedSymbol(
            f"{topic!r}: {symbol!r} is not how KuCoin writes a symbol, as in {_EXAMPLE[channel.market]}"
        )
