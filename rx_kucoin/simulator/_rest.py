"""The REST door of one market: who may call what, for which weight, and what comes back when it may not."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from aiohttp import web

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator import _signatures as signatures
from rx_kucoin.simulator._desk import Desk, Endpoint, Wrong
from rx_kucoin.simulator._doors import Doors
from rx_kucoin.simulator._futures_rest import FUTURES
from rx_kucoin.simulator._gateway import Gateway
from rx_kucoin.simulator._quota import TOO_MANY, Quota
from rx_kucoin.simulator._record import Call
from rx_kucoin.simulator._spoilt import EMPTY, spoilt
from rx_kucoin.simulator._spot_rest import SPOT
from rx_kucoin.simulator._streams import write

__all__ = ["application"]

ENDPOINTS: Final[Mapping[Market, tuple[Endpoint, ...]]] = {"spot": SPOT, "futures": FUTURES}
NOT_FOUND: Final = {"code": "404", "msg": "Not Found", "retry": False, "success": False}


@dataclass
class Bill:
    """When a call came, and what it has cost."""

    at: float
    weight: int = 0
    pool: str = ""


class Counter:
    """Answers REST calls."""

    def __init__(self, market: Market, doors: Doors, desk: Desk, quota: Quota) -> None:
        self._doors = doors
        self._quota = quota
        self._desk = desk
        self._market: Market = market

    def handler(self, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Make aiohttp's handler for one row of the table."""

        async def handle(request: web.Request) -> web.StreamResponse:
            bill = Bill(time.monotonic())
            response = await self._answer(endpoint, request, bill)
            self._note(request, response.status, bill)
            return response

        return handle

    def _note(self, request: web.Request, status: int, bill: Bill) -> None:
        asked = f"{request.method} {request.path}"
        call = Call(bill.at, asked, status, bill.weight, bill.pool, self._market, _symbol(request))
        self._doors.record.calls.append(call)

    async def _answer(self, endpoint: Endpoint, request: web.Request, bill: Bill) -> web.Response:
        doors, settings = self._doors, self._doors.settings
        fault = doors.faults.take("answer_tokens") if endpoint.token else None
        fault = doors.faults.take_for("refuse_books", _symbol(request)) if endpoint.book else fault
        if fault is not None and fault["answer"] == "hang":
            self._note(request, 0, bill)
            await asyncio.Event().wait()
        if fault is not None:
            return spoilt(fault)
        if endpoint.signed:
            body = (await request.read()).decode()
            spellings = dict.fromkeys((request.raw_path, unquote(request.raw_path), str(request.rel_url)))
            refusal = doors.faults.take("refuse_signed")
            wrong = None if refusal is None else signatures.Fault(**refusal)
            wrong = wrong or signatures.check(
                request.headers,
                [f"{request.method}{path}{body}" for path in spellings],
                key=settings.api_key,
                secret=settings.api_secret,
                passphrase=settings.api_passphrase,
                now_ms=settings.now_ns() // 1_000_000,
                skew=settings.clock_skew,
                generation=settings.api_key_version,
            )
            if wrong is not None:
                return web.json_response({"code": wrong.code, "msg": wrong.text}, status=wrong.status)
        headers: dict[str, str] = {}
        if endpoint.weight:
            pool, who = (self._market, settings.user_id) if endpoint.signed else ("public", request.remote or "")
            fits, headers = self._quota.spend(pool, f"{self._market} {who}", endpoint.weight, time.monotonic())
            if not fits:
                return web.json_response(TOO_MANY, status=429, headers=headers)
            bill.weight, bill.pool = endpoint.weight, pool
        try:
            data = endpoint.answer(self._desk, {**request.query, **request.match_info})
        except Wrong as wrong:
            return web.json_response({"code": wrong.code, "msg": wrong.text}, status=wrong.status, headers=headers)
        if endpoint.book:
            data = await self._late(_symbol(request), data)
        return web.json_response({"code": "200000", "data": data}, headers=headers, dumps=write)

    async def _late(self, symbol: str, book: dict[str, Any]) -> Any:
        """Hand a book out when and as the script wants it."""
        empty = self._doors.faults.take("empty_book", symbol)
        slow = self._doors.faults.take_for("slow_books", symbol)
        if slow is not None:
            await asyncio.sleep(slow["seconds"])
        return book if empty is None else EMPTY[empty["how"]](book)


def _symbol(request: web.Request) -> str:
    return request.query.get("symbol") or request.match_info.get("symbol", "")


def application(market: Market, doors: Doors, desk: Desk, quota: Quota, gateway: Gateway) -> web.Application:
    """Make the host of one market: REST calls, and at `/` the gateway."""
    counter = Counter(market, doors, desk, quota)
    app = web.Application()
    for endpoint in ENDPOINTS[market]:
        app.router.add_route(endpoint.method, endpoint.path, counter.handler(endpoint))

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket":
            return await gateway.dial(request)
        doors.record.calls.append(Call(time.monotonic(), f"{request.method} {request.path}", 404, market=market))
        return web.json_response(NOT_FOUND, status=404)

    app.router.add_route("*", "/{tail:.*}", elsewhere)
    return app
