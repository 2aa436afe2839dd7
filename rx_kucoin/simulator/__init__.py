"""An exchange of its own, on loopback: KuCoin's token calls, books and WebSocket gateway, with faults by script."""

try:
    from rx_kucoin.simulator._exchange import Simulator
except ModuleNotFoundError as error:
    if error.name != "aiohttp":
        raise
    raise ModuleNotFoundError(
        'the simulator needs aiohttp: pip install "rx-kucoin[simulator]"', name="aiohttp"
    ) from None
from rx_kucoin.simulator._record import Line, Refusal, busiest

__all__ = ["Line", "Refusal", "Simulator", "busiest"]
