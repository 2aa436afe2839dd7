"""Where pushes go: a dict from topic to listeners, so a message costs the same among ten topics or ten thousand."""

import logging
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from reactivex import abc
from reactivex.disposable import Disposable

from rx_kucoin.protocol import channels
from rx_kucoin.protocol.frames import Frame

__all__ = ["Routes"]

_log = logging.getLogger("rx_kucoin.connection")


class _Listener(NamedTuple):
    listen: Callable[[Frame], None]
    observer: abc.ObserverBase[Any]


class Routes:
    """The listeners of one connection. A push takes no lock: listeners stand in tuples that are replaced."""

    def __init__(self, wish: Callable[[str, Callable[[], bool]], None]) -> None:
        """Call `wish` when a topic got its first listener or lost its last, with a way to see whether it has any."""
        self.closed = False
        self._wish = wish
        self._lock = threading.Lock()
        self._listeners: dict[str, tuple[_Listener, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._listeners)

    def add(self, topic: str, listen: Callable[[Frame], None], observer: abc.ObserverBase[Any]) -> abc.DisposableBase:
        """Listen to a topic. The observer hears of its end alone."""
        listener = _Listener(listen, observer)
        with self._lock:
            closed = self.closed
            known = self._listeners.get(topic, ())
            if not closed:
                self._listeners[topic] = (*known, listener)
        if closed:
            observer.on_completed()
            return Disposable()
        if not known:
            self._changed(topic)
        return Disposable(lambda: self._remove(topic, listener))

    def push(self, frame: Frame) -> None:
        """Pass a push on to the listeners of its topic."""
        listeners = self._listeners.get(frame.topic)
        if listeners is None:
            listeners = self._elsewhere(frame.topic)
        for listener in listeners:
            try:
                listener.listen(frame)
            except Exception as error:  # noqa: BLE001  subscribers are guarded further up, so this is a fault of ours
                _log.exception("a stream of %s ended by a fault of this library", frame.topic)
                self.fail(frame.topic, error)

    def fail(self, topic: str, error: Exception) -> None:
        """End the listeners of a topic."""
        with self._lock:
            listeners = self._listeners.pop(topic, ())
        for listener in listeners:
            listener.observer.on_error(error)

    def close(self) -> None:
        """Complete every listener, and whoever comes later."""
        with self._lock:
            self.closed = True
            topics, self._listeners = self._listeners, {}
        for listeners in topics.values():
            for listener in listeners:
                listener.observer.on_completed()

    def _elsewhere(self, pushed: str) -> tuple[_Listener, ...]:
        """A few channels push under another name. What nobody listens to comes late, or was never asked for."""
        topic = channels.elsewhere(pushed)
        return self._listeners.get(topic, ()) if topic is not None else ()

    def _remove(self, topic: str, listener: _Listener) -> None:
        with self._lock:
            known = self._listeners.get(topic, ())
            others = tuple(other for other in known if other is not listener)
            if len(others) == len(known):
                return
            if others:
                self._listeners[topic] = others
            else:
                del self._listeners[topic]
        if not others:
            self._changed(topic)

    def _changed(self, topic: str) -> None:
        self._wish(topic, lambda: topic in self._listeners)
