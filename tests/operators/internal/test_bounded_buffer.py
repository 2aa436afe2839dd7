"""BoundedBuffer: at most so many items, and what gives way when there are more."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rx_kucoin.operators.internal.bounded_buffer import BoundedBuffer, BufferOverflow, Overflow, is_possible


def filled(capacity: int, overflow: Overflow, items: str, *, keyed: bool = False) -> tuple[str, list[str], int]:
    """What is left of items, what was returned as dropped, and how many that were."""
    buffer, dropped = BoundedBuffer[str](capacity, overflow), list[str]()
    for item in items:
        dropped += buffer.put(item, item.lower() if keyed else None)
    left = "".join(buffer.take() for _ in range(len(buffer)))
    return left, dropped, buffer.dropped


@pytest.mark.parametrize(
    ("overflow", "keyed", "expected"),
    [
        ("drop_oldest", False, ("BaC", ["a", "b", "A"], 3)),
        ("drop_newest", False, ("abA", ["B", "a", "C"], 3)),
        ("latest", False, ("C", ["a", "b", "A", "B", "a"], 5)),
        ("latest", True, ("aBC", ["a", "b", "A"], 3)),
        ("latest_by_key", True, ("aBC", ["a", "b", "A"], 3)),
    ],
)
def test_what_gives_way_when_a_buffer_of_three_is_full(
    overflow: Overflow, *, keyed: bool, expected: tuple[str, list[str], int]
) -> None:
    assert filled(3, overflow, "abABaC", keyed=keyed) == expected


def test_an_item_of_a_new_key_drops_the_oldest_of_a_full_buffer() -> None:
    assert filled(2, "latest", "abcB", keyed=True) == ("Bc", ["a", "b"], 2)


def test_an_overflow_that_is_an_error_leaves_the_buffer_as_it_was() -> None:
    buffer = BoundedBuffer[int](2, "error")
    assert [buffer.put(1), buffer.put(2)] == [(), ()]
    with pytest.raises(BufferOverflow, match="more than 2 items behind"):
        buffer.put(3)
    assert (list(buffer.take_all()), buffer.dropped) == ([1, 2], 0)


def test_taking_all_empties_the_buffer_and_leaves_it_usable() -> None:
    buffer = BoundedBuffer[int](2, "drop_oldest")
    for item in range(3):
        buffer.put(item)
    taken = buffer.take_all()
    buffer.put(9)
    assert (list(taken), len(buffer), buffer.take()) == ([1, 2], 1, 9)
    with pytest.raises(LookupError):
        buffer.take()


@given(
    st.lists(st.integers(0, 3), max_size=40),
    st.integers(1, 4),
    st.sampled_from(["drop_oldest", "drop_newest", "latest"]),
)
def test_no_item_is_lost_without_being_returned(items: list[int], capacity: int, overflow: Any) -> None:
    buffer, dropped = BoundedBuffer[tuple[int, int]](capacity, overflow), list[tuple[int, int]]()
    for item in enumerate(items):
        dropped += buffer.put(item, item[1])
        assert len(buffer) <= capacity
    assert buffer.dropped == len(dropped)
    assert sorted([*dropped, *buffer.take_all()]) == list(enumerate(items))


@pytest.mark.parametrize(
    ("capacity", "overflow", "keyed", "expected"),
    [
        (1, "drop_oldest", False, True),
        (0, "drop_oldest", False, False),
        (1, "drop_some", False, False),
        (1, "error", True, False),
        (1, "latest", True, True),
        (1, "latest", False, True),
        (1, "latest_by_key", True, True),
        (1, "latest_by_key", False, False),
    ],
)
def test_which_buffers_are_possible(capacity: int, overflow: str, *, keyed: bool, expected: bool) -> None:
    assert is_possible(capacity, overflow, keyed=keyed) == expected
