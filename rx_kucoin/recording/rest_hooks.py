"""What recordings are told of that does not come by itself: answers to calls, and proofs that a line was alive."""

from typing import Any, TypeVar

from reactivex import Observable, abc
from reactivex import operators as ops

from rx_kucoin.protocol.limits import Market
from rx_kucoin.recording.file.codec import write_error
from rx_kucoin.recording.file.lines import raw
from rx_kucoin.recording.hooks import Tap

__all__ = ["overhear_answer", "overhear_offer", "overhear_proof"]

T = TypeVar("T")


def overhear_answer(
    source: Observable[bytes], tap: Tap, market: Market, path: str, *, signed: bool
) -> Observable[bytes]:
    """Tell what was asked for, and what came of it."""
    about = _about(market, path, signed=signed)

    def subscribe(observer: abc.ObserverBase[bytes], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        def answered(data: bytes) -> None:
            if tap.heads:
                tap.fact("answered", data={**about, "answer": raw(data)})
            observer.on_next(data)

        def failed(error: Exception) -> None:
            if tap.heads:
                tap.fact("answered", data={**about, "error": write_error(error)})
            observer.on_error(error)

        tap.fact("asked", data=about)
        return source.subscribe(answered, failed, observer.on_completed, scheduler=scheduler)

    return Observable(subscribe)


def overhear_offer(
    source: Observable[bytes], tap: Tap, market: Market, path: str, *, signed: bool
) -> Observable[bytes]:
    """Tell of an answer that no stream has asked for: it is for replays that begin here."""

    def answered(data: bytes) -> None:
        if tap.heads:
            tap.fact("offered", data={**_about(market, path, signed=signed), "answer": raw(data)})

    return source.pipe(ops.do_action(answered))


def overhear_proof(source: Observable[T], tap: Tap, topic: str) -> Observable[T]:
    """Tell when it completes."""

    def subscribe(observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        def proved() -> None:
            tap.fact("proved", topic=topic)
            observer.on_completed()

        return source.subscribe(observer.on_next, observer.on_error, proved, scheduler=scheduler)

    return Observable(subscribe)


def _about(market: Market, path: str, *, signed: bool) -> dict[str, Any]:
    return {"market": market, "path": path, **({"signed": True} if signed else {})}
