"""Connection tokens: each call issues a new one, valid for one market and a limited time."""

import base64
from dataclasses import dataclass
from random import Random
from typing import Final

from rx_kucoin.protocol.limits import Market

__all__ = ["IssuedToken", "Tokens"]

KEPT: Final = 100_000


@dataclass(eq=False)
class IssuedToken:
    """What a token is valid for."""

    market: Market
    private: bool
    expires_at: float
    used: bool = False


class Tokens:
    """The tokens issued so far."""

    def __init__(self, rng: Random, life: float) -> None:
        self.life = life
        self._rng = rng
        self._issued: dict[str, IssuedToken] = {}

    def issue(self, market: Market, *, private: bool, now: float) -> str:
        """Issue a token. Like a real one it contains `=` and a dot, so it needs percent-encoding in a URL."""
        body = base64.urlsafe_b64encode(self._rng.randbytes(136)).decode()
        mark = base64.urlsafe_b64encode(self._rng.randbytes(16)).decode()
        text = f"2neAiuYvAU{body}.{mark}"
        if len(self._issued) >= KEPT:
            self._issued.pop(next(iter(self._issued)))
        self._issued[text] = IssuedToken(market, private, now + self.life)
        return text

    def check(self, text: str, market: Market, now: float) -> IssuedToken | str:
        """Return what the token is valid for, or why it is refused."""
        token = self._issued.get(text)
        if token is None or token.market != market:
            return "token is invalid"
        if now >= token.expires_at:
            return "token is expired"
        return token
