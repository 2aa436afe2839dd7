"""The command line `rx-kucoin`: watch, record and replay a market, or serve a simulated exchange."""

from rx_kucoin.cli._main import main

__all__ = ["main"]
