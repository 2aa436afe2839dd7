"""Arguments that make no sense are refused where they are given, with the bound and the name that was perhaps meant."""

from collections.abc import Callable
from typing import Any

import pytest

from rx_kucoin import KuCoin

SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"max_reconects": 3}, "no setting 'max_reconects'; did you mean 'max_reconnects'"),
    ({"healty_after": 3}, "did you mean 'healthy_after'"),
    ({"nonsense": 3}, "no setting 'nonsense'"),
    ({"max_reconnects": "5"}, "max_reconnects must be a whole number or None, not '5'"),
    ({"max_reconnects": True}, "max_reconnects must be a whole number or None"),
    ({"max_reconnects": 2.5}, "max_reconnects must be a whole number"),
    ({"max_reconnects": -1}, "max_reconnects must be 0 or more, or None, not -1"),
    ({"topics_per_connection": 0}, "1 or more, and 400 at most, not 0"),
    ({"topics_per_connection": 1_000}, "1 or more, and 400 at most, not 1000"),
    ({"renew_every": 90_000}, "above 0 seconds, and 86400 at most, not 90000"),
    ({"renew_every": 0}, "above 0 seconds"),
    ({"linger": "x"}, "linger must be a number, not 'x'"),
    ({"grace": float("nan")}, "0 seconds or more, and finite, not nan"),
    ({"gather": float("inf")}, "0 seconds or more, and finite, not inf"),
    ({"silent_after": -1.0}, "0 seconds or more, and finite, or None, not -1.0"),
    ({"limits": 5}, "limits must be rx_kucoin.Limits"),
]
CALLS: list[tuple[Callable[[KuCoin], object], str]] = [
    (lambda kucoin: kucoin.ticker(5), 'a symbol is text, as in "BTC-USDT", not 5'),  # type: ignore[arg-type]
    (lambda kucoin: kucoin.ticker(None), "not None"),  # type: ignore[arg-type]
    (lambda kucoin: kucoin.ticker([]), "name at least one symbol"),  # type: ignore[arg-type]
    (lambda kucoin: kucoin.book(["BTC-USDT"]), "name one symbol as text"),  # type: ignore[arg-type]
    (lambda kucoin: kucoin.closed_candles(["BTC-USDT"]), "name one symbol as text"),  # type: ignore[arg-type]
    (lambda kucoin: kucoin.follow("candles", intervall="1min"), "takes no 'intervall'; did you mean 'interval'"),
    (lambda kucoin: kucoin.follow("depth", level=5), "did you mean 'levels'"),
    (lambda kucoin: kucoin.follow("book", evry=1.0), "did you mean 'every'"),
    (lambda kucoin: kucoin.follow("tickr"), "no 'tickr' to follow; choose from"),
]


@pytest.mark.parametrize(("settings", "text"), SETTINGS)
def test_a_setting_that_makes_no_sense_is_refused_with_its_bound(settings: dict[str, Any], text: str) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        KuCoin(**settings)
    assert text in str(refused.value)


@pytest.mark.parametrize(("call", "text"), CALLS)
def test_a_call_that_makes_no_sense_is_refused_when_it_is_made(call: Callable[[KuCoin], object], text: str) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        call(KuCoin())
    assert text in str(refused.value)


def test_a_list_of_symbols_is_as_good_as_symbols() -> None:
    kucoin = KuCoin()
    one = kucoin.ticker("BTC-USDT")
    assert kucoin.ticker(["BTC-USDT"]) is one  # type: ignore[arg-type]
    assert repr(kucoin.ticker(["BTC-USDT", "ETH-USDT"])) == repr(kucoin.ticker("BTC-USDT", "ETH-USDT"))  # type: ignore[arg-type]


def test_a_stream_says_what_it_is() -> None:
    kucoin = KuCoin()
    assert repr(kucoin.ticker("BTC-USDT")) == "<Ticker stream of BTC-USDT, 0 subscribers>"
    assert repr(kucoin.topic("/market/match:BTC-USDT")) == "<Payload stream of BTC-USDT, 0 subscribers>"
    assert repr(kucoin.book("BTC-USDT")) == "<the book of BTC-USDT, 0 subscribers>"
    several = repr(kucoin.match("A-B", "B-C", "C-D", "D-E"))
    assert several.startswith("<4 streams: <Match stream of A-B, 0 subscribers>, <Match stream of B-C, ")
    assert several.endswith(", ...>")
