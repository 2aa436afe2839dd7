"""Tokens: fresh at each call, good for one market, for a while."""

import base64
from dataclasses import dataclass
from random import Random
from typing import Final

from rx_kucoin.protocol.limits import Market

__all__ = ["Token", "Tokens"]

KEPT: Final = 100_000


@dataclass(eq=False)
class Token:
    """What a token stands for."""

    market: Market
    private: bool
    expires_at: float
    used: bool = False


class Tokens:
    """The tokens handed out so far."""

    def __init__(self, dice: Random, life: float) -> None:
        self.life = life
        self._dice = dice
        self._issued: dict[str, Token] = {}

    def issue(self, market: Market, *, private: bool, now: float) -> str:
        """Hand out a fresh token. Like the real one it holds `=` and a dot, so it wants percent-encoding in a URL."""
        body = base64.urlsafe_b64encode(self._dice.randbytes(136)).decode()
        mark = base64.urlsafe_b64encode(self._dice.randbytes(16)).decode()
        text = f"2neAiuYvAU{body}.{mark}"
        if len(self._issued) >= KEPT:
            self._issued.pop(next(iter(self._issued)))
        self._issued[text] = Token(market, private, now + self.life)
        return text

    def check(self, text: str, market: Market, now: float) -> Token | str:
        """Return what the token stands for, or why it is refused."""
        token = self._issued.get(text)
        if token is None or token.market != market:
            return "token is invalid"
        if now >= token.expires_at:
            return "token is expired"
        return token
