"""Engines without a `KuCoin` around them, on any transport."""

from collections.abc import Callable
from typing import Any

from reactivex import abc

from rx_kucoin.connections.context import Context
from rx_kucoin.connections.engine import Engine
from rx_kucoin.connections.exchange import Exchange
from rx_kucoin.connections.settings import Settings

__all__ = ["live_engine"]


def live_engine(transport_of: Callable[..., Any], clock: abc.SchedulerBase, **settings: Any) -> Engine:
    context = Context(settings=Settings(**settings), clock=clock)
    return Engine(context, lambda context: Exchange(context, transport_of), clock)
