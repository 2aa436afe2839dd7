"""Closed candles."""
