"""One side of a book: levels by price, immutable, so that a book can be kept while the next one is made from it.

Prices lie in rising order in small chunks. A change copies the chunk that it falls into and the list of chunks, and
shares the rest with the ladder that it is made from: about as much work as in a sorted container that is changed in
place, at which nobody could look later. `tests/benchmarks` measures it beside those.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final, NamedTuple, overload

from rx_kucoin.protocol.messages.base import Level

__all__ = ["Fill", "Ladder"]


class Fill(NamedTuple):
    """What an order would get that takes the best levels until it is filled."""

    size: Decimal
    """Less than was asked for, where the levels do not hold as much."""
    value: Decimal
    """What it costs or brings: the sum of price times size."""
    worst: Decimal | None
    """The price of the last level that it takes from; None: there is none."""

    @property
    def average(self) -> Decimal | None:
        """The price of it all."""
        return self.value / self.size if self.size else None


class Ladder(Sequence[Level]):
    """The levels of one side, best first. Asking for one by its place costs more, the farther it is from both ends."""

    __slots__ = ("_count", "_ends", "_falls", "_prices", "_sizes")

    def __init__(self, levels: Iterable[tuple[Decimal, Decimal]] = (), *, falls: bool = False) -> None:
        """Make one of levels in any order; `falls` where the highest price is the best, as of bids.

        Raises:
            ValueError: two levels have the same price, or one has a price or a size that none can have.
        """
        rising = sorted(levels)
        for price, size in rising:
            if not (_ZERO < price < _INFINITE and _ZERO < size < _INFINITE):
                raise ValueError(f"no level of {size} can stand at {price}")
        if any(low == high for (low, _), (high, _) in zip(rising, islice(rising, 1, None), strict=False)):
            raise ValueError("two levels have the same price")
        chunks = [rising[at : at + _USUAL] for at in range(0, len(rising), _USUAL)]
        self._prices = [[price for price, _ in chunk] for chunk in chunks]
        self._sizes = [[size for _, size in chunk] for chunk in chunks]
        self._ends = [chunk[-1] for chunk in self._prices]
        self._count = len(rising)
        self._falls = falls

    def __repr__(self) -> str:
        shown = ", ".join(f"{size:f} @ {price:f}" for price, size in self[:_SHOWN])
        return f"<{self._count} levels: {shown}{', ...' if self._count > _SHOWN else ''}>"

    @property
    def best(self) -> Level | None:
        """The level at the best price."""
        if not self._count:
            return None
        chunk, place = (-1, -1) if self._falls else (0, 0)
        return Level(self._prices[chunk][place], self._sizes[chunk][place])

    @property
    def worst(self) -> Level | None:
        """The level farthest from the best."""
        if not self._count:
            return None
        chunk, place = (0, 0) if self._falls else (-1, -1)
        return Level(self._prices[chunk][place], self._sizes[chunk][place])

    def put(self, price: Decimal, size: Decimal) -> "Ladder":
        """Return a ladder with this size at this price; 0: without the level.

        Raises:
            ValueError: no level has such a price or size.
        """
        ends = self._ends
        chunk = bisect_left(ends, price)
        if chunk == len(ends):
            if not chunk:
                return Ladder([(price, size)], falls=self._falls) if size else self
            chunk -= 1  # above everything: the last chunk grows
        prices = self._prices[chunk]
        place = bisect_left(prices, price)
        is_there = place < len(prices) and prices[place] == price
        if not size:
            return self._without(chunk, place) if is_there else self
        if not _ZERO < size < _INFINITE:
            raise ValueError(f"no level can have size {size}")
        if not is_there:
            return self._with(chunk, place, price, size)
        changed = self._sizes.copy()
        sizes = changed[chunk] = changed[chunk].copy()
        sizes[place] = size
        return _ladder(self._prices, changed, ends, self._count, self._falls)

    def size_at(self, price: Decimal) -> Decimal:
        """Tell what stands at a price: 0 where there is no level."""
        chunk = bisect_left(self._ends, price)
        if chunk == len(self._ends):
            return _ZERO
        prices = self._prices[chunk]
        place = bisect_left(prices, price)
        return self._sizes[chunk][place] if prices[place] == price else _ZERO

    def size_to(self, price: Decimal) -> Decimal:
        """Sum up what stands at this price and at better ones."""
        total = _ZERO
        for level, size in self:
            if level < price if self._falls else level > price:
                break
            total += size
        return total

    def fill(self, size: Decimal) -> Fill:
        """Take the best levels until so much is filled.

        Raises:
            ValueError: a size below 0.
        """
        if not size >= 0:
            raise ValueError(f"size must be 0 or more, not {size}")
        filled, value, worst = _ZERO, _ZERO, None
        for price, there in self:
            if filled >= size:
                break
            taken = min(there, size - filled)
            filled, value, worst = filled + taken, value + taken * price, price
        return Fill(filled, value, worst)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Level]:
        chunks = zip(self._prices, self._sizes, strict=True)
        if not self._falls:
            for prices, sizes in chunks:
                yield from map(Level, prices, sizes)
            return
        for prices, sizes in reversed(list(chunks)):
            yield from map(Level, reversed(prices), reversed(sizes))

    @overload
    def __getitem__(self, place: int) -> Level: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Level, ...]: ...
    def __getitem__(self, place: int | slice) -> Level | tuple[Level, ...]:
        if isinstance(place, slice):
            wanted = range(self._count)[place]
            if wanted.step < 0 or not wanted:
                return tuple(self)[place] if wanted else ()
            return tuple(islice(self, wanted.start, wanted.stop, wanted.step))
        rank = range(self._count)[place]
        rank = self._count - 1 - rank if self._falls else rank
        for prices, sizes in zip(self._prices, self._sizes, strict=True):
            if rank < len(prices):
                return Level(prices[rank], sizes[rank])
            rank -= len(prices)
        raise AssertionError("unreachable: the count is that of the chunks")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ladder):
            return NotImplemented
        if self._falls != other._falls or self._count != other._count:
            return False
        return self is other or all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash((self._falls, self._count, *self[:_SHOWN]))

    def _with(self, chunk: int, place: int, price: Decimal, size: Decimal) -> "Ladder":
        if not _ZERO < price < _INFINITE:
            raise ValueError(f"no level can stand at {price}")
        all_prices, all_sizes, ends = self._prices.copy(), self._sizes.copy(), self._ends
        prices = all_prices[chunk] = all_prices[chunk].copy()
        sizes = all_sizes[chunk] = all_sizes[chunk].copy()
        prices.insert(place, price)
        sizes.insert(place, size)
        if len(prices) > _MOST:
            all_prices[chunk : chunk + 1] = halves = _halved(prices)
            all_sizes[chunk : chunk + 1] = _halved(sizes)
            ends = [*ends[:chunk], halves[0][-1], halves[1][-1], *ends[chunk + 1 :]]
        elif place == len(prices) - 1:
            ends = ends.copy()
            ends[chunk] = price
        return _ladder(all_prices, all_sizes, ends, self._count + 1, self._falls)

    def _without(self, chunk: int, place: int) -> "Ladder":
        all_prices, all_sizes, ends = self._prices.copy(), self._sizes.copy(), self._ends
        prices = all_prices[chunk] = all_prices[chunk].copy()
        sizes = all_sizes[chunk] = all_sizes[chunk].copy()
        del prices[place], sizes[place]
        if not prices:
            del all_prices[chunk], all_sizes[chunk]
            ends = [*ends[:chunk], *ends[chunk + 1 :]]
        elif len(prices) < _FEW and len(ends) > 1:
            left = max(0, chunk - 1)  # joins its neighbour, and both are halved if that makes too many
            for each in (all_prices, all_sizes):
                joined = each[left] + each[left + 1]
                each[left : left + 2] = _halved(joined) if len(joined) > _MOST else [joined]
            ends = [each[-1] for each in all_prices]
        elif place == len(prices):
            ends = ends.copy()
            ends[chunk] = prices[-1]
        return _ladder(all_prices, all_sizes, ends, self._count - 1, self._falls)


_Chunks = list[list[Decimal]]


def _ladder(prices: _Chunks, sizes: _Chunks, ends: list[Decimal], count: int, falls: bool) -> Ladder:  # noqa: FBT001
    """Make one of parts that nobody changes any more."""
    made = _new(Ladder)
    made._prices, made._sizes, made._ends, made._count, made._falls = prices, sizes, ends, count, falls  # noqa: SLF001
    return made


def _halved(chunk: list[Decimal]) -> _Chunks:
    middle = len(chunk) // 2
    return [chunk[:middle], chunk[middle:]]


_new: Final = Ladder.__new__
_ZERO: Final = Decimal(0)
_INFINITE: Final = Decimal("Infinity")
_USUAL: Final = 64
"""Levels in a chunk of a fresh ladder."""
_MOST, _FEW = 128, 16
"""Levels in a chunk: above, it is halved; below, it joins its neighbour."""
_SHOWN: Final = 3
