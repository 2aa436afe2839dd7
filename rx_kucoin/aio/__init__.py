"""Streams in asyncio: `async for`, and `await` for one value."""

from rx_kucoin.aio._inbox import Overflow
from rx_kucoin.aio._values import Values, aiter_of, first_of, last_of

__all__ = ["Overflow", "Values", "aiter_of", "first_of", "last_of"]
