"""A recording as the source of a client."""

from typing import TypeVar

from reactivex import Observable

from rx_kucoin.connections.context import Context
from rx_kucoin.connections.info import ConnectionInfo, described
from rx_kucoin.connections.instruments import Instruments, Listing
from rx_kucoin.connections.pool import Lease
from rx_kucoin.protocol.limits import Market
from rx_kucoin.recording.replay.observable import Clocked
from rx_kucoin.recording.replay.player import Player

__all__ = ["Recorded"]

T = TypeVar("T")


class Recorded:
    """The `Source` of a replay: what connections brought and REST hosts answered, at the time of the recording."""

    needs_key = False

    def __init__(self, context: Context, player: Player) -> None:
        self._context, self._player = context, player
        self._instruments = Instruments(self.fetch, context.clock)

    def __repr__(self) -> str:
        return repr(self._player.pool)

    @property
    def connections(self) -> Observable[ConnectionInfo]:
        """See `Source`."""
        pool = self._player.pool
        return described(pool.opened, lambda: pool.open_connections)

    def line_of(self, topic: str) -> int | None:
        """See `Source`."""
        connection = self._player.pool.connection_of(topic)
        return None if connection is None else connection.line

    def leases(self, topic: str) -> Observable[Lease]:
        """See `Source`."""
        return self._player.pool.leases(topic)

    def fetch(
        self, market: Market, path: str, *, private: bool = False, retried: bool = True, in_background: bool = False
    ) -> Observable[bytes]:
        """Give the answer that was recorded, when its time comes. Fails with `NotRecorded` where there is none."""
        del private, retried, in_background  # the answer is what it was
        return self._context.open_streams.until_closed(self._player.answers.fetch(market, path))

    def listing(self, market: Market) -> Listing:
        """See `Source`."""
        return self._instruments.of(market)

    def barrier(self, topic: str) -> Observable[None]:
        """See `Source`."""
        return self._player.answers.barrier(topic)

    def present(self, stream: Observable[T]) -> Observable[T]:
        """Give a stream whose operators keep to the time of the recording."""
        return Clocked(stream, self._context.clock, self._player)

    def close(self, timeout: float) -> bool:
        """Stop playing, for good. No thread is to be waited for: the one that plays is the user's."""
        del timeout
        self._player.close()
        self._player.pool.opened.on_completed()
        return True
