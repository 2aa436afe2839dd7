"""Converts errors and events to the data of a record and back."""

from dataclasses import fields
from typing import Any, Final, cast

from rx_kucoin import errors, events
from rx_kucoin.errors import KuCoinError
from rx_kucoin.events import Event

__all__ = ["error_of", "event_of", "is_of_a_line", "write_error", "write_event"]

_SIMPLE: Final = (str, int, float, bool, type(None))
_OF_STREAMS: Final = (
    *(events.Gap, events.OutOfTurn, events.SequenceReset),
    *(events.BookLive, events.BookStale, events.CandleCorrected, events.SubscriberFailed),
)


def is_of_a_line(event: Event) -> bool:
    """Return whether an event is one of a line. Those of streams are not needed: a replay's streams emit their own."""
    return not isinstance(event, _OF_STREAMS) and not (isinstance(event, events.Malformed) and not event.line)


def write_error(error: BaseException) -> dict[str, Any]:
    """Return the data of an error."""
    written: dict[str, Any] = {"error": type(error).__name__, "text": str(error)}
    if isinstance(error, KuCoinError):
        for name, value in vars(error).items():
            if isinstance(value, BaseException):
                written[name] = write_error(value)
            elif isinstance(value, _SIMPLE) and name not in written:
                written[name] = value
            elif name == "text":
                written["said"] = value
    return written


def error_of(written: dict[str, Any]) -> Exception:
    """Restore an error; one of an unknown class becomes a plain `KuCoinError`."""
    kind = getattr(errors, str(written.get("error")), KuCoinError)
    if not (isinstance(kind, type) and issubclass(kind, KuCoinError)):
        kind = KuCoinError
    error = kind.__new__(kind, str(written.get("text", "")))
    for name, value in written.items():
        if name == "said":
            vars(error)["text"] = value
        elif name not in {"error", "text"}:
            vars(error)[name] = _value(value)
    return error


def write_event(event: Event) -> dict[str, Any]:
    """Return the data of an event."""
    written: dict[str, Any] = {"event": type(event).__name__}
    for field in fields(event):
        value = getattr(event, field.name)
        written[field.name] = write_error(value) if isinstance(value, BaseException) else value
    return written


def event_of(written: dict[str, Any]) -> Event | None:
    """Restore an event; None if its class or fields are unknown."""
    facts = {name: _value(value) for name, value in written.items() if name != "event"}
    kind = getattr(events, str(written.get("event")), None)
    if not (isinstance(kind, type) and issubclass(kind, Event)):
        return None
    try:
        return kind(**facts)
    except TypeError:
        return None


def _value(value: Any) -> Any:
    is_error = isinstance(value, dict) and "error" in value
    return error_of(cast("dict[str, Any]", value)) if is_error else cast("Any", value)
