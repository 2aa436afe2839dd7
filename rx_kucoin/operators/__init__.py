"""Operators that know nothing of KuCoin. Each stands on its own, and is used in `.pipe(...)`."""

from rx_kucoin.operators._buffer_bounded import BufferOverflow, buffer_bounded
from rx_kucoin.operators._calibrate import Numbering, SnapshotPolicy, StateChecks, Uncalibrated, calibrate
from rx_kucoin.operators._conflate import conflate
from rx_kucoin.operators._detect_gaps import detect_gaps
from rx_kucoin.operators._follow import follow
from rx_kucoin.operators._hand_over import hand_over
from rx_kucoin.operators._in_sequence import Doubt, in_sequence
from rx_kucoin.operators._mark_stale import mark_stale
from rx_kucoin.operators._merge_copies import merge_copies
from rx_kucoin.operators._merge_serial import merge_serial
from rx_kucoin.operators._ohlc import Bar, ohlc
from rx_kucoin.operators._rate_limit import QueueOverflow, rate_limit
from rx_kucoin.operators._resample import resample
from rx_kucoin.operators._retry_backoff import full_jitter, growing_waits, retry_backoff
from rx_kucoin.operators._rolling import rolling
from rx_kucoin.operators._serialize import serialize
from rx_kucoin.operators._share_anew import share_anew
from rx_kucoin.operators._switch_when_ready import switch_when_ready
from rx_kucoin.operators._vwap import vwap
from rx_kucoin.operators._watchdog import watchdog
from rx_kucoin.operators.internal.multicast import Hub

__all__ = [
    "Bar",
    "BufferOverflow",
    "Doubt",
    "Hub",
    "Numbering",
    "QueueOverflow",
    "SnapshotPolicy",
    "StateChecks",
    "Uncalibrated",
    "buffer_bounded",
    "calibrate",
    "conflate",
    "detect_gaps",
    "follow",
    "full_jitter",
    "growing_waits",
    "hand_over",
    "in_sequence",
    "mark_stale",
    "merge_copies",
    "merge_serial",
    "ohlc",
    "rate_limit",
    "resample",
    "retry_backoff",
    "rolling",
    "serialize",
    "share_anew",
    "switch_when_ready",
    "vwap",
    "watchdog",
]
