"""Pass on what moves the sequence forward; tell what is missing, what comes again and what starts anew."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from reactivex import Observable, abc

__all__ = ["in_sequence"]

T = TypeVar("T")

_PROOF = 3
"""Values in a row, below everything ever seen, after which a sequence is taken to have started anew."""


def in_sequence(
    last: Callable[[T], int | None],
    *,
    first: Callable[[T], int | None] | None = None,
    key: Callable[[T], Hashable] | None = None,
    contiguous: bool = False,
    strict: bool = True,
    on_gap: Callable[[int, int], object] = lambda before, after: None,
    on_repeat: Callable[[int], object] = lambda number: None,
    on_reset: Callable[[int, int], object] = lambda before, after: None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Pass on each value whose sequence number is above that of the one before, and drop the others.

    A value without a number passes. A source whose numbers start anew, below everything seen so far, is believed after
    three values in a row; they are held meanwhile and not lost.

    .. marble::

        source: -1-2-2-1-4-5|
        [ in_sequence(int, contiguous=True) ]
        result: -1-2-----4-5|

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
    start = first or last

    def sequence(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            streams: dict[Hashable, _Stream[T]] = {}
            on_next_down = observer.on_next

            def tell(dropped: list[int]) -> None:
                for number in dropped:
                    on_repeat(number)

            def on_next(value: T) -> None:
                number = last(value)
                if number is None:
                    on_next_down(value)
                    return
                name = None if key is None else key(value)
                stream = streams.get(name)
                if stream is None:
                    streams[name] = _Stream(number, value)
                    on_next_down(value)
                    return
                before = stream.number
                if number > before:
                    if contiguous:
                        begun = start(value)
                        if begun is not None and begun > before + 1:
                            on_gap(before, begun)
                    stream.number, stream.value = number, value
                    tell(stream.give_up())
                    on_next_down(value)
                elif number == before and not strict and value != stream.value:
                    stream.value = value
                    on_next_down(value)
                elif stream.starts_anew(number, value):
                    on_reset(before, stream.anew[0][0])
                    for held in stream.restart(number, value):
                        on_next_down(held)
                elif not stream.anew:
                    tell([number])

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler_)

        return Observable(subscribe)

    return sequence


class _Stream(Generic[T]):
    """How far one stream has come."""

    __slots__ = ("anew", "lowest", "number", "value")

    def __init__(self, number: int, value: T) -> None:
        self.number, self.value = number, value
        self.lowest = number
        self.anew: list[tuple[int, T]] = []

    def starts_anew(self, number: int, value: T) -> bool:
        """Whether this value is the proof that the numbers started anew; until then it is held."""
        if number >= self.lowest or (self.anew and number <= self.anew[-1][0]):
            return False
        self.anew.append((number, value))
        return len(self.anew) >= _PROOF

    def give_up(self) -> list[int]:
        """Take what was held for what it is: late. Returns its numbers."""
        if not self.anew:
            return []
        numbers = [number for number, _ in self.anew]
        self.anew.clear()
        return numbers

    def restart(self, number: int, value: T) -> list[T]:
        """Count from the new start on. Returns what was held."""
        held = [item for _, item in self.anew]
        self.lowest, self.number, self.value = self.anew[0][0], number, value
        self.anew.clear()
        return held
