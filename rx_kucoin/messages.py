"""Everything that a stream emits: one type for each kind of message, and the words in them.

Each name is listed once, in `__all__` of the module of `rx_kucoin.protocol.messages` that defines it.
"""

# ruff: noqa: F403, PLC0414  this module does nothing but re-export

from rx_kucoin.orderbook.book import OrderBook as OrderBook
from rx_kucoin.orderbook.levels import Fill as Fill
from rx_kucoin.orderbook.levels import Ladder as Ladder
from rx_kucoin.protocol.messages.balances import *
from rx_kucoin.protocol.messages.base import *
from rx_kucoin.protocol.messages.closed import *
from rx_kucoin.protocol.messages.futures import *
from rx_kucoin.protocol.messages.margin import *
from rx_kucoin.protocol.messages.orders import *
from rx_kucoin.protocol.messages.positions import *
from rx_kucoin.protocol.messages.spot import *
from rx_kucoin.protocol.messages.words import *
from rx_kucoin.protocol.raw import Push as Push

# By way of `globals`: mypy takes a computed `__all__` for an empty one; without any it sees what is imported above.
globals()["__all__"] = sorted(name for name in globals() if not name.startswith("_"))
