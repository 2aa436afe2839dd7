"""From a transport to a connection: one dial, cold."""

from collections.abc import Callable
from typing import Any

from reactivex import Observable, abc
from reactivex.disposable import Disposable

from rx_kucoin.connections.connection import Connection
from rx_kucoin.connections.line_events import LineEvents
from rx_kucoin.transport.interfaces import Transport, Wire

__all__ = ["connect"]


def connect(
    transport: Transport, line: int, make: Callable[[Wire, Callable[[], None]], Connection], report: LineEvents
) -> Observable[Connection]:
    """Dial once: a fresh token, an open socket, a welcome. Cold.

    Emits the connection once it is welcomed. Fails when it cannot be had, and when it is lost. Disposing drains and
    closes it.

    Args:
        transport: Opens the wire.
        line: The line's number, which names its thread.
        make: Makes a connection of an open wire; it calls its second argument when the connection is welcomed.
        report: The line's events.
    """

    def subscribe(
        observer: abc.ObserverBase[Connection], scheduler_: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        live: list[Connection] = []

        def open_connection(wire: Wire) -> None:
            def welcomed() -> None:
                live.append(connection)
                report.up(connection)
                observer.on_next(connection)

            connection = make(wire, welcomed)
            connection.begin()

        def ended() -> Connection | None:
            try:
                return live.pop()  # atomic: of a loss and a closing that meet, the first reports the end
            except IndexError:
                return None

        def lost(error: Exception) -> None:
            if (connection := ended()) is not None:
                report.down(connection, error)
            observer.on_error(error)

        def close() -> None:
            if (connection := ended()) is None:
                wires.dispose()
            else:
                connection.drain(wires.dispose)
                report.closed()

        report.dialling()
        dialling: Observable[Any] = transport.dial(f"rx_kucoin line {line}")
        wires = dialling.subscribe(open_connection, lost, observer.on_completed, scheduler=scheduler_)
        return Disposable(close)

    return Observable(subscribe)
