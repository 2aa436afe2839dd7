"""Pass on what moves the sequence forward; tell what is missing, what comes again and what starts anew."""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from reactivex import Observable, abc

__all__ = ["in_sequence"]

T = TypeVar("T")

_PROOF = 3
"""Values in a row, below everything ever seen, after which a sequence is taken to have started anew."""


def _nobody(*_: int) -> None:
    """Is told of what nobody wants to know."""


def in_sequence(
    last: Callable[[T], int | None],
    *,
    first: Callable[[T], int | None] | None = None,
    key: Callable[[T], Hashable] | None = None,
    contiguous: bool = False,
    strict: bool = True,
    on_gap: Callable[[int, int], object] = _nobody,
    on_repeat: Callable[[int], object] = _nobody,
    on_reset: Callable[[int, int], object] = _nobody,
) -> Callable[[Observable[T]], Observable[T]]:
    """Pass on each value whose sequence number is above that of the one before, and drop the others.

    A value without a number passes. A source whose numbers start anew, below everything seen so far, is believed after
    three values in a row, each above the one before; they are held meanwhile and not lost. If anything else comes in
    between, or the source completes, they were late and are dropped.

    .. marble::

        source:  -1-2-2-1-4-5|
        [ in_sequence(int, contiguous=True, on_gap=gaps, on_repeat=repeats) ]
        result:  -1-2-----4-5|
        gaps:    ---------2
        repeats: -----2-1

    .. marble::

        source: -7-8-1-2-3----4|
        [ in_sequence(int, on_reset=resets) ]
        result: -7-8-----(123)4|
        resets: ---------8

    Args:
        last: The number of a value, or of the end of its range.
        first: The start of its range. None: the same as `last`.
        key: Several streams in one, each with numbers of its own.
        contiguous: A value starts where the one before it ended; a hole is told to `on_gap`.
        strict: A number stands for one value. Otherwise only an equal value with an equal number is a repetition.
        on_gap: Told of a hole: the last number before it and the first one after.
        on_repeat: Told of the number of a value that was dropped.
        on_reset: Told of a sequence that started anew: the last number before and the first one after.

    Returns:
        An operator function that takes an observable source and returns it in sequence.
    """

    def sequence(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            order = _Order(last, first or last, key, on_gap, on_repeat, on_reset, contiguous=contiguous, strict=strict)

            def on_next(value: T) -> None:
                try:
                    due = order.take(value)
                except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
                    observer.on_error(error)
                    return
                for item in due:
                    observer.on_next(item)

            def on_completed() -> None:
                order.give_up()
                observer.on_completed()

            return source.subscribe(on_next, observer.on_error, on_completed, scheduler=scheduler_)

        return Observable(subscribe)

    return sequence


class _Order(Generic[T]):
    """One subscription: what is due when a value comes."""

    def __init__(
        self,
        last: Callable[[T], int | None],
        first: Callable[[T], int | None],
        key: Callable[[T], Hashable] | None,
        on_gap: Callable[[int, int], object],
        on_repeat: Callable[[int], object],
        on_reset: Callable[[int, int], object],
        *,
        contiguous: bool,
        strict: bool,
    ) -> None:
        self._last, self._first, self._key = last, first, key
        self._on_gap, self._on_repeat, self._on_reset = on_gap, on_repeat, on_reset
        self._contiguous, self._strict = contiguous, strict
        self._streams: dict[Hashable, _Stream[T]] = {}

    def take(self, value: T) -> Sequence[T]:
        """Take a value. Returns what may pass now."""
        number = self._last(value)
        if number is None:
            return (value,)
        name = None if self._key is None else self._key(value)
        stream = self._streams.get(name)
        if stream is None:
            self._streams[name] = _Stream(number, value)
            return (value,)
        if number > stream.number:
            self._step(stream, number, value)
            return (value,)
        if number == stream.number and not self._strict and value != stream.value:
            self._drop_held(stream)
            stream.value = value
            return (value,)
        if number >= stream.lowest:
            self._drop_held(stream)
            self._on_repeat(number)
            return ()
        return self._doubt(name, stream, number, value)

    def give_up(self) -> None:
        """Take what is held for what it is: late."""
        for stream in self._streams.values():
            self._drop_held(stream)

    def _step(self, stream: "_Stream[T]", number: int, value: T) -> None:
        begun = self._first(value) if self._contiguous else None
        if begun is not None and begun > stream.number + 1:
            self._on_gap(stream.number, begun)
        self._drop_held(stream)
        stream.number, stream.value = number, value

    def _doubt(self, name: Hashable, stream: "_Stream[T]", number: int, value: T) -> Sequence[T]:
        """Hold a value that is below everything, until there are enough in a row to be believed."""
        if stream.held and number <= stream.held[-1][0]:
            self._drop_held(stream)
        stream.held.append((number, value))
        if len(stream.held) < _PROOF:
            return ()
        (begun, opening), *others = stream.held
        self._on_reset(stream.number, begun)
        anew = self._streams[name] = _Stream(begun, opening)
        for further, item in others:
            self._step(anew, further, item)
        return [item for _, item in stream.held]

    def _drop_held(self, stream: "_Stream[T]") -> None:
        if stream.held:
            late, stream.held = stream.held, []
            for number, _ in late:
                self._on_repeat(number)


class _Stream(Generic[T]):
    """How far one stream has come, since the number that it began with."""

    __slots__ = ("held", "lowest", "number", "value")

    def __init__(self, number: int, value: T) -> None:
        self.number, self.value = number, value
        self.lowest = number
        self.held: list[tuple[int, T]] = []
