"""The exchange's process: orders come as JSON lines on stdin, answers leave on stdout."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[2])

from transport.servers import tls  # noqa: E402

from benchmarks.exchange.front import front  # noqa: E402  found by the line above
from benchmarks.exchange.gateway import Gateway  # noqa: E402
from benchmarks.symbols import symbols  # noqa: E402
from rx_kucoin.simulator import Simulator  # noqa: E402


async def serve(pem: Path, simulator: str) -> None:
    gateway = Gateway()
    sockets = {"ws": await gateway.listen(None), "wss": await gateway.listen(tls(pem))}
    tell(**{name: {"socket": url, "rest": await front(url, simulator)} for name, url in sockets.items()})
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while order := await orders.readline():
        tell(**await obey(gateway, **json.loads(order)))


async def obey(gateway: Gateway, do: str, **of: Any) -> dict[str, Any]:
    if do == "live":
        return {"live": await gateway.live(of["topics"], of["within"])}
    if do == "reset":
        await gateway.reset()
        return {}
    seconds = await gateway.blast(of["messages"]) if do == "blast" else gateway.pace(of["messages"], of["rate"])
    return {"sent": of["messages"], "seconds": seconds}


def tell(**answer: Any) -> None:
    print(json.dumps(answer), flush=True)


def simulate(count: int) -> None:
    """The library's own simulator, for what a client asks by REST and for KuCoin's limits; it pushes nothing."""
    without_end = {"public": sys.maxsize, "spot": sys.maxsize, "futures": sys.maxsize}
    with Simulator(symbols=symbols(count), rate=0, quotas=without_end) as exchange:
        tell(rest=exchange.rest_url)
        sys.stdin.read()


if sys.argv[1] == "simulator":
    simulate(int(sys.argv[2]))
else:
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
