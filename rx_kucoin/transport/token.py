"""Applying for a connection."""

from typing import Final

from rx_kucoin.protocol import token as bullet
from rx_kucoin.protocol.token import Bullet
from rx_kucoin.transport.cancellation import CancelScope
from rx_kucoin.transport.rest import Rest

__all__ = ["fetch_bullet"]

PUBLIC: Final = "/api/v1/bullet-public"
PRIVATE: Final = "/api/v1/bullet-private"

_MOST: Final = 1 << 20
"""Bytes of an answer; a real one has a few hundred."""


def fetch_bullet(rest: Rest, lifeline: CancelScope) -> Bullet:
    """Get a token: by a POST with an empty body, a private one where there is a key.

    Raises:
        KuCoinError: in vain; see `Rest.ask`.
        Cut: the lifeline was cut.
    """
    path = PUBLIC if rest.credentials is None else PRIVATE
    return bullet.read(rest.ask("POST", path, lifeline, most=_MOST), f"POST {path}", rest.hide)
