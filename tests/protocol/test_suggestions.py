"""From what was written to what was meant, among real symbols."""

from typing import Final

import pytest

from rx_kucoin.protocol.suggestions import did_you_mean

SPOT: Final = frozenset(
    [
        "BTC-USDT",
        "BTC-USDC",
        "ETH-USDT",
        "ETH-BTC",
        "ETH-USDC",
        "DOGE-USDT",
        "DEGO-USDT",
        "SOL-USDT",
        "KCS-BTC",
        "UNI-USDT",
        "LUNC-USDT",
        "BTT-USDT",
    ]
)
FUTURES: Final = frozenset(
    ["XBTUSDTM", "XBTUSDM", "XBTUSDCM", "ETHUSDTM", "ETHUSDM", "SOLUSDTM", "XBTMZ26", "DOGEUSDTM", "1000BONKUSDTM"]
)
MEANT: Final = {
    "BTCUSDT": "BTC-USDT",
    "BTC/USDT": "BTC-USDT",
    "btc_usdt": "BTC-USDT",
    "btc-usdt": "BTC-USDT",
    "BTC-USD": "BTC-USDT",
    "BTC": "BTC-USDT",
    "XBT-USDT": "BTC-USDT",
    "XBTUSDTM": "BTC-USDT",
    "BTCUSDTM": "BTC-USDT",
    "BTC-PERP": "BTC-USDT",
    "USDT-BTC": "BTC-USDT",
    "BTCUSDC": "BTC-USDC",
    "BTC-ETH": "ETH-BTC",
    "BCT-USDT": "BTC-USDT",
    "BTC-UDST": "BTC-USDT",
    "BTCC-USDT": "BTC-USDT",
    "DOEG-USDT": "DOGE-USDT",
    "DODGE-USDT": "DOGE-USDT",
    "DOGE-USDTT": "DOGE-USDT",
}
MEANT_CONTRACT: Final = {
    "BTCUSDTM": "XBTUSDTM",
    "BTCUSDT": "XBTUSDTM",
    "BTC-USDT": "XBTUSDTM",
    "BTC/USDT:USDT": "XBTUSDTM",
    "BTC/USD:BTC": "XBTUSDM",
    "BTCUSDT.P": "XBTUSDTM",
    "BTC-PERP": "XBTUSDTM",
    "BTC-PERPETUAL": "XBTUSDTM",
    "BTC-USDT-SWAP": "XBTUSDTM",
    "BTCUSD_PERP": "XBTUSDM",
    "BTCUSDCM": "XBTUSDCM",
    "ethusdtm": "ETHUSDTM",
    "ETH-PERP": "ETHUSDTM",
    "SOLUSDM": "SOLUSDTM",
    "DODGEUSDTM": "DOGEUSDTM",
    "BONKUSDTM": "1000BONKUSDTM",
    "XBTMZ25": "XBTMZ26",
}


@pytest.mark.parametrize("symbol", MEANT)
def test_a_symbol_is_recognised_however_it_is_written(symbol: str) -> None:
    assert did_you_mean(symbol, SPOT) == MEANT[symbol]


@pytest.mark.parametrize("symbol", MEANT_CONTRACT)
def test_a_contract_is_recognised_by_its_name_elsewhere(symbol: str) -> None:
    assert did_you_mean(symbol, FUTURES) == MEANT_CONTRACT[symbol]


@pytest.mark.parametrize(
    "symbol", ["NOPE-USDT", "LUNA-BTC", "X-USDT", "ETH-KCS", "", "-", "QQQQ", "ETC-USDT", "UN-USDT"]
)
def test_another_coin_is_worse_than_no_answer(symbol: str) -> None:
    assert did_you_mean(symbol, SPOT) is None


@pytest.mark.parametrize("known", [SPOT, sorted(SPOT), sorted(SPOT, reverse=True)])
def test_the_order_in_which_they_are_listed_does_not_matter(known: list[str]) -> None:
    assert {symbol: did_you_mean(symbol, known) for symbol in MEANT} == MEANT


@pytest.mark.parametrize("symbol", ["BTC-USDT", "NOPE"])
def test_one_that_exists_or_stands_alone_has_no_lookalike(symbol: str) -> None:
    assert did_you_mean(symbol, SPOT if symbol in SPOT else []) is None
