"""What is reported of one line."""

from rx_kucoin import events
from rx_kucoin.connections.connection import Connection
from rx_kucoin.connections.context import Context
from rx_kucoin.errors import ReconnectFailed

__all__ = ["LineEvents"]


class LineEvents:
    """Reports the events of a line. Its methods are what the operators of the pipeline call; none of them decides."""

    def __init__(self, line: int, context: Context) -> None:
        self._line, self._tell = line, context.tell
        self._had_connection = False
        """Whether a connection took over since the line was last dialled from scratch. Touched only by the line's
        pipeline, which calls one method at a time."""

    def begun(self) -> None:
        """The line is dialled from scratch: at first, and after a loss."""
        self._had_connection = False

    def dialling(self) -> None:
        """A dial begins."""
        self._tell(events.Dialling(self._line))

    def up(self, connection: Connection) -> None:
        """A connection was welcomed."""
        self._tell(events.LineUp(self._line, connection.host))

    def took_over(self, connection: Connection) -> None:
        """A connection is the line's from now on. The first one is no renewal."""
        if self._had_connection:
            self._tell(events.Renewed(self._line, len(connection.topics)))
        self._had_connection = True

    def not_renewed(self, cause: Exception, seconds: float | None) -> None:
        """A fresh connection could not be had, or was lost before it took over; the next dial follows."""
        self._tell(events.RenewalFailed(self._line, cause, seconds or 0.0))

    def down(self, connection: Connection, cause: Exception) -> None:
        """A connection was lost."""
        self._tell(events.LineDown(self._line, cause, len(connection.topics)))

    def closed(self) -> None:
        """A connection was closed from this side."""
        self._tell(events.LineClosed(self._line))

    def redialling(self, attempt: int, seconds: float, cause: Exception) -> None:
        """A dial follows after a wait."""
        self._tell(events.Redialling(self._line, attempt, seconds, cause))

    def gave_up(self, attempts: int, cause: Exception) -> Exception:
        """No dial follows. Returns the error that the line ends with."""
        return ReconnectFailed(attempts, cause)

    def ended(self, error: Exception) -> None:
        """The line ended with an error."""
        self._tell(events.GaveUp(self._line, error))
