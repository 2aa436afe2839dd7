"""Renewal of what has no sequence: one's own orders and balances come once, and in order, whichever line is ahead."""

import time
from typing import Any

import pytest
from waiting import eventually, nothing_left

from rx_kucoin import Credentials, KuCoin, Limits, Rate, events
from rx_kucoin.events import Event
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket

UNLIMITED = Rate(1_000_000, 60.0)
RENEWALS = 12


@pytest.mark.parametrize("latency", [(0.0, 0.0), (0.0, 0.08)])
def test_orders_that_move_while_lines_are_renewed_come_once_and_in_order(latency: tuple[float, float]) -> None:
    told, typed, raw = list[Event](), list[Any](), list[Any]()
    with nothing_left(), Simulator(rate=0, dial_rate=UNLIMITED, latency=latency) as exchange:
        keys = Credentials(exchange.api_key, exchange.api_secret, exchange.api_passphrase)
        settings: dict[str, Any] = {"renew_every": 0.5, "grace": 0.25, "limits": Limits(dials=UNLIMITED)}
        with KuCoin(rest_url=exchange.rest_url, credentials=keys, **settings) as kucoin:
            kucoin.events.subscribe(told.append)
            kucoin.orders().subscribe(lambda order: typed.append((order.order_id, order.type)))
            kucoin.topic("/account/balance").subscribe(lambda push: raw.append(push.data["relationEventId"]))
            assert eventually(lambda: sum(isinstance(event, events.TopicLive) for event in told) == 2)
            exchange.account.deposit("USDT", 1_000_000)
            sent = list[tuple[str, str]]()
            while sum(isinstance(event, events.Renewed) for event in told) < RENEWALS:
                order = exchange.account.place("BTC-USDT", "buy", "0.001", price="50000")
                exchange.account.cancel(order)
                sent += [(order.order_id, step) for step in ("received", "open", "canceled")]
                time.sleep(0.002)
            moves = exchange.sent("/account/balance").total
            assert eventually(lambda: len(typed) >= len(sent) and len(raw) >= moves)
    print(
        f"{len(sent)} steps of orders and {moves} moves of balances over {RENEWALS} renewals: {len(typed)}, {len(raw)}"
    )
    assert typed == sent
    assert len(raw) == len(set(raw)) == moves
    assert not [event for event in told if isinstance(event, events.Gap | events.LineDown)]
