import socket

import pytest
from waiting import eventually, our_threads

from rx_kucoin.cli._clock_check import ClockCheck
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket


@pytest.mark.parametrize("offset", [0.0, 2.5, -2.5])
def test_two_clocks_are_compared_as_far_as_the_way_between_them_allows(offset: float) -> None:
    with Simulator(clock_offset=offset) as exchange:
        comparison = ClockCheck(exchange.rest_url, None)
        comparison.start()
        try:
            assert eventually(lambda: comparison.best)
        finally:
            comparison.stop()
        difference = comparison.best
    assert difference is not None
    assert abs(difference.ahead + offset) <= difference.uncertainty + 0.001
    assert difference.uncertainty < 1.0
    assert eventually(lambda: "rx_kucoin comparison" not in our_threads())


def test_an_exchange_that_does_not_tell_the_time_is_let_go_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        host, port = deaf.getsockname()
        comparison = ClockCheck(f"http://{host}:{port}", None)
        comparison.start()
        deaf.settimeout(10.0)
        with deaf.accept()[0]:
            comparison.stop()
            assert eventually(lambda: "rx_kucoin comparison" not in our_threads(), 5.0)  # it would wait 10 s
    assert comparison.best is None
