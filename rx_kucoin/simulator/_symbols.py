"""Listed symbols and their first prices: well-known names first, then as many made-up ones as are needed."""

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Final

__all__ = ["FUTURES", "SPOT", "contracts", "pairs"]

SPOT: Final[dict[str, str]] = {
    "BTC-USDT": "84521.3",
    "ETH-USDT": "2667.64",
    "KCS-USDT": "11.432",
    "SOL-USDT": "142.151",
    "XRP-USDT": "2.10457",
    "DOGE-USDT": "0.16032",
    "ADA-USDT": "0.65121",
    "TRX-USDT": "0.23377",
    "LINK-USDT": "13.2417",
    "AVAX-USDT": "18.9015",
    "LTC-USDT": "84.315",
    "DOT-USDT": "4.08114",
    "ETH-BTC": "0.031562",
    "KCS-BTC": "0.00013527",
    "XRP-BTC": "0.00002491",
    "KCS-ETH": "0.0042853",
    "AAVE-USDT": "173.877",
    "SUI-USDT": "2.25114",
    "TON-USDT": "3.60213",
    "PEPE-USDT": "0.0000074162",
    "SHIB-USDT": "0.000012517",
    "UNI-USDT": "5.95143",
    "BTC-USDC": "84530.1",
    "USDT-USDC": "0.99991",
}
"""First price of each symbol; its decimals give the symbol's tick."""

FUTURES: Final[dict[str, str]] = {
    "XBTUSDTM": "84530.1",
    "ETHUSDTM": "2667.91",
    "SOLUSDTM": "142.163",
    "XRPUSDTM": "2.10463",
    "DOGEUSDTM": "0.16034",
    "ADAUSDTM": "0.65124",
    "LINKUSDTM": "13.2421",
    "AVAXUSDTM": "18.9021",
    "LTCUSDTM": "84.321",
    "DOTUSDTM": "4.08125",
    "XBTUSDM": "84526.2",
    "XBTMZ26": "85103.4",
}

HEADS: Final = (
    "AL",
    "BO",
    "CY",
    "DAR",
    "EX",
    "FLO",
    "GRA",
    "HEX",
    "IN",
    "JU",
    "KRO",
    "LUN",
    "MIN",
    "NOX",
    "ORB",
    "PLA",
)
TAILS: Final = ("BIT", "COR", "DEX", "FI", "GEN", "LAB", "MAX", "NET", "OS", "PAY", "SWAP", "TEK", "VEX", "X", "ZEN")


def pairs(wanted: int | Sequence[str]) -> dict[str, str]:
    """Return spot symbols with their first prices."""
    made_up = (f"{name}-USDT" for name in _names())
    return _listing(wanted, SPOT, made_up)


def contracts(wanted: int | Sequence[str]) -> dict[str, str]:
    """Return contracts with their first prices."""
    made_up = (f"{name}USDTM" for name in _names())
    return _listing(wanted, FUTURES, made_up)


def _listing(wanted: int | Sequence[str], known: dict[str, str], made_up: Iterator[str]) -> dict[str, str]:
    if not isinstance(wanted, int):
        return {symbol: known.get(symbol) or _price(symbol) for symbol in wanted}
    listed = dict(islice(known.items(), wanted))
    listed |= {symbol: _price(symbol) for symbol in islice(made_up, max(0, wanted - len(known)))}
    return listed


def _names() -> Iterator[str]:
    yield from ("".join(parts) for parts in product(HEADS, TAILS))
    yield from (f"{head}{tail}{number}" for number in range(2, 1_000) for head, tail in product(HEADS, TAILS))


def _price(symbol: str) -> str:
    """Return a plausible price that is the same for a symbol in every run, unlike `hash`."""
    number = sum(ord(letter) * 31**place for place, letter in enumerate(symbol)) % 9_000_000 + 1_000_000
    return f"{number / 10 ** (number % 4 + 3):.{number % 4 + 3}f}"
