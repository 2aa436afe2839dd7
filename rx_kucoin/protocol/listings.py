"""Listed symbols and contracts with their trading rules, as answered by the REST hosts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec.structs import force_setattr

from rx_kucoin.errors import UnexpectedAnswer
from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import UNREADABLE, excerpt
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.messages.base import Open
from rx_kucoin.protocol.messages.words import Word
from rx_kucoin.protocol.readers.leftovers import keep_rest, salvage
from rx_kucoin.protocol.topics import Topic

__all__ = [
    "PATHS",
    "Contract",
    "ContractStatus",
    "ContractType",
    "Symbol",
    "read_contracts",
    "read_names",
    "read_symbols",
    "symbol_of",
]

PATHS: Final[dict[Market, str]] = {"spot": "/api/v2/symbols", "futures": "/api/v1/contracts/active"}
"""REST path of each market's listing."""


class ContractStatus(Word):
    """The status of a contract."""

    INIT = "Init"
    OPEN = "Open"
    BEING_SETTLED = "BeingSettled"
    SETTLED = "Settled"
    PAUSED = "Paused"
    CLOSED = "Closed"
    CANCEL_ONLY = "CancelOnly"


class ContractType(Word):
    """Whether a contract expires."""

    PERPETUAL = "FFWCSX"
    DATED = "FFICSX"


class Symbol(Open, frozen=True, gc=False, rename="camel"):
    """A symbol of the spot market and its trading rules. Sizes are in the base currency, funds in the quote."""

    name: str | None = None
    """Its current name; `symbol` stays the same if it is renamed."""
    base_currency: str | None = None
    quote_currency: str | None = None
    fee_currency: str | None = None
    market: str | None = None
    """The section of the spot market that it belongs to, such as "USDS"."""
    base_min_size: Decimal | None = None
    quote_min_size: Decimal | None = None
    base_max_size: Decimal | None = None
    quote_max_size: Decimal | None = None
    base_increment: Decimal | None = None
    """Orders' sizes are multiples of it."""
    quote_increment: Decimal | None = None
    """Market orders' funds are multiples of it."""
    price_increment: Decimal | None = None
    """The price of an order is a multiple of it."""
    price_limit_rate: Decimal | None = None
    min_funds: Decimal | None = None
    is_margin_enabled: bool | None = None
    enable_trading: bool | None = None
    """Whether it is traded now; otherwise its streams are silent."""
    fee_category: int | None = None
    maker_fee_coefficient: Decimal | None = None
    taker_fee_coefficient: Decimal | None = None
    st: bool | None = None
    """Whether it is under special treatment, and may be delisted."""
    callauction_is_enabled: bool | None = None
    callauction_price_floor: Decimal | None = None
    callauction_price_ceiling: Decimal | None = None
    callauction_first_stage_start_time_ns: int | None = msgspec.field(
        default=None, name="callauctionFirstStageStartTime"
    )
    callauction_second_stage_start_time_ns: int | None = msgspec.field(
        default=None, name="callauctionSecondStageStartTime"
    )
    callauction_third_stage_start_time_ns: int | None = msgspec.field(
        default=None, name="callauctionThirdStageStartTime"
    )
    trading_start_time_ns: int | None = msgspec.field(default=None, name="tradingStartTime")


