"""Pass on what moves the sequence forward; report what is missing, what comes again and what starts anew."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from reactivex import Observable, abc

from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach

__all__ = ["Doubt", "in_sequence"]

T = TypeVar("T")

_PROOF: Final = 3
"""Values in a row, none of them a repetition, after which a sequence is taken to have started anew."""
_MOST_HELD: Final = 64
"""Values that are held, at most, while a source may repeat because it lags; then the oldest is dropped."""


def _nobody(*_: int | None) -> None:
    """Is told of what nobody wants to know."""


class Doubt:
    """Whether something may be missing before the next value, as only somebody further up can know."""

    __slots__ = ("raised",)

    def __init__(self, *, raised: bool = False) -> None:
        self.raised = raised


def in_sequence(
    last: Callable[[T], int | None],
    *,
    first: Callable[[T], int | None] | None = None,
    key: Callable[[T], Hashable] | None = None,
    contiguous: bool = False,
    strict: bool = True,
    on_gap: Callable[[int | None, int | None], object] = _nobody,
    on_repeat: Callable[[int], object] = _nobody,
    on_reset: Callable[[int, int], object] = _nobody,
    doubt: Doubt | None = None,
    lags: Callable[[], bool] | None = None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Pass on each value whose sequence number is above that of the one before, and drop the others.

    A value without a number passes. Numbers that do not go on from the last one but rise among themselves are a new
    beginning, after three in a row: the source started anew, or the last number was a single odd one, far ahead. The
    three are held meanwhile, and not lost. If the last number is passed instead, or the source completes, they were
    late and are dropped.

    Where a source may repeat what was passed because it lags (`lags`), numbers that may have been passed prove nothing.
    Those that cannot have been are below the first of all, or between the last two.

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

    .. marble::

        source: -1-2-9-3-4-5----6|
        [ in_sequence(int, on_reset=resets) ]
        result: -1-2-9-----(345)6|
        resets: -----------9

    Args:
        last: The number of a value, or of the end of its range.
        first: The start of its range. None: the same as `last`.
        key: Several streams in one, each with numbers of its own.
        contiguous: A value starts where the one before it ended; a hole is told to `on_gap`.
        strict: A number stands for one value. Otherwise only an equal value with an equal number is a repetition.
        on_gap: Told of a hole: the last number before it and the first one after; None where nothing has a number.
        on_repeat: Told of the number of a value that was dropped.
        on_reset: Told of a sequence that started anew: the last number before and the first one after.
        doubt: Where `contiguous` cannot tell: while it is raised, the next value that passes is told to `on_gap`, if it
            is a step forward, the first of its stream, or without a number.
        lags: Whether a source may repeat now what was passed because it lags. Up to 64 such values are held, until they
            get beyond the last one, or it returns False. None: it always may, and they are dropped at once.

    Returns:
        An operator function that takes an observable source and returns it in sequence.
    """
    rules = _Rules(last, first or last, key, contiguous, strict, on_gap, on_repeat, on_reset, doubt or Doubt(), lags)

    def sequence(source: Observable[T]) -> Observable[T]:
        def subscribe(sink: Sink[T], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            return attach(source, _Order(sink, rules), scheduler_)

        return Unguarded(subscribe)

    return sequence


_ALWAYS: Final = Doubt(raised=True)


@dataclass(slots=True)
class _Rules(Generic[T]):
    last: Callable[[T], int | None]
    first: Callable[[T], int | None]
    key: Callable[[T], Hashable] | None
    contiguous: bool
    strict: bool
    on_gap: Callable[[int | None, int | None], object]
    on_repeat: Callable[[int], object]
    on_reset: Callable[[int, int], object]
    doubt: Doubt
    lags: Callable[[], bool] | None


class _Stream(Generic[T]):
    """How far one stream has come. What was passed lies between `lowest` and `before`, and at `number`."""

    __slots__ = ("before", "held", "lowest", "number", "value")

    def __init__(self, number: int) -> None:
        self.number = self.before = self.lowest = number
        """The last one, the one before that, and the one that it began with."""
        self.value: T | None = None
        """The last one, where another may have its number. Kept for nothing it would cost memory, and caches."""
        self.held: list[tuple[int, T]] | None = None
        """What does not go on from the last number, rising: late, or a new beginning. None: nothing."""

    def is_new(self, number: int) -> bool:
        """Whether a number cannot have been passed."""
        return number < self.lowest or self.before < number < self.number


class _Order(Generic[T]):
    """One subscription. What moves a stream forward, which nearly everything does, takes the shortest way."""

    __slots__ = ("_key", "_last", "_rules", "_sink", "_stream", "_streams", "_watch")

    def __init__(self, sink: Sink[T], rules: _Rules[T]) -> None:
        self._sink, self._rules = sink, rules
        self._watch = rules.doubt if rules.strict and not rules.contiguous else _ALWAYS
        """Whether there is more to look at than that a number is above the last."""
        self._last, self._key = rules.last, rules.key
        self._stream: _Stream[T] | None = None
        """The only one, where there are no keys."""
        self._streams: dict[Hashable, _Stream[T]]
        if rules.key is not None:
            self._streams = {}

    def on_next(self, value: T) -> None:
        due: Sequence[T] | None = None
        try:
            last = self._last  # apart from the call: as it is no method, Python 3.11 is quicker so
            number = last(value)
            if number is not None:
                stream = self._stream or self._keyed(value)
                if stream is None:
                    self._begin(number, value)
                elif number > stream.number:
                    if stream.held or self._watch.raised:
                        self._step(stream, number, value)
                    else:
                        stream.before = stream.number
                        stream.number = number
                elif not self._is_news(stream, number, value):
                    due = self._look(stream, number, value)
            elif self._rules.doubt.raised:
                self._tell(None, None)
        except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
            self._sink.on_error(error)
            return
        if due is None:
            self._sink.on_next(value)
            return
        for item in due:
            self._sink.on_next(item)

    def on_error(self, error: Exception) -> None:
        self._sink.on_error(error)

    def on_completed(self) -> None:
        streams = (self._stream,) if self._key is None else self._streams.values()
        for stream in streams:
            if stream is not None:
                self._drop_held(stream)  # what is held was late after all
        self._sink.on_completed()

    def _keyed(self, value: T) -> _Stream[T] | None:
        """Find the stream of a value, where there may be several; where there is one, it has not begun."""
        return None if self._key is None else self._streams.get(self._key(value))

    def _tell(self, before: int | None, after: int | None) -> None:
        self._rules.doubt.raised = False
        self._rules.on_gap(before, after)

    def _begin(self, number: int, value: T) -> None:
        if self._rules.doubt.raised and not self._rules.contiguous:
            self._tell(None, number)
        stream: _Stream[T] = _Stream(number)
        if not self._rules.strict:
            stream.value = value
        if self._key is None:
            self._stream = stream
        else:
            self._streams[self._key(value)] = stream

    def _step(self, stream: _Stream[T], number: int, value: T) -> None:
        rules = self._rules
        begun = rules.first(value) if rules.contiguous else None
        if begun is not None and begun > stream.number + 1:
            rules.on_gap(stream.number, begun)
        elif rules.doubt.raised and begun is None:
            rules.on_gap(stream.number, number)
        rules.doubt.raised = False
        self._drop_held(stream)
        self._go_on(stream, number, value)

    def _go_on(self, stream: _Stream[T], number: int, value: T) -> None:
        stream.before, stream.number = stream.number, number
        if not self._rules.strict:
            stream.value = value

    def _is_news(self, stream: _Stream[T], number: int, value: T) -> bool:
        """Whether a value with the number of the one before is another one nevertheless."""
        if number != stream.number or self._rules.strict or _are_equal(value, stream.value):
            return False
        self._drop_held(stream)
        stream.value = value
        return True

    def _look(self, stream: _Stream[T], number: int, value: T) -> Sequence[T]:
        """Look at what does not go on from the last one. Returns what may pass now.

        There are four cases:

        1. it repeats the last one that is held: it is dropped, and the row goes on;
        2. it repeats the last one that was passed, or it may repeat any and the source always lags: it is dropped, and
           so is the row;
        3. it is one in a row that is proved, or too short: it is held;
        4. with it the row is proved: all of the row passes.
        """
        held = stream.held or []
        if held and number == held[-1][0] and (self._rules.strict or _are_equal(value, held[-1][1])):
            self._rules.on_repeat(number)
            return ()
        lags = self._rules.lags
        if number == stream.number or (lags is None and not stream.is_new(number)):
            self._drop_held(stream)
            self._rules.on_repeat(number)
            return ()
        if held and number < held[-1][0]:
            self._drop_held(stream)
            held = []
        held.append((number, value))
        stream.held = held
        if len(held) < _PROOF:
            return ()
        if lags is not None and not lags():
            return self._begin_anew(stream, held)
        if all(stream.is_new(each) for each, _ in held[-_PROOF:]):
            while not stream.is_new(held[0][0]):
                self._rules.on_repeat(held.pop(0)[0])
            return self._begin_anew(stream, held)
        if len(held) > _MOST_HELD:
            self._rules.on_repeat(held.pop(0)[0])
        return ()

    def _begin_anew(self, stream: _Stream[T], held: list[tuple[int, T]]) -> Sequence[T]:
        stream.held = None
        (begun, opening), *others = held
        if self._rules.doubt.raised:
            self._tell(stream.number, begun)
        self._rules.on_reset(stream.number, begun)
        if begun <= stream.before:  # else it goes on from there, and only the last number was odd
            stream.before = stream.lowest = begun
        stream.number = begun
        if not self._rules.strict:
            stream.value = opening
        for number, value in others:
            if number > stream.number:
                self._step(stream, number, value)
            else:
                stream.value = value
        return [value for _, value in held]

    def _drop_held(self, stream: _Stream[T]) -> None:
        if stream.held:
            late, stream.held = stream.held, None
            for number, _ in late:
                self._rules.on_repeat(number)


def _are_equal(one: object, other: object) -> bool:
    """Whether two values are equal; those that cannot be compared (a signaling NaN is in them) are not."""
    try:
        return bool(one == other)
    except ArithmeticError:
        return False
