"""The four sentences that the library is built on, held against the file that says them."""

import ast
import inspect
from typing import Any

from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import KuCoin
from rx_kucoin.connections import pipeline
from rx_kucoin.connections.settings import Settings
from rx_kucoin.testing import VirtualTransport


def operators_of(function: object) -> list[str]:
    """The operators in the pipes of a function, in order."""
    tree = ast.parse(inspect.getsource(function))  # type: ignore[arg-type]
    pipes = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "pipe"
    ]
    return [ast.unparse(part.func if isinstance(part, ast.Call) else part) for pipe in pipes for part in pipe.args]


def test_renewal_is_an_interval_that_switches_to_fresh_connections() -> None:
    assert "reactivex.timer(first, settings.renew_every" in inspect.getsource(pipeline.renewing_connections)
    assert operators_of(pipeline.renewing_connections) == [
        "ops.start_with",
        "ops.map",
        "switch_when_ready",
        "ops.do_action",
    ]
    assert Settings().renew_every == 12 * 3600


def test_reconnect_is_a_retry_with_backoff_capped_at_five() -> None:
    assert operators_of(pipeline.connections_of_line) == ["retry_backoff", "ops.do_action"]
    assert Settings().max_reconnects == 5


def test_throttling_is_a_rate_limit_between_wishes_and_requests() -> None:
    assert operators_of(pipeline.requests_of_connection) == ["gather", "rate_limit", "ops.map"]
    messages = Settings().limits.messages
    assert messages.count < 100  # the exchange's limit is 100 in 10 s
    assert messages.per > 10


def test_a_topic_is_built_from_the_shared_pool_handed_over_in_order_and_shared() -> None:
    ordered, *rest = ["hand_over", "in_sequence", "until_closed"], "merge_copies", "until_closed"
    assert sorted(operators_of(pipeline._fresh_stream)) == sorted([*ordered, *rest])
    assert operators_of(pipeline.stream_of_topic) == ["share_anew"]


def test_the_file_is_short_enough_to_be_read_at_once() -> None:
    assert len(inspect.getsource(pipeline).splitlines()) <= 220


def test_the_defaults_are_what_a_client_runs_with() -> None:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    with KuCoin(scheduler=clock, transport=lambda *_: exchange, random=lambda: 0.0) as kucoin:
        failed: list[Any] = []
        kucoin.ticker("BTC-USDT").subscribe(on_error=failed.append)
        clock.advance_to(12 * 3600 - 1)
        assert len(exchange.dials) == 1
        clock.advance_to(12 * 3600 + 1)
        assert len(exchange.dials) == 2  # renewed
        exchange.down = True
        exchange.drop()
        clock.advance_by(600)
        assert len(exchange.dials) == 2 + 5  # retried five times
        assert [type(error).__name__ for error in failed] == ["ReconnectFailed"]


def test_a_subscribers_scheduler_does_not_time_the_connection_that_topics_share() -> None:
    clock, never_run = VirtualTimeScheduler(0.0), VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    with KuCoin(scheduler=clock, transport=lambda *_: exchange) as kucoin:
        first = kucoin.ticker("BTC-USDT").subscribe(scheduler=never_run)
        kucoin.match("BTC-USDT").subscribe()
        clock.advance_by(1)
        assert len(exchange.open_wires) == 1
        first.dispose()
        exchange.drop()
        clock.advance_by(10)
        assert len(exchange.open_wires) == 1
