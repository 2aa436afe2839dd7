"""From a transport to a connection: one dial, cold."""

from collections.abc import Callable

from reactivex import Observable, abc
from reactivex.disposable import Disposable

from rx_kucoin import events
from rx_kucoin.connections.connection import Connection
from rx_kucoin.connections.context import Terms
from rx_kucoin.connections.instruments import Listing
from rx_kucoin.transport.interfaces import Transport, Wire

__all__ = ["connect"]


def connect(
    transport: Transport, line: int, terms: Terms, on_full: Callable[[int], object], listing: Listing
) -> Observable[Connection]:
    """Dial once: a fresh token, an open socket, a welcome. Cold.

    Emits the connection once it is welcomed; fails when it cannot be had, and when it is lost. `on_full` is told how
    many topics it takes, when the exchange says that it was given more. A topic that stays silent is looked up in the
    listing.
    """

    def subscribe(
        observer: abc.ObserverBase[Connection], scheduler_: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        live: list[Connection] = []

        def open_connection(wire: Wire) -> None:
            def welcomed() -> None:
                live.append(connection)
                terms.tell(events.LineUp(line, wire.host))
                observer.on_next(connection)

            connection = Connection(wire, line, terms, welcomed, on_full, listing)
            connection.begin()

        def ended() -> Connection | None:
            try:
                return live.pop()  # whoever comes first, the loss or the closing, tells of the end
            except IndexError:
                return None

        def lost(error: Exception) -> None:
            if (connection := ended()) is not None:
                terms.tell(events.LineDown(line, error, len(connection.topics)))
            observer.on_error(error)

        def close() -> None:
            if (connection := ended()) is None:
                wires.dispose()
            else:
                connection.drain(wires.dispose)
                terms.tell(events.LineClosed(line))

        terms.tell(events.Dialling(line))
        dialling = transport.dial(f"rx_kucoin line {line}")
        wires = dialling.subscribe(open_connection, lost, observer.on_completed, scheduler=scheduler_)
        return Disposable(close)

    return Observable(subscribe)
