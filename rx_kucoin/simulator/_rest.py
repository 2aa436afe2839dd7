"""The REST door of one market: who may call what, for which weight, and what comes back when it may not."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
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
from rx_kucoin.simulator._spot_rest import SPOT

__all__ = ["application"]

ENDPOINTS: Final[Mapping[Market, tuple[Endpoint, ...]]] = {"spot": SPOT, "futures": FUTURES}
NOT_FOUND: Final = {"code": "404", "msg": "Not Found", "retry": False, "success": False}
HTML: Final = "<html><head><title>ERROR: The request could not be satisfied</title></head><body>403</body></html>"
WAYS: Final[Mapping[str, tuple[int, dict[str, Any]]]] = {
    "busy": (429, TOO_MANY),
    "unavailable": (503, {"code": "503000", "msg": "Service unavailable"}),
    "error": (500, {"code": "500000", "msg": "Internal Server Error"}),
    "wrong code": (200, {"code": "200003", "msg": "Something is not as it should be"}),
}
"""How a token call may be answered by script: HTTP status and body."""


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
            response = await self._answer(endpoint, request)
            self._doors.record.calls.append(Call(time.monotonic(), f"{request.method} {request.path}", response.status))
            return response

        return handle

    async def _answer(self, endpoint: Endpoint, request: web.Request) -> web.Response:
        doors, settings = self._doors, self._doors.settings
        if endpoint.token and (fault := doors.faults.take("answer_tokens")) is not None:
            return await self._spoilt(fault)
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
        try:
            data = endpoint.answer(self._desk, {**request.query, **request.match_info})
        except Wrong as wrong:
            return web.json_response({"code": wrong.code, "msg": wrong.text}, status=wrong.status, headers=headers)
        return web.json_response({"code": "200000", "data": data}, headers=headers)

    async def _spoilt(self, fault: Mapping[str, Any]) -> web.Response:
        """Answer a token call as the script wants it."""
        headers: dict[str, str] = {}
        if fault["reset"] is not None:
            headers = {
                "gw-ratelimit-limit": "2000",
                "gw-ratelimit-remaining": "0",
                "gw-ratelimit-reset": str(int(fault["reset"] * 1000)),
            }
        answer = fault["answer"]
        if answer == "hang":
            await asyncio.Event().wait()
        if answer == "html":
            return web.Response(text=HTML, content_type="text/html", status=fault["status"] or 403, headers=headers)
        if answer == "empty":
            data = {"token": "none", "instanceServers": list[object]()}
            return web.json_response({"code": "200000", "data": data}, headers=headers)
        status, body = WAYS[answer]
        body = body if fault["code"] is None else {**body, "code": fault["code"]}
        return web.json_response(body, status=fault["status"] or status, headers=headers)


def application(market: Market, doors: Doors, desk: Desk, quota: Quota, gateway: Gateway) -> web.Application:
    """Make the host of one market: REST calls, and at `/` the gateway."""
    counter = Counter(market, doors, desk, quota)
    app = web.Application()
    for endpoint in ENDPOINTS[market]:
        app.router.add_route(endpoint.method, endpoint.path, counter.handler(endpoint))

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket":
            return await gateway.dial(request)
        doors.record.calls.append(Call(time.monotonic(), f"{request.method} {request.path}", 404))
        return web.json_response(NOT_FOUND, status=404)

    app.router.add_route("*", "/{tail:.*}", elsewhere)
    return app
