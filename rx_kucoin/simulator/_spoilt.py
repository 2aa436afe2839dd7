"""REST answers by script that are not what was asked for."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from rx_kucoin.simulator._quota import TOO_MANY

__all__ = ["EMPTY", "spoilt"]

HTML: Final = "<html><head><title>ERROR: The request could not be satisfied</title></head><body>403</body></html>"
WAYS: Final[Mapping[str, tuple[int, dict[str, Any]]]] = {
    "busy": (429, TOO_MANY),
    "unavailable": (503, {"code": "503000", "msg": "Service unavailable"}),
    "error": (500, {"code": "500000", "msg": "Internal Server Error"}),
    "wrong code": (200, {"code": "200003", "msg": "Something is not as it should be"}),
}
"""HTTP status and body."""

EMPTY: Final[Mapping[str, Callable[[dict[str, Any]], Any]]] = {
    "null": lambda book: {**book, "bids": None, "asks": None},
    "empty sides": lambda book: {**book, "bids": [], "asks": []},
    "no sequence": lambda book: {name: value for name, value in book.items() if name != "sequence"},
    "nothing": lambda _book: None,
}
"""How a symbol without a book may be answered."""


def spoilt(fault: Mapping[str, Any]) -> web.Response:
    """Answer as the script wants it."""
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
    status, body = WAYS[answer]
    body = body if fault["code"] is None else {**body, "code": fault["code"]}
    return web.json_response(body, status=fault["status"] or status, headers=headers)
