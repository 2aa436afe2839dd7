"""Streams in asyncio: with real threads, in real loops."""

import asyncio
import gc
import random
import textwrap
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import reactivex as rx
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.internal.exceptions import SequenceContainsNoElementsError
from reactivex.subject import Subject
from waiting import eventually

from rx_kucoin.aio import Overflow, aiter_of, first_of, last_of
from rx_kucoin.operators._buffer_bounded import BufferOverflow


class Counting:
    """A stream that counts on a thread of its own, as fast as it goes, for as long as somebody listens."""

    def __init__(self, end: int | None = None, error: Exception | None = None) -> None:
        self.end, self.error = end, error
        self.listening, self.subscribed = 0, 0
        self.lock = threading.Lock()
        self.stream: Observable[int] = Observable(self.subscribe)

    def subscribe(self, observer: abc.ObserverBase[int], _: object = None) -> abc.DisposableBase:
        stop = threading.Event()
        with self.lock:
            self.listening, self.subscribed = self.listening + 1, self.subscribed + 1

        def count() -> None:
            at = 0
            while at != self.end:
                if stop.is_set():
                    return
                observer.on_next(at)
                at += 1
            if self.error is None:
                observer.on_completed()
            else:
                observer.on_error(self.error)

        def leave() -> None:
            stop.set()
            with self.lock:
                self.listening -= 1

        threading.Thread(target=count, daemon=True).start()
        return Disposable(leave)


