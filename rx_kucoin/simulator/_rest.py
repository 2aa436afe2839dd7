"""The REST host of one market: routes, signature checks, rate limits, and scripted answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from aiohttp import web

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator import _signatures as signatures
from rx_kucoin.simulator._futures_rest import FUTURES
from rx_kucoin.simulator._gateway import Gateway
from rx_kucoin.simulator._gateway_state import GatewayState
from rx_kucoin.simulator._log import Call
from rx_kucoin.simulator._rest_handlers import Endpoint, RestContext, RestError
from rx_kucoin.simulator._spot_rest import SPOT
from rx_kucoin.simulator._streams import write

__all__ = ["ENDPOINTS", "Quota", "application"]

ENDPOINTS: Final[Mapping[Market, tuple[Endpoint, ...]]] = {"spot": SPOT, "futures": FUTURES}
NOT_FOUND: Final = {"code": "404", "msg": "Not Found", "retry": False, "success": False}
TOO_MANY: Final = {"code": "429000", "msg": "Too many requests in a short period of time, please retry later"}
HTML: Final = "<html><head><title>ERROR: The request could not be satisfied</title></head><body>403</body></html>"
FAULTY_ANSWERS: Final[Mapping[str, tuple[int, dict[str, Any]]]] = {
    "busy": (429, TOO_MANY),
    "unavailable": (503, {"code": "503000", "msg": "Service unavailable"}),
    "error": (500, {"code": "500000", "msg": "Internal Server Error"}),
    "wrong code": (200, {"code": "200003", "msg": "Something is not as it should be"}),
}
"""HTTP status and body."""
EMPTY_BOOKS: Final[Mapping[str, Callable[[dict[str, Any]], Any]]] = {
    "null": lambda book: {**book, "bids": None, "asks": None},
    "empty sides": lambda book: {**book, "bids": [], "asks": []},
    "no sequence": lambda book: {name: value for name, value in book.items() if name != "sequence"},
    "nothing": lambda _book: None,
}
"""The forms in which the exchange may answer for a symbol without a book."""


class Quota:
    """Used weight of each REST pool. A window starts with its first request."""

    def __init__(self, limits: Mapping[str, int], window: float) -> None:
        self._limits = limits
        self._window = window
        self._started: dict[tuple[str, str], float] = {}
        self._used: dict[tuple[str, str], int] = {}

    def spend(self, pool: str, caller: str, weight: int, now: float) -> tuple[bool, dict[str, str]]:
        """Book a call; return whether it fits, and the headers that report what is left."""
        key = (pool, caller)
        if now - self._started.get(key, -self._window) >= self._window:
            self._started[key], self._used[key] = now, 0
        limit = self._limits[pool]
        fits = self._used[key] + weight <= limit
        if fits:
            self._used[key] += weight
        reset = self._started[key] + self._window - now
        return fits, {
            "gw-ratelimit-limit": str(limit),
            "gw-ratelimit-remaining": str(limit - self._used[key]),
            "gw-ratelimit-reset": str(int(reset * 1000)),
        }


@dataclass
class CallCost:
    """When a call came, and the weight that it took from a pool."""

    at: float
    weight: int = 0
    pool: str = ""


class RestServer:
    """Answers REST calls."""

    def __init__(self, market: Market, state: GatewayState, context: RestContext, quota: Quota) -> None:
        self._state = state
        self._quota = quota
        self._context = context
        self._market: Market = market

    def handler(self, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Make aiohttp's handler for one endpoint."""

        async def handle(request: web.Request) -> web.StreamResponse:
            cost = CallCost(time.monotonic())
            response = await self._answer(endpoint, request, cost)
            self._log(request, response.status, cost)
            return response

        return handle

    def _log(self, request: web.Request, status: int, cost: CallCost) -> None:
        name = f"{request.method} {request.path}"
        call = Call(cost.at, name, status, cost.weight, cost.pool, self._market, _symbol(request))
        self._state.log.calls.append(call)

    async def _answer(self, endpoint: Endpoint, request: web.Request, cost: CallCost) -> web.Response:
        state, settings = self._state, self._state.settings
        fault = state.faults.take("answer_tokens") if endpoint.token else None
        fault = state.faults.take_for("refuse_books", _symbol(request)) if endpoint.book else fault
        if fault is not None and fault["answer"] == "hang":
            self._log(request, 0, cost)
            await asyncio.Event().wait()
        if fault is not None:
            return faulty_answer(fault)
        if endpoint.signed:
            body = (await request.read()).decode()
            spellings = dict.fromkeys((request.raw_path, unquote(request.raw_path), str(request.rel_url)))
            refusal = state.faults.take("refuse_signed")
            wrong = None if refusal is None else signatures.SignatureFault(**refusal)
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
            pool, caller = (self._market, settings.user_id) if endpoint.signed else ("public", request.remote or "")
            fits, headers = self._quota.spend(pool, f"{self._market} {caller}", endpoint.weight, time.monotonic())
            if not fits:
                return web.json_response(TOO_MANY, status=429, headers=headers)
            cost.weight, cost.pool = endpoint.weight, pool
        try:
            data = endpoint.answer(self._context, {**request.query, **request.match_info})
        except RestError as error:
            return web.json_response({"code": error.code, "msg": error.text}, status=error.status, headers=headers)
        if endpoint.book:
            data = await self._scripted_book(_symbol(request), data)
        return web.json_response({"code": "200000", "data": data}, headers=headers, dumps=write)

    async def _scripted_book(self, symbol: str, book: dict[str, Any]) -> Any:
        """Return a snapshot when, and in the form that, the script asks for."""
        empty = self._state.faults.take("empty_book", symbol)
        slow = self._state.faults.take_for("slow_books", symbol)
        if slow is not None:
            await asyncio.sleep(slow["seconds"])
        return book if empty is None else EMPTY_BOOKS[empty["how"]](book)


def application(
    market: Market, state: GatewayState, context: RestContext, quota: Quota, gateway: Gateway
) -> web.Application:
    """Make the host of one market: REST calls, and at `/` the gateway."""
    server = RestServer(market, state, context, quota)
    app = web.Application()
    for endpoint in ENDPOINTS[market]:
        app.router.add_route(endpoint.method, endpoint.path, server.handler(endpoint))

    async def fallback(request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket":
            return await gateway.dial(request)
        state.log.calls.append(Call(time.monotonic(), f"{request.method} {request.path}", 404, market=market))
        return web.json_response(NOT_FOUND, status=404)

    app.router.add_route("*", "/{tail:.*}", fallback)
    return app


def faulty_answer(fault: Mapping[str, Any]) -> web.Response:
    """Answer as a fault asks for."""
    headers: dict[str, str] = {}
    if fault["reset"] is not None:
        headers = {
            "gw-ratelimit-limit": "2000",
            "gw-ratelimit-remaining": "0",
            "gw-ratelimit-reset": str(int(fault["reset"] * 1000)),
        }
    answer = fault["answer"]
    if answer == "html":
        return web.Response(text=HTML, content_type="text/html", status=fault["status"] or 403, headers=headers)
    if answer == "empty":
        data = {"token": "none", "instanceServers": list[object]()}
        return web.json_response({"code": "200000", "data": data}, headers=headers)
    status, body = FAULTY_ANSWERS[answer]
    body = body if fault["code"] is None else {**body, "code": fault["code"]}
    return web.json_response(body, status=fault["status"] or status, headers=headers)


def _symbol(request: web.Request) -> str:
    return request.query.get("symbol") or request.match_info.get("symbol", "")
