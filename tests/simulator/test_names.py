"""Names of 0.1.0 that have better ones still work."""

from simulator.raw import dialled

from rx_kucoin import simulator
from rx_kucoin.simulator import Simulator


def test_old_class_names_are_aliases() -> None:
    assert simulator.Line is simulator.ConnectionLog
    assert simulator.Order is simulator.PlacedOrder
    assert simulator.StopOrder is simulator.PlacedStopOrder
    assert simulator.Standing is simulator.BookSnapshot


def test_line_is_an_alias_of_connection_in_faults_and_in_the_log() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange), dialled(exchange) as second:
        assert exchange.faults.silence(line=1) == 1
        assert exchange.faults.speak(line=1) == 1
        assert exchange.faults.garbage(line=1) == 1
        assert second.socket.recv() == '{"type":"message","topic":'
        second.socket.send("no json")
        second.hear()
        assert [(refusal.line, refusal.connection) for refusal in exchange.refused] == [(1, 1)]
        assert exchange.log.lines is exchange.log.connections
        assert exchange.connections[0].live is exchange.connections[0].subscribed
        assert exchange.faults.drop(line=7) == 0
        assert exchange.faults.drop(line=0) == 1
        assert [connection.ended for connection in exchange.connections] == ["dropped", ""]


def test_topics_per_line_is_an_alias_of_topics_per_request() -> None:
    assert Simulator(topics_per_line=5).topics_per_request == 5
    assert Simulator().topics_per_line == Simulator().topics_per_request == 100
