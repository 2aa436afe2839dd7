"""What all connections of a client share: settings, clock, events, hooks, and the end."""

from dataclasses import dataclass, field
from itertools import count

from reactivex import abc

from rx_kucoin.connections.event_hub import EventHub
from rx_kucoin.connections.event_log import EventLog
from rx_kucoin.connections.hooks import Hooks, NoHooks
from rx_kucoin.connections.open_streams import OpenStreams
from rx_kucoin.connections.settings import Settings
from rx_kucoin.events import Event

__all__ = ["Context"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Shared by every part of one client. Its parts are thread-safe; it never changes itself."""

    settings: Settings
    clock: abc.SchedulerBase
    hooks: Hooks = field(default_factory=NoHooks, repr=False)
    open_streams: OpenStreams = field(default_factory=OpenStreams, repr=False)
    """The streams that have a subscriber, which all complete when the client closes."""
    events: EventHub = field(default_factory=EventHub, repr=False)
    """Every event, on the thread that it happens on."""
    log: EventLog = field(init=False, repr=False)
    connection_numbers: "count[int]" = field(default_factory=lambda: count(1), repr=False)
    """The next connection's number. `next` on it is atomic under the interpreter lock."""
    line_numbers: "count[int]" = field(default_factory=lambda: count(1), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "log", EventLog(self.clock))

    @property
    def is_closing(self) -> bool:
        """Whether the client closes, so that nothing is passed on any more."""
        return self.open_streams.is_shut

    def tell(self, event: Event) -> None:
        """Report an event, unless the client closes already."""
        if self.hooks.is_active:
            self.hooks.event(event)
        if not self.is_closing:
            self.log.event(event)
            self.events.tell(event)
