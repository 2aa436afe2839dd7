"""From the connections of a line to the stream of a topic, and what the stream tells of its losses."""

from collections.abc import Callable
from typing import Any

from reactivex import Observable
from reactivex import operators as ops

from rx_kucoin import events
from rx_kucoin.connection import Connection
from rx_kucoin.events import Event
from rx_kucoin.operators._hand_over import hand_over
from rx_kucoin.operators._in_sequence import in_sequence
from rx_kucoin.protocol.channels import Order
from rx_kucoin.protocol.readers import Reader

__all__ = ["stream"]

LINE_WAS_DOWN = "the line was down"
EXCHANGE_SKIPPED = "the exchange left it out"


def stream(
    topic: str, read: Reader, order: Order | None, tell: Callable[[Event], None]
) -> Callable[[Observable[Connection]], Observable[Any]]:
    """Make the stream of a topic: each message once, in order, from one connection after another.

    Because it switch-maps over connections, a drop or a renewal needs no code here: the next connection is the next
    inner source.
    """

    def listen(connection: Connection) -> Observable[Any]:
        return connection.messages(topic, read)

    def messages(connections: Observable[Connection]) -> Observable[Observable[Any]]:
        return connections.pipe(ops.map(listen))

    if order is None:
        return lambda connections: messages(connections).pipe(hand_over())
    last, several = order.last, order.key is not None
    cause = EXCHANGE_SKIPPED

    def broke(before: Any, after: Any) -> None:
        nonlocal cause
        cause = LINE_WAS_DOWN
        if not order.contiguous:
            numbers = (None, None) if several else (last(before), last(after))
            tell(events.Gap(0, topic, *numbers, LINE_WAS_DOWN))

    def gap(before: int, after: int) -> None:
        nonlocal cause
        tell(events.Gap(0, topic, before, after, cause))
        cause = EXCHANGE_SKIPPED

    def joined(connections: Observable[Connection]) -> Observable[Any]:
        return messages(connections).pipe(
            hand_over(last, key=order.key, on_break=broke),
            in_sequence(
                last,
                first=order.first,
                key=order.key,
                contiguous=order.contiguous,
                strict=order.strict,
                on_gap=gap,
                on_repeat=lambda number: tell(events.OutOfTurn(0, topic, number)),
                on_reset=lambda before, after: tell(events.SequenceReset(0, topic, before, after)),
            ),
        )

    return joined