async def turns(count: int = 5) -> None:
    """Let the loop go round a few times."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_everything_comes_in_order_from_another_thread() -> None:
    async def main() -> list[int]:
        return [value async for value in aiter_of(Counting(20_000).stream, maxsize=20_000)]

    assert asyncio.run(main()) == list(range(20_000))


def test_nothing_is_subscribed_to_before_the_first_value_is_asked_for() -> None:
    counting = Counting()

    async def main() -> None:
        values = aiter_of(counting.stream)
        await turns()
        assert counting.subscribed == 0
        assert repr(values) == "<Values not begun | 0 of 1000 wait | 0 dropped>"
        await anext(values)
        assert counting.listening == 1
        await values.aclose()
        assert counting.listening == 0

    asyncio.run(main())


@pytest.mark.parametrize(
    ("overflow", "left", "gone"),
    [("drop_oldest", [7, 8, 9], [1] * 7), ("drop_newest", [0, 1, 2], [1] * 7), ("latest", [9], [1] * 9)],
)
def test_what_gives_way_is_what_one_chose(overflow: Overflow, left: list[int], gone: list[int]) -> None:
    drops: list[int] = []

    async def main() -> list[int]:
        return [value async for value in aiter_of(rx.range(10), maxsize=3, overflow=overflow, on_drop=drops.append)]

    assert (asyncio.run(main()), drops) == (left, gone)


@pytest.mark.parametrize("overflow", ["latest", "latest_by_key"])
def test_the_latest_of_each_key_is_kept(overflow: Overflow) -> None:
    drops: list[int] = []

    async def main() -> list[int]:
        values = aiter_of(rx.range(10), maxsize=3, overflow=overflow, key=lambda it: it % 2, on_drop=drops.append)
        return [value async for value in values]

    assert (asyncio.run(main()), drops) == ([8, 9], [1] * 8)


def test_a_mistake_in_key_ends_the_iteration() -> None:
    async def main() -> list[float]:
        return [value async for value in aiter_of(rx.of(1, 0), overflow="latest", key=lambda it: 1 / it)]

    with pytest.raises(ZeroDivisionError):
        asyncio.run(main())


def test_too_many_values_are_an_error_behind_those_that_were_there() -> None:
    counting, got = Counting(), []

    async def main() -> None:
        async for value in aiter_of(counting.stream, maxsize=3, overflow="error"):
            got.append(value)
            assert await asyncio.to_thread(eventually, lambda: counting.listening == 0)

    with pytest.raises(BufferOverflow, match="more than 3 items behind"):
        asyncio.run(main())
    assert got == list(range(len(got)))
    assert got


def test_an_error_of_the_stream_is_raised_in_the_loop_behind_its_values() -> None:
    got: list[int] = []

    async def main() -> None:
        async with aiter_of(Counting(3, ZeroDivisionError("theirs")).stream) as values:
            while True:
                got.append(await anext(values))

    with pytest.raises(ZeroDivisionError, match="theirs"):
        asyncio.run(main())
    assert got == [0, 1, 2]


def test_a_mistake_in_on_drop_ends_the_iteration_and_not_the_thread_of_the_stream() -> None:
    async def main() -> None:
        async for _ in aiter_of(rx.range(10), maxsize=1, on_drop=lambda count: count / 0):
            pass

    with pytest.raises(ZeroDivisionError):
        asyncio.run(main())


def test_a_break_lets_go_at_the_loop_s_next_turn() -> None:
    counting = Counting()

    async def main() -> None:
        async for value in aiter_of(counting.stream):
            if value > 10:
                break
        await turns()
        assert counting.listening == 0

    asyncio.run(main())
    assert counting.subscribed == 1


def test_leaving_the_block_lets_go_at_once_even_by_an_exception() -> None:
    counting, listening = Counting(), []

    async def main() -> None:
        try:
            async with aiter_of(counting.stream) as values:
                async for _ in values:
                    raise KeyError
        finally:
            listening.append(counting.listening)

    with pytest.raises(KeyError):
        asyncio.run(main())
    assert listening == [0]


def test_who_waits_in_another_task_is_told_when_it_is_closed() -> None:
    async def main() -> list[int]:
        values = aiter_of(rx.never())

        async def wait() -> list[int]:
            return [value async for value in values]

        waiting = asyncio.create_task(wait())
        await turns()
        await values.aclose()
        return await waiting

    assert asyncio.run(main()) == []


def test_cancelled_at_random_moments_nothing_is_left_subscribed() -> None:
    counting, dice = Counting(), random.Random(7)

    async def consume(pause: bool) -> None:  # noqa: FBT001
        async for _ in aiter_of(counting.stream, maxsize=10):
            if pause:
                await asyncio.sleep(0.0001)

    async def main() -> None:
        for _ in range(200):
            task = asyncio.create_task(consume(dice.random() < 0.5))
            if dice.random() < 0.3:
                await turns(dice.randrange(4))
            else:
                await asyncio.sleep(dice.random() * 0.004)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await turns()
        assert counting.listening == 0

    asyncio.run(main())
    assert counting.subscribed > 100


@pytest.mark.parametrize("holds", [True, False], ids=["held", "forgotten"])
def test_the_end_of_the_loop_lets_go(holds: bool) -> None:  # noqa: FBT001
    counting, held = Counting(), []

    async def main() -> None:
        values = aiter_of(counting.stream)
        await anext(values)
        if holds:
            held.append(values)

    asyncio.run(main())
    assert counting.listening == 0


def test_a_stream_that_speaks_into_a_closed_loop_is_let_go() -> None:
    source: Subject[int] = Subject()
    loop = asyncio.new_event_loop()
    held = [aiter_of(source)]

    async def begin() -> None:
        [values] = held
        waiting = asyncio.ensure_future(anext(values))
        await turns()
        source.on_next(1)
        assert await waiting == 1

    loop.run_until_complete(begin())
    loop.close()
    assert source.observers
    source.on_next(2)
    assert not source.observers
    held.clear()
    gc.collect()


def test_the_loop_is_woken_once_for_many_values() -> None:
    class Loop(asyncio.SelectorEventLoop):
        woken = 0

        def call_soon_threadsafe(self, *args: Any, **more: Any) -> Any:
            Loop.woken += 1
            return super().call_soon_threadsafe(*args, **more)

    source: Subject[int] = Subject()

    async def main() -> list[int]:
        values = aiter_of(source)
        waiting = asyncio.ensure_future(anext(values))
        await turns()

        def speak() -> None:
            for at in range(500):
                source.on_next(at)
            source.on_completed()

        thread = threading.Thread(target=speak)
        thread.start()
        thread.join()  # the loop stands still meanwhile
        before = Loop.woken
        got = [await waiting, *[value async for value in values]]
        assert before == 1
        return got

    with asyncio.Runner(loop_factory=Loop) as runner:
        assert runner.run(main()) == list(range(500))


def test_others_on_the_loop_have_their_turn_while_values_abound() -> None:
    async def main() -> int:
        seen = 0

        async def other() -> None:
            nonlocal seen
            while True:
                seen += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        async for _ in aiter_of(rx.range(10_000), maxsize=10_000):
            pass
        task.cancel()
        return seen

    assert asyncio.run(main()) >= 30


def test_a_value_is_taken_by_one_of_several() -> None:
    async def main() -> list[int]:
        values = aiter_of(Counting(100).stream)
        return [await anext(values), await anext(values), *[value async for value in values]]

    assert asyncio.run(main()) == list(range(100))


@pytest.mark.parametrize(("of", "value"), [(first_of, 0), (last_of, 4_999)])
def test_one_value_can_be_awaited(of: Callable[[Observable[int]], Any], value: int) -> None:
    counting = Counting(5_000)
    assert asyncio.run(of(counting.stream)) == value
    assert counting.listening == 0


def test_the_first_of_a_stream_that_never_ends_by_itself_lets_go_of_it() -> None:
    numbers = count()
    assert asyncio.run(first_of(rx.from_iterable(numbers))) == 0
    assert next(numbers) < 5


@pytest.mark.parametrize("of", [first_of, last_of])
def test_a_stream_without_values_has_neither_first_nor_last(of: Callable[[Observable[int]], Any]) -> None:
    with pytest.raises(SequenceContainsNoElementsError):
        asyncio.run(of(rx.empty()))


@pytest.mark.parametrize("of", [first_of, last_of])
def test_waiting_for_one_can_be_given_up(of: Callable[[Observable[int]], Any]) -> None:
    source: Subject[int] = Subject()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(of(source), 0.01)
        assert not source.observers

    asyncio.run(main())


def test_rxpy_s_own_await_settles_its_future_on_the_wrong_thread() -> None:
    """What asyncio says of it when asked to look: the reason why `first_of` is here."""
    source, said = Subject[int](), []

    def speak() -> None:
        try:
            source.on_next(1)
            source.on_completed()
        except RuntimeError as error:
            said.append(str(error))

    async def theirs() -> int:
        return await source

    async def main() -> None:
        waiting = theirs()  # by hand, as a task that waits so is never woken, and cannot be cancelled
        waiting.send(None).add_done_callback(lambda _: None)
        thread = threading.Thread(target=speak)
        thread.start()
        thread.join()
        waiting.close()

    asyncio.run(main(), debug=True)
    assert "Non-thread-safe operation" in said[0]


def test_a_notebook_s_cell_needs_nothing_but_await() -> None:
    """As the kernel does it: the loop runs, and a cell is a coroutine in it."""
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell.instance()
    cell = """
    async for value in aiter_of(counting.stream):
        if value >= 100:
            break
    first = await first_of(counting.stream)
    """
    shell.user_ns.update(counting=Counting(), aiter_of=aiter_of, first_of=first_of)

    async def main() -> None:
        ran = await shell.run_cell_async(textwrap.dedent(cell), transformed_cell=textwrap.dedent(cell))
        ran.raise_error()
        await turns()

    asyncio.run(main())
    assert shell.user_ns["value"] >= 100
    assert (shell.user_ns["first"], shell.user_ns["counting"].listening) == (0, 0)


def test_it_keeps_up_with_any_exchange() -> None:
    count = 100_000

    async def main() -> float:
        begin = time.perf_counter()
        async for _ in aiter_of(Counting(count).stream, maxsize=count):
            pass
        return time.perf_counter() - begin

    rate = count / asyncio.run(main())
    print(f"aiter_of: {rate:,.0f} messages a second from another thread")
    assert rate > 10_000


@pytest.mark.parametrize("wrong", [{"maxsize": 0}, {"overflow": "latest_by_key"}, {"key": len}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="aiter_of cannot"):
        aiter_of(rx.never(), **wrong)
