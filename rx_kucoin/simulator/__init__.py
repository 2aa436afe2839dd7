"""A simulated KuCoin on loopback: token calls, REST, books and the WebSocket gateway, with scripted faults."""

try:
    from rx_kucoin.simulator._exchange import Simulator
except ModuleNotFoundError as error:
    if error.name != "aiohttp":
        raise
    raise ModuleNotFoundError(
        'the simulator needs aiohttp: pip install "rx-kucoin[simulator]"', name="aiohttp"
    ) from None
from rx_kucoin.simulator._account import PlacedOrder, PlacedStopOrder
from rx_kucoin.simulator._futures_account import FuturesAccount
from rx_kucoin.simulator._history import BookSnapshot
from rx_kucoin.simulator._log import ConnectionLog, Refusal, busiest
from rx_kucoin.simulator._spot_account import SpotAccount

__all__ = [
    "BookSnapshot",
    "ConnectionLog",
    "FuturesAccount",
    "Line",
    "Order",
    "PlacedOrder",
    "PlacedStopOrder",
    "Refusal",
    "Simulator",
    "SpotAccount",
    "Standing",
    "StopOrder",
    "busiest",
]

Line = ConnectionLog
"""The name of `ConnectionLog` in 0.1.0, kept for one version."""
Order = PlacedOrder
"""The name of `PlacedOrder` in 0.1.0, kept for one version."""
Standing = BookSnapshot
"""The name of `BookSnapshot` in 0.1.0, kept for one version."""
StopOrder = PlacedStopOrder
"""The name of `PlacedStopOrder` in 0.1.0, kept for one version."""
