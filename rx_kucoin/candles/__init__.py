"""Closed candles: each bar once, when it is final."""
