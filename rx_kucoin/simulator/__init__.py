"""An exchange of its own, on loopback: KuCoin's token calls, books and WebSocket gateway, with faults by script."""

try:
    from rx_kucoin.simulator._exchange import Simulator
except ModuleNotFoundError as error:
    if error.name != "aiohttp":
        raise
    raise ModuleNotFoundError(
        'the simulator needs aiohttp: pip install "rx-kucoin[simulator]"', name="aiohttp"
    ) from None
from rx_kucoin.simulator._account import Order, StopOrder
from rx_kucoin.simulator._futures_account import FuturesAccount
from rx_kucoin.simulator._past import Standing
from rx_kucoin.simulator._record import Line, Refusal, busiest
from rx_kucoin.simulator._spot_account import SpotAccount

__all__ = ["FuturesAccount", "Line", "Order", "Refusal", "Simulator", "SpotAccount", "Standing", "StopOrder", "busiest"]
