"""One cell: a client in a fresh process, from its start to its last message."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks.child import CLIENT_CORE, Child, command
from benchmarks.market import Market
from benchmarks.plan import PACE, SLOWNESS_US, Cell

__all__ = ["measure", "send", "subscribed"]

_LIVE: Final = 30.0
_SETTLED: Final = 15.0


def measure(cell: Cell, market: Market, python: str) -> dict[str, Any]:
    """Take the figures of one cell.

    Raises:
        Trouble: the client ended, fell silent, or did not subscribe to what it should.
    """
    with subscribed(cell, market, python) as (child, told):
        return told if "missing" in told else told | _figures(cell, market.exchange, child)


@contextmanager
def subscribed(cell: Cell, market: Market, python: str = "") -> Iterator[tuple[Child, dict[str, Any]]]:
    """Have a client that all its topics are live at; with what it told so far, which may be that it is `missing`."""
    there, client = market.urls[cell.scheme], cell.client
    words = (client.module, client.way + cell.way, cell.topics, there["rest"], there["socket"])
    trusting = {"SSL_CERT_FILE": market.pem}  # OpenSSL's own variable does for every client here
    try:
        with Child(command("clients", *words, python=python or sys.executable), CLIENT_CORE, trusting) as child:
            told = child.answer()
            if "missing" not in told:
                live = market.exchange.ask("live", topics=cell.topics, within=_LIVE)["live"]
                if live != cell.topics:
                    raise child.trouble(f"subscribed to {live} of {cell.topics} topics")
                told |= child.ask("settle", within=_SETTLED)
            yield child, told
    finally:
        market.exchange.ask("reset")


def send(exchange: Child, child: Child, order: dict[str, Any], **arming: Any) -> dict[str, Any]:
    """Have messages sent; return what they cost the client."""
    child.ask("arm", messages=order["messages"], **arming)
    exchange.ask(**order)
    return child.ask("report", within=_SETTLED)


def _figures(cell: Cell, exchange: Child, child: Child) -> dict[str, Any]:
    messages = cell.client.messages
    blasts = [send(exchange, child, {"do": "blast", "messages": messages}) for _ in range(cell.blasts)]
    told = {
        "cpu_us": [blast["cpu_s"] * 1e6 / messages for blast in blasts],
        "wall_us": [blast["wall_s"] * 1e6 / messages for blast in blasts],
        "sent": cell.topics + messages * cell.blasts,  # with the first message of each topic
        "lost": cell.topics + messages * cell.blasts - blasts[-1]["heard"],
        "peak_kib": blasts[-1]["peak_kib"],
    }
    if cell.paced:
        paced = send(exchange, child, {"do": "pace", "messages": cell.paced, "rate": PACE}, stamped=True)
        told |= {"delays_ns": paced["delays_ns"], "paced_lost": cell.paced - paced["got"]}
    if cell.slow:
        slow = send(exchange, child, {"do": "blast", "messages": cell.slow}, slowness_us=SLOWNESS_US)
        told |= {"slow_sent": cell.slow, "slow_lost": cell.slow - slow["got"]}
    return told
