"""KuCoin's WebSocket market data as RxPY Observables that look after their own connections.

Names and submodules are imported when they are first used. So `import rx_kucoin` takes next to no time, and a part
that is used alone, such as `rx_kucoin.operators`, does not load the others.
"""

import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rx_kucoin import aio as aio
    from rx_kucoin import errors as errors
    from rx_kucoin import events as events
    from rx_kucoin import messages as messages
    from rx_kucoin import notebook as notebook
    from rx_kucoin import operators as operators
    from rx_kucoin import simulator as simulator
    from rx_kucoin import tables as tables
    from rx_kucoin import testing as testing
    from rx_kucoin.client import KuCoin
    from rx_kucoin.connections.info import ConnectionInfo
    from rx_kucoin.connections.info import ConnectionInfo as Connection
    from rx_kucoin.connections.settings import Settings
    from rx_kucoin.errors import (
        ApiError,
        CalibrationFailed,
        Closed,
        KeyRefused,
        KuCoinError,
        ReconnectFailed,
        SubscriptionRejected,
        UnknownSymbol,
    )
    from rx_kucoin.events import Event
    from rx_kucoin.orderbook.book import OrderBook
    from rx_kucoin.protocol.limits import Limits, Rate
    from rx_kucoin.protocol.listings import Contract, Symbol
    from rx_kucoin.protocol.messages.base import Change, Level
    from rx_kucoin.protocol.messages.spot import Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker
    from rx_kucoin.protocol.raw import Push
    from rx_kucoin.protocol.signing import Credentials

    __version__: str

__all__ = [
    "ApiError",
    "CalibrationFailed",
    "Candle",
    "Change",
    "Closed",
    "Connection",
    "ConnectionInfo",
    "Contract",
    "Credentials",
    "Depth",
    "Event",
    "KeyRefused",
    "KuCoin",
    "KuCoinError",
    "Level",
    "Level1",
    "Level2Change",
    "Limits",
    "Match",
    "OrderBook",
    "Push",
    "Rate",
    "ReconnectFailed",
    "Settings",
    "Snapshot",
    "SubscriptionRejected",
    "Symbol",
    "Ticker",
    "UnknownSymbol",
]

_HOMES: Final = {
    "client": "KuCoin",
    "connections.info": "Connection ConnectionInfo",
    "connections.settings": "Settings",
    "errors": (
        "ApiError CalibrationFailed Closed KeyRefused KuCoinError ReconnectFailed SubscriptionRejected UnknownSymbol"
    ),
    "events": "Event",
    "orderbook.book": "OrderBook",
    "protocol.limits": "Limits Rate",
    "protocol.listings": "Contract Symbol",
    "protocol.messages.base": "Change Level",
    "protocol.messages.spot": "Candle Depth Level1 Level2Change Match Snapshot Ticker",
    "protocol.raw": "Push",
    "protocol.signing": "Credentials",
}
"""The modules of the names above; type checkers see the same in the imports at the top."""
_MODULE_OF: Final = {name: home for home, names in _HOMES.items() for name in names.split()}
_SUBMODULES: Final = frozenset(
    "aio errors events messages notebook operators simulator tables testing".split()  # noqa: SIM905  as above
)
_ALIASES: Final = {"Connection": "ConnectionInfo"}
"""Names of 0.1.0 that have better ones, kept for one version."""


def __dir__() -> list[str]:
    from importlib.util import find_spec  # noqa: PLC0415  imported with the first use, as everything here

    # Without its extra the simulator cannot be imported, and `help(rx_kucoin)` imports all that this lists.
    missing = {"simulator"} if find_spec("aiohttp") is None else set[str]()
    own = {name for name in globals() if name.startswith("__")}
    return sorted({*__all__, *_SUBMODULES, "__version__", *own} - missing)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("rx-kucoin")
    except PackageNotFoundError:  # sources that are not installed
        return "0+unknown"


if not TYPE_CHECKING:  # so that type checkers know all names and reject any other

    def __getattr__(name: str) -> Any:
        from importlib import import_module  # noqa: PLC0415

        if name in _SUBMODULES:
            return import_module(f"{__name__}.{name}")
        if name in _MODULE_OF:
            value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), _ALIASES.get(name, name))
        elif name == "__version__":
            value = _version()
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=sys.modules[__name__])
        globals()[name] = value
        return value
