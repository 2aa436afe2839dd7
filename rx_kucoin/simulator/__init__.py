"""An exchange of its own, on loopback: KuCoin's token calls, books and WebSocket gateway, with faults by script."""

from rx_kucoin.simulator._exchange import Simulator
from rx_kucoin.simulator._record import Line, Refusal, busiest

__all__ = ["Line", "Refusal", "Simulator", "busiest"]
