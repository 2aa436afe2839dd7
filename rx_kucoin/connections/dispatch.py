"""Where pushes go: a dict from topic to listeners, so a message costs the same among ten topics or ten thousand."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any, Final, Protocol

from reactivex import abc
from reactivex.disposable import Disposable

from rx_kucoin.operators.internal.unguarded import Ending, Once, Sink
from rx_kucoin.protocol import channels, frames
from rx_kucoin.protocol.frames import UNREADABLE, Frame, FrameError
from rx_kucoin.protocol.readers.base import Reader
from rx_kucoin.protocol.topics import Topic

__all__ = ["Dispatcher", "FirstMessages"]

_log = logging.getLogger("rx_kucoin.connections.connection")


class FirstMessages(Protocol):
    """Who waits for the first message of a topic."""

    def awaits(self, topic: str) -> bool:
        """Somebody listens to the topic now: whether its first message is waited for."""
        ...

    def over(self, topic: str) -> None:
        """It has come, or nobody listens any more."""
        ...


class _Listener(Once):
    """Somebody who listens to a topic, until it is disposed of."""

    __slots__ = ("argument", "dispatcher", "ending", "reader", "sink", "topic")

    def __init__(
        self, dispatcher: "Dispatcher", topic: str, reader: Reader | None, sink: Sink[Any], ending: Ending
    ) -> None:
        super().__init__()
        self.dispatcher, self.topic, self.argument = dispatcher, topic, Topic.parse(topic).argument or ""
        self.reader, self.sink, self.ending = reader, sink, ending

    def _dispose(self) -> None:
        self.dispatcher.remove(self)


class Dispatcher:
    """The listeners of one connection. A push takes no lock: listeners stand in tuples that are replaced.

    While all who listen read with the same reader, that one decodes the frames, each in one go with its payload.
    """

    def __init__(
        self,
        wish: Callable[[str, Callable[[], bool]], None],
        on_answer: Callable[[Frame, str | bytes], None],
        on_malformed: Callable[[str, str | bytes, str], None],
        firsts: FirstMessages | None = None,
        on_left: Callable[[str], None] | None = None,
    ) -> None:
        """Tell who is to act.

        Args:
            wish: Called when a topic got its first listener or lost its last, with a way to see whether it has any.
            on_answer: Told of every frame that is no push.
            on_malformed: Told of what could not be read: why, the frame, and its topic or "".
            firsts: Told when a topic brings its first message.
            on_left: Told when nobody reads a topic any more, though somebody may hold it still.
        """
        self.closed = False
        self._wish, self._on_answer, self._on_malformed = wish, on_answer, on_malformed
        self._firsts, self._on_left = firsts, on_left
        self._lock = RLock()
        self._listeners: dict[str, tuple[_Listener, ...]] = {}
        self._waiting: dict[str, tuple[_Listener, ...]] = {}
        """Those of topics whose first message is waited for. A push finds nobody among the others then, and only then
        it is looked for here, so the messages after the first bear no cost."""
        self._readers: Counter[Reader] = Counter()
        self._only: Reader | None = None

    def __bool__(self) -> bool:
        return bool(self._listeners or self._waiting)

    @property
    def read(self) -> list[str]:
        """The topics that are read, not only held."""
        with self._lock:
            topics = {**self._listeners, **self._waiting}
        return [topic for topic, listeners in topics.items() if _are_read(listeners)]

    def add(self, topic: str, reader: Reader | None, sink: Sink[Any], ending: Ending) -> abc.DisposableBase:
        """Listen to a topic."""
        listener = _Listener(self, topic, reader, sink, ending)
        with self._lock:
            closed = self.closed
            known = self._of(topic).get(topic, ())
            if not closed:
                waits = not known and self._firsts is not None and self._firsts.awaits(topic)
                self._count(listener, 1)
                (self._waiting if waits else self._of(topic))[topic] = (*known, listener)
        if closed:
            ending.on_completed()
            return Disposable()
        if not known:
            self.settle(topic)
        return listener

    def receive(self, batch: Sequence[str | bytes]) -> None:
        """Pass pushes on to the listeners of their topics."""
        only, listeners_of = self._only, self._listeners.get
        decode, finish = (frames.decode, None) if only is None else (only.decode, only.finish)
        for text in batch:
            reader: object = only
            try:
                frame = decode(text)
            except UNREADABLE:
                reader = None  # it says no push, or one that takes leniency
                try:
                    frame = frames.decode_leniently(text)
                except UNREADABLE as error:
                    self._on_malformed(str(error), text, "")
                    continue
            if frame.type != "message" and not frame.is_push:
                self._on_answer(frames.decode_leniently(text), text)  # anew: its data was read as if it were a push's
                continue
            for listener in listeners_of(frame.topic) or self._elsewhere(frame.topic):
                try:
                    if listener.reader is not reader or reader is None:
                        _pass(listener, frame if reader is None else text)
                    elif finish is None:
                        listener.sink.on_next(frame)
                    else:
                        reader = _FINISHED
                        listener.sink.on_next(finish(frame.data, frame, listener.argument))
                except FrameError as error:
                    self._on_malformed(str(error), text, listener.topic)
                except Exception as error:  # noqa: BLE001  subscribers are guarded further up: this is a fault of ours
                    _log.exception("a stream of %s ended by a fault of this library", listener.topic)
                    listener.dispose()
                    listener.ending.on_error(error)

    def fail(self, topic: str, error: Exception) -> None:
        """End the listeners of a topic."""
        with self._lock:
            listeners = self._of(topic).pop(topic, ())
            for listener in listeners:
                self._count(listener, -1)
            self._over(topic)
        for listener in listeners:
            listener.ending.on_error(error)

    def close(self) -> None:
        """Complete every listener, and whoever comes later."""
        with self._lock:
            self.closed = True
            topics = {**self._listeners, **self._waiting}
            self._listeners, self._waiting = {}, {}
        for listeners in topics.values():
            for listener in listeners:
                listener.ending.on_completed()

    def remove(self, listener: _Listener) -> None:
        """Pass nothing more on to this one."""
        topic = listener.topic
        with self._lock:
            table = self._of(topic)
            known = table.get(topic, ())
            others = tuple([other for other in known if other is not listener])
            if len(others) == len(known):
                return
            self._count(listener, -1)
            if others:
                table[topic] = others
            else:
                del table[topic]
                self._over(topic)
        if self._on_left is not None and listener.reader is not None and not _are_read(others):
            self._on_left(topic)
        if not others:
            self.settle(topic)

    def settle(self, topic: str) -> None:
        """Have the topic asked for if anybody listens to it, and else asked for no more."""
        self._wish(topic, lambda: topic in self._waiting or topic in self._listeners)

    def _count(self, listener: _Listener, change: int) -> None:
        """Choose how to decode. Under the lock."""
        if listener.reader is not None:
            self._readers[listener.reader] += change
            kinds = [reader for reader, number in self._readers.items() if number]
            self._only = kinds[0] if len(kinds) == 1 else None

    def _of(self, topic: str) -> dict[str, tuple[_Listener, ...]]:
        """Give the table that the listeners of a topic stand in."""
        return self._waiting if topic in self._waiting else self._listeners

    def _elsewhere(self, pushed: str) -> tuple[_Listener, ...]:
        """It is the first of its topic, or one of the few that come under another name; or nobody asked for it."""
        if pushed in self._waiting:
            return self._first(pushed)
        topic = channels.elsewhere(pushed)
        if topic is None:
            return ()
        return self._first(topic) if topic in self._waiting else self._listeners.get(topic, ())

    def _first(self, topic: str) -> tuple[_Listener, ...]:
        with self._lock:
            listeners = self._waiting.get(topic, ())
            if listeners:
                self._listeners[topic] = listeners  # first, so that who asks without the lock finds it somewhere
                del self._waiting[topic]
                if not self._waiting:
                    self._waiting.clear()  # it keeps the room of all that were in it else
                self._over(topic)
        return listeners

    def _over(self, topic: str) -> None:
        """Say that its first message is waited for no more. Under the lock, or it could be said of who comes next."""
        if self._firsts is not None:
            self._firsts.over(topic)


def _are_read(listeners: tuple[_Listener, ...]) -> bool:
    return any(listener.reader is not None for listener in listeners)


_FINISHED: Final = object()
"""Reads for nobody: a payload is finished once, as that changes it; another listener has the frame decoded anew."""


def _pass(listener: _Listener, said: Frame | str | bytes) -> None:
    """Pass on what was not decoded as this listener wants it."""
    if listener.reader is None:
        return
    try:
        frame = said if isinstance(said, Frame) else frames.decode_leniently(said)
    except UNREADABLE as error:
        raise FrameError(str(error)) from None
    listener.sink.on_next(listener.reader.read(frame, listener.argument))
