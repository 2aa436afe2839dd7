"""Streams in asyncio: `async for`, and `await` for one value."""

from rx_kucoin.aio._values import Values, aiter_of, first_of, last_of
from rx_kucoin.operators.internal.bounded_buffer import Overflow

__all__ = ["Overflow", "Values", "aiter_of", "first_of", "last_of"]
