"""One side of a book: immutable levels by price, so that a book can be kept while the next one is derived from it.

Prices are in ascending order in small chunks. A change copies its chunk and the list of chunks, and shares the rest
with the former ladder. That costs little more than a change in place of a sorted container, of which no earlier state
could be kept. `python tests/benchmarks books` compares them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import chain, islice, starmap
from operator import eq
from typing import Final, NamedTuple, Self, overload

from rx_kucoin.protocol.messages.base import Level

__all__ = ["Fill", "Ladder", "shown"]


_ZERO: Final = Decimal(0)


class _Taken(NamedTuple):
    size: Decimal
    """The filled size; less than requested if the levels do not have as much: see `missing`."""
    value: Decimal
    """Cost or proceeds: the sum of price times size."""
    worst: Decimal | None
    """The price of the last level taken; `None` if nothing was filled."""


class Fill(_Taken):
    """The result of an order that takes the best levels until it is filled.

    Check `is_whole` before `average`: a thin book may fill only a part. A tuple of size, value and worst price.
    """

    missing: Decimal
    """The size that was requested and that the levels do not have. Infinite where an infinite size was."""

    def __new__(cls, size: Decimal, value: Decimal, worst: Decimal | None, missing: Decimal = _ZERO) -> Self:
        """Make one of what was taken, and of what is missing."""
        made = super().__new__(cls, size, value, worst)
        made.missing = missing
        return made

    def __repr__(self) -> str:
        return f"Fill(size={self.size}, value={self.value}, worst={self.worst}, missing={self.missing})"

    def __reduce__(self) -> tuple[type[Self], tuple[Decimal, Decimal, Decimal | None, Decimal]]:
        return type(self), (self.size, self.value, self.worst, self.missing)

    @property
    def is_whole(self) -> bool:
        """Whether all of the requested size was filled."""
        return not self.missing

    @property
    def average(self) -> Decimal | None:
        """The average price of what was filled; `None` if nothing was."""
        return self.value / self.size if self.size else None


class Ladder(Sequence[Level]):
    """The levels of one side, best first. Indexing costs more the farther a level is from both ends."""

    __slots__ = ("_chunks", "_count", "_ends", "_falls")

    def __init__(self, levels: Iterable[tuple[Decimal, Decimal]] = (), *, falls: bool = False) -> None:
        """Make a ladder of levels in any order; `falls` if the highest price is the best, as of bids.

        Raises:
            ValueError: Two levels have the same price, or a price or size is not positive and finite.
        """
        rising = list(levels)
        for price, size in rising:
            if not (_can_be(price) and _can_be(size)):
                raise _nothing(price, size)
        rising.sort()
        prices, sizes = [price for price, _ in rising], [size for _, size in rising]
        if any(map(eq, prices, islice(prices, 1, None))):
            raise ValueError("two levels have the same price")
        starts = range(0, len(rising), _USUAL)
        self._chunks = [(prices[at : at + _USUAL], sizes[at : at + _USUAL]) for at in starts]
        self._ends = [each[-1] for each, _ in self._chunks]
        self._count = len(rising)
        self._falls = falls

    def __repr__(self) -> str:
        best = ", ".join(map(shown, self[:_SHOWN]))
        return f"<{self._count} levels{': ' if best else ''}{best}{', ...' if self._count > _SHOWN else ''}>"

    @property
    def best(self) -> Level | None:
        """The level at the best price."""
        if not self._count:
            return None
        end = -1 if self._falls else 0
        prices, sizes = self._chunks[end]
        return _level((prices[end], sizes[end]))

    @property
    def worst(self) -> Level | None:
        """The level farthest from the best."""
        if not self._count:
            return None
        end = 0 if self._falls else -1
        prices, sizes = self._chunks[end]
        return _level((prices[end], sizes[end]))

    def put(self, price: Decimal, size: Decimal) -> "Ladder":
        """Return a ladder with this size at this price; 0 removes the level.

        Raises:
            ValueError: The price or size is not valid.
        """
        ends, chunks, count = self._ends, self._chunks, self._count
        try:
            at = bisect_left(ends, price)
            if at == len(ends):
                if not at:
                    return self._alone(price, size)
                at -= 1  # above all levels: append to the last chunk
            prices, sizes = chunks[at]
            place = bisect_left(prices, price)
            is_there = place < len(prices) and prices[place] == price
            if not ((is_there or _ZERO < price < _INFINITE) and (not size or _ZERO < size < _INFINITE)):
                raise _nothing(price, size)
        except ArithmeticError:
            raise _nothing(price, size) from None
        if not is_there and not size:
            return self
        chunks = chunks.copy()
        if is_there and size:
            sizes = sizes.copy()
            sizes[place] = size
            chunks[at] = prices, sizes
        else:
            prices, sizes = prices.copy(), sizes.copy()
            chunks[at] = prices, sizes
            if size:
                count += 1
                prices.insert(place, price)
                sizes.insert(place, size)
            else:
                count -= 1
                del prices[place], sizes[place]
            if not _FEW <= len(prices) <= _MOST:
                ends = _even_out(chunks, at)
            elif prices[-1] is not ends[at]:
                ends = ends.copy()
                ends[at] = prices[-1]
        made = _new(Ladder)
        made._chunks, made._ends, made._count, made._falls = chunks, ends, count, self._falls  # noqa: SLF001
        return made

    def size_at(self, price: Decimal | int) -> Decimal:
        """Return the size at a price, 0 if there is no level.

        Raises:
            ValueError: The price is not a number, or is a float.
        """
        price = _exact(price)
        at = bisect_left(self._ends, price)
        if at == len(self._ends):
            return _ZERO
        prices, sizes = self._chunks[at]
        place = bisect_left(prices, price)
        return sizes[place] if prices[place] == price else _ZERO

    def size_to(self, price: Decimal | int) -> Decimal:
        """Return the total size at this price and at better ones.

        Raises:
            ValueError: The price is not a number, or is a float.
        """
        price = _exact(price)
        chunks = self._chunks
        at = bisect_left(self._ends, price)
        prices, sizes = chunks[at] if at < len(chunks) else _NO_CHUNK
        if self._falls:
            within, better = sizes[bisect_left(prices, price) :], chunks[at + 1 :]
        else:
            within, better = sizes[: bisect_right(prices, price)], chunks[:at]
        return sum(chain(within, *(sizes for _, sizes in better)), _ZERO)

    def fill(self, size: Decimal | int) -> Fill:
        """Take the best levels until `size` is filled; an infinite size takes them all.

        Raises:
            ValueError: The size is below 0, not a number, or a float.
        """
        size = _exact(size)
        if size < 0:
            raise ValueError(f"size must be 0 or more, not {size}")
        filled, value, worst = _ZERO, _ZERO, None
        for price, there in _pairs(self._chunks, falls=self._falls):
            if filled >= size:
                break
            taken = min(there, size - filled)
            filled, value, worst = filled + taken, value + taken * price, price
        return Fill(filled, value, worst, size - filled)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Level]:
        return map(_level, _pairs(self._chunks, falls=self._falls))

    def __reversed__(self) -> Iterator[Level]:
        return map(_level, _pairs(self._chunks, falls=not self._falls))

    @overload
    def __getitem__(self, place: int) -> Level: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Level, ...]: ...
    def __getitem__(self, place: int | slice) -> Level | tuple[Level, ...]:
        if isinstance(place, slice):
            return self._slice(range(self._count)[place])
        rank = range(self._count)[place]
        is_near = 2 * rank < self._count
        rank = rank if is_near else self._count - 1 - rank
        rises = self._falls is not is_near  # iterate from the nearer end
        for prices, sizes in self._chunks if rises else reversed(self._chunks):
            if rank < len(prices):
                place = rank if rises else -1 - rank
                return _level((prices[place], sizes[place]))
            rank -= len(prices)
        raise AssertionError("unreachable: the count is that of the chunks")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ladder):
            return NotImplemented
        if self._falls != other._falls or self._count != other._count:
            return False
        return self._chunks == other._chunks or all(map(eq, self, other))

    def __hash__(self) -> int:
        return hash((self._falls, self._count, *self[:_SHOWN]))

    def _alone(self, price: Decimal, size: Decimal) -> "Ladder":
        if not (_can_be(price) and (_can_be(size) or not size)):
            raise _nothing(price, size)
        return Ladder([(price, size)], falls=self._falls) if size else self

    def _slice(self, wanted: range) -> tuple[Level, ...]:
        """Return the levels at these indices, iterating from the nearer end."""
        if wanted.step < 0:
            return self._slice(wanted[::-1])[::-1]
        if not wanted:
            return ()
        first, behind = wanted.start, self._count - 1 - wanted[-1]
        if first <= behind:
            return tuple(islice(self, first, wanted.stop, wanted.step))
        return tuple(islice(reversed(self), behind, self._count - first, wanted.step))[::-1]


def shown(level: Level) -> str:
    """Format a level, without exponents unless a number is extremely large or small."""
    price, size = (f"{each:f}" if abs(each.adjusted()) < _DIGITS else str(each) for each in level)
    return f"{size} @ {price}"


_Chunk = tuple[list[Decimal], list[Decimal]]
"""Ascending prices, and the sizes at them. The chunks of a ladder are never changed."""


def _even_out(chunks: list[_Chunk], at: int) -> list[Decimal]:
    """Split a chunk that has become long; merge one that has become short with its neighbour. Return the ends."""
    is_long = len(chunks[at][0]) > _MOST
    first = at if is_long else max(0, at - 1)
    around = slice(first, first + (1 if is_long else 2))
    prices = [price for each, _ in chunks[around] for price in each]
    sizes = [size for _, each in chunks[around] for size in each]
    middle = len(prices) // 2 if len(prices) > _MOST else len(prices)
    halves = (prices[:middle], sizes[:middle]), (prices[middle:], sizes[middle:])
    chunks[around] = [half for half in halves if half[0]]
    return [each[-1] for each, _ in chunks]


def _pairs(chunks: list[_Chunk], *, falls: bool) -> Iterator[tuple[Decimal, Decimal]]:
    """Iterate over pairs of price and size, without making a `Level` of each."""
    if not falls:
        return chain.from_iterable(starmap(zip, chunks))
    falling = ((reversed(prices), reversed(sizes)) for prices, sizes in reversed(chunks))
    return chain.from_iterable(starmap(zip, falling))


def _exact(given: Decimal | int) -> Decimal:
    """Convert a number of the caller's. A float is refused: it rarely is exactly the price that it looks like."""
    number = given if isinstance(given, Decimal) else Decimal(given)
    if isinstance(given, float) or number.is_nan():
        raise ValueError(f"prices and sizes are of type Decimal or int, and numbers, not {given!r}")
    return number


def _can_be(number: Decimal) -> bool:
    return number.is_finite() and number > 0


def _nothing(price: Decimal, size: Decimal) -> ValueError:
    return ValueError(f"no level of {size} can stand at {price}")


_new: Final = Ladder.__new__
_level: Final[Callable[[tuple[Decimal, Decimal]], Level]] = partial(
    tuple.__new__,  # pyright: ignore[reportUnknownMemberType]
    Level,
)
"""`Level._make`, but implemented in C."""
_NO_CHUNK: Final[_Chunk] = ([], [])
_INFINITE: Final = Decimal("Infinity")
_USUAL: Final = 32
"""Levels in a chunk of a new ladder."""
_MOST, _FEW = 64, 8
"""Most and fewest levels of a chunk: a larger one is split, a smaller one merged with its neighbour."""
_SHOWN: Final = 3
_DIGITS: Final = 24
