"""What `ohlc`, `vwap`, `rolling` and `resample` are made of."""