class Contract(Open, frozen=True, gc=False, rename="camel"):
    """A contract of the futures market, its rules and current prices. Sizes are in contracts, rates are fractions."""

    root_symbol: str | None = None
    type: ContractType | None = None
    first_open_date_ns: int | None = msgspec.field(default=None, name="firstOpenDate")
    expire_date_ns: int | None = msgspec.field(default=None, name="expireDate")
    """`None`: it never expires."""
    settle_date_ns: int | None = msgspec.field(default=None, name="settleDate")
    base_currency: str | None = None
    """Bitcoin is XBT here."""
    quote_currency: str | None = None
    settle_currency: str | None = None
    max_order_qty: Decimal | None = None
    max_price: Decimal | None = None
    lot_size: Decimal | None = None
    """Orders' quantities are multiples of it."""
    tick_size: Decimal | None = None
    """The price of an order is a multiple of it."""
    index_price_tick_size: Decimal | None = None
    multiplier: Decimal | None = None
    """Coins in a contract; -1: a contract is worth 1 USD at any price of the coin."""
    initial_margin: Decimal | None = None
    maintain_margin: Decimal | None = None
    max_risk_limit: Decimal | None = None
    min_risk_limit: Decimal | None = None
    risk_step: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    taker_fee_rate: Decimal | None = None
    maker_fix_fee: Decimal | None = None
    taker_fix_fee: Decimal | None = None
    settlement_fee: Decimal | None = None
    is_deleverage: bool | None = None
    is_quanto: bool | None = None
    is_inverse: bool | None = None
    """Whether it is settled in its coin."""
    mark_method: str | None = None
    fair_method: str | None = None
    funding_base_symbol: str | None = None
    funding_quote_symbol: str | None = None
    funding_base_symbol_1m: str | None = msgspec.field(default=None, name="fundingBaseSymbol1M")
    funding_quote_symbol_1m: str | None = msgspec.field(default=None, name="fundingQuoteSymbol1M")
    funding_rate_symbol: str | None = None
    index_symbol: str | None = None
    settlement_symbol: str | None = None
    premiums_symbol_1m: str | None = msgspec.field(default=None, name="premiumsSymbol1M")
    premiums_symbol_8h: str | None = msgspec.field(default=None, name="premiumsSymbol8H")
    status: ContractStatus | None = None
    funding_fee_rate: Decimal | None = None
    predicted_funding_fee_rate: Decimal | None = None
    funding_rate_granularity_ns: int | None = msgspec.field(default=None, name="fundingRateGranularity")
    """Time between two fundings."""
    next_funding_rate_time_ns: int | None = msgspec.field(default=None, name="nextFundingRateTime")
    """Time until the next funding."""
    open_interest: Decimal | None = None
    turnover_of_24h: Decimal | None = msgspec.field(default=None, name="turnoverOf24h")
    volume_of_24h: Decimal | None = msgspec.field(default=None, name="volumeOf24h")
    """In coins."""
    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    last_trade_price: Decimal | None = None
    low_price: Decimal | None = None
    high_price: Decimal | None = None
    price_chg_pct: Decimal | None = None
    price_chg: Decimal | None = None
    max_leverage: Decimal | None = None
    source_exchanges: tuple[str, ...] | None = None
    """The exchanges of the index price."""
    k: Decimal | None = None
    m: Decimal | None = None
    f: Decimal | None = None
    mmr_limit: Decimal | None = None
    mmr_lev_constant: Decimal | None = None
    support_cross: bool | None = None
    buy_limit: Decimal | None = None
    sell_limit: Decimal | None = None


def read_symbols(data: bytes) -> tuple[Symbol, ...]:
    """Parse the listing of the spot market. Raises `UnexpectedAnswer`."""
    return _read(Symbol, data, "spot")


def read_contracts(data: bytes) -> tuple[Contract, ...]:
    """Parse the listing of the futures market. Raises `UnexpectedAnswer`."""
    return _read(Contract, data, "futures")


def read_names(data: bytes, market: Market) -> frozenset[str]:
    """Parse only the names of a listing. Raises `UnexpectedAnswer`."""
    try:
        return frozenset(row.symbol for row in _decode_names(data))
    except UNREADABLE:
        raise _unexpected(data, market) from None


def symbol_of(topic: str) -> str | None:
    """Return the symbol that must be listed for a topic to have any messages; None if there is none, or if unknown.

    Topics of indicators, markets, announcements and accounts have no such symbol.
    """
    prefix, argument = Topic.parse(topic)
    channel = CHANNELS.get(prefix)
    if channel is None or channel.private or not argument or prefix.startswith("/indicator/"):
        return None
    if channel.takes == "candles":
        return argument.rpartition("_")[0] or None
    if channel.takes not in _OF_SYMBOLS or channel.is_about_many(argument) or argument.startswith("."):
        return None
    return argument


RowT = TypeVar("RowT", bound=Open)

_MS: Final = 1_000_000
_OF_SYMBOLS: Final = frozenset({"symbol", "symbol or all", "symbol or market"})


class _Name(msgspec.Struct, gc=False):
    symbol: str


_decode_names: Final = msgspec.json.Decoder(list[_Name]).decode
_decode_rows: Final = msgspec.json.Decoder(list[dict[str, Any]], float_hook=Decimal).decode


def _read(kind: type[RowT], data: bytes, market: Market) -> tuple[RowT, ...]:
    try:
        payloads = _decode_rows(data)
        rows = _decode(kind, data, payloads)
    except UNREADABLE:
        raise _unexpected(data, market) from None
    times = [name for name in kind.__struct_fields__ if name.endswith("_ns")]
    for row, payload in zip(rows, payloads, strict=True):
        keep_rest(row, payload)
        for name in times:
            if (value := getattr(row, name)) is not None:
                force_setattr(row, name, value * _MS)
    return tuple(rows)


def _decode(kind: type[RowT], data: bytes, payloads: Sequence[dict[str, Any]]) -> Sequence[RowT]:
    """Decode all rows together, or one by one if a field is not as expected, which is put into `extra` then."""
    try:
        return cast("list[RowT]", msgspec.json.decode(data, type=list[kind], strict=False))  # type: ignore[valid-type]
    except UNREADABLE:
        return [salvage(kind, payload) for payload in payloads]


def _unexpected(data: bytes, market: Market) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"GET {PATHS[market]}: this is no list of symbols", excerpt(data))
