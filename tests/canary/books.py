"""What goes wrong with the snapshots of books, which are signed: answers that repeat what they were asked."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from canary.hosts import gateway
from canary.refusals import SAID, Arrange
from canary.stage import Stage
from transport.servers import frame

from rx_kucoin import errors

__all__ = ["BOOKS"]


@contextmanager
def snapshots(say: Callable[[str], bytes], stage: Stage) -> Iterator[dict[str, Any]]:
    """Tokens are given, and changes come; but each snapshot is what is made of its request."""
    with gateway(stage.finder.know, lambda _: CHANGE, book=say) as url:
        yield {"rest_url": url, "futures_rest_url": url, "max_calibrations": 1}


CHANGE: Final = frame(
    json.dumps(
        {
            "type": "message",
            "topic": "/market/level2:BTC-USDT",
            "subject": "trade.l2update",
            "data": {"changes": {"asks": [], "bids": []}, "sequenceStart": 5, "sequenceEnd": 5, "symbol": "BTC-USDT"},
        }
    ).encode()
)
BOOKS: Final[dict[str, tuple[Arrange, type]]] = {
    f"snapshot: {what}": (partial(snapshots, say), errors.CalibrationFailed) for what, (say, _) in SAID.items()
}
"""Each with what it must be told by."""
