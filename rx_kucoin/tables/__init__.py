"""Streams as tables, for pandas and polars."""

from rx_kucoin.tables._table import Table, to_frame
from rx_kucoin.tables._to_frames import to_frames

__all__ = ["Table", "to_frame", "to_frames"]
