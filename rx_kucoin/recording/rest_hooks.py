"""Observables that record what passes through them: answers of REST calls, and completed ping barriers."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from reactivex import Observable, abc
from reactivex import operators as ops

from rx_kucoin.protocol.limits import Market
from rx_kucoin.recording.file.codec import write_error
from rx_kucoin.recording.file.records import raw

__all__ = ["Facts", "record_answer", "record_barrier", "record_offer"]

T = TypeVar("T")


class Facts(Protocol):
    """Where facts are recorded."""

    is_active: bool

    def fact(self, kind: str, connection: int = 0, topic: str = "", data: Mapping[str, Any] = ...) -> None:
        """Record something that happened."""
        ...


def record_answer(
    source: Observable[bytes], facts: Facts, market: Market, path: str, *, is_signed: bool
) -> Observable[bytes]:
    """Record a call when it is subscribed to, and its answer or its error."""
    about = _about(market, path, is_signed=is_signed)

    def subscribe(observer: abc.ObserverBase[bytes], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        def answered(data: bytes) -> None:
            if facts.is_active:
                facts.fact("answered", data={**about, "answer": raw(data)})
            observer.on_next(data)

        def failed(error: Exception) -> None:
            if facts.is_active:
                facts.fact("answered", data={**about, "error": write_error(error)})
            observer.on_error(error)

        facts.fact("asked", data=about)
        return source.subscribe(answered, failed, observer.on_completed, scheduler=scheduler)

    return Observable(subscribe)


def record_offer(
    source: Observable[bytes], facts: Facts, market: Market, path: str, *, is_signed: bool
) -> Observable[bytes]:
    """Record an answer that no stream waits for: a replay that begins here takes it."""

    def answered(data: bytes) -> None:
        if facts.is_active:
            facts.fact("offered", data={**_about(market, path, is_signed=is_signed), "answer": raw(data)})

    return source.pipe(ops.do_action(answered))


def record_barrier(source: Observable[T], facts: Facts, topic: str) -> Observable[T]:
    """Record when it completes."""

    def subscribe(observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        def completed() -> None:
            facts.fact("proved", topic=topic)
            observer.on_completed()

        return source.subscribe(observer.on_next, observer.on_error, completed, scheduler=scheduler)

    return Observable(subscribe)


def _about(market: Market, path: str, *, is_signed: bool) -> dict[str, Any]:
    return {"market": market, "path": path, **({"signed": True} if is_signed else {})}
