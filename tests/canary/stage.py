"""One client with odd secrets, in front of whatever goes wrong, and all that it tells."""

import gzip
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from canary.secrets import Finder
from canary.telling import of_error, of_event, of_object
from canary.watch import Watch
from reactivex import operators as ops
from waiting import eventually

from rx_kucoin import Connection, Credentials, Event, KuCoin, Limits, Rate
from rx_kucoin.protocol import signing
from rx_kucoin.simulator import Simulator

__all__ = ["KEYS", "LOGIN", "UNLIMITED", "Stage", "exchange_of"]

KEYS: Final = ("oddkey-6215f0a1c0ffee", "oddsecret/3e07+b1ade=4", "oddphrase%\\'\"9?&z")
PASSWORD: Final = "oddpass\\'\"w/o%rd7#é"  # noqa: S105
LOGIN: Final = "odduser:oddpass%5C%27%22w%2Fo%25rd7%23%C3%A9"
UNLIMITED: Final = Rate(1_000_000, 60.0)
QUICK: Final[dict[str, Any]] = {
    "limits": Limits(dials=UNLIMITED),
    "max_reconnects": 1,
    "backoff_initial": 0.002,
    "backoff_cap": 0.004,
    "linger": 0.0,
    "grace": 0.05,
    "gather": 0.001,
}


@contextmanager
def exchange_of() -> Iterator[Simulator]:
    """An exchange that knows these keys."""
    key, secret, passphrase = KEYS
    with Simulator(
        rate=0,
        api_key=key,
        api_secret=secret,
        api_passphrase=passphrase,
        dial_rate=UNLIMITED,
        quotas={"public": 10**9, "spot": 10**9, "futures": 10**9},
    ) as running:
        yield running


class Stage:
    """Makes clients fail, and keeps what they tell."""

    def __init__(self, exchange: Simulator, watch: Watch) -> None:
        self.exchange, self.watch = exchange, watch
        self.finder = Finder()
        self.failures: list[str] = []
        for name, secret in zip(("key", "secret", "passphrase"), KEYS, strict=True):
            self.finder.know(name, secret)
        self.finder.know("the proxy's password", PASSWORD)

    @contextmanager
    def knowing(self) -> Iterator[None]:
        """Note what is signed, for a signature is secret too."""
        sign = signing.headers

        def noted(*args: Any) -> dict[str, str]:
            headers = sign(*args)
            self.finder.know("a signature", headers["KC-API-SIGN"])
            self.finder.know("the signed passphrase", headers["KC-API-PASSPHRASE"])
            return headers

        signing.headers = noted
        try:
            yield
        finally:
            signing.headers = sign

    def tell(self, *told: str) -> None:
        """Keep what was told."""
        self.watch.texts.update(told)

    def appearances(self) -> list[tuple[str, str]]:
        """Name each secret that was told, and where."""
        for token in self.exchange._state.gateway.tokens._issued:
            self.finder.know("a token", token)
        return self.finder.find_all(self.watch.texts)

    def fail(
        self, name: str, expected: type, settings: dict[str, Any], act: Callable[[KuCoin], object] | None = None
    ) -> None:
        """Subscribe to a private and a public stream until what is expected was told."""
        seen: list[object] = []
        with self._client(seen, settings) as kucoin:
            self._subscribe(kucoin, seen)
            if act is not None:
                act(kucoin)
            assert eventually(lambda: any(isinstance(one, expected) for one in chained(seen))), (name, seen)
            self._look(kucoin)
        self.failures.append(name)

    def fail_and_close(self, name: str, settings: dict[str, Any], moment: int) -> None:
        """Close amid a failure: as soon as so many things have been told."""
        seen: list[object] = []
        with self._client(seen, settings) as kucoin:
            self._subscribe(kucoin, seen)
            eventually(lambda: len(seen) >= moment, 0.1)
            kucoin.close()
            self._look(kucoin)
        self.failures.append(f"{name}, closed")

    def fail_waiting(self, name: str, settings: dict[str, Any]) -> None:
        """Wait for a stream's first message, as a script would: what goes wrong is raised there."""
        with self._client([], settings) as kucoin:
            try:
                kucoin.orders().pipe(ops.first(), ops.timeout(0.3)).run()
            except Exception as error:  # noqa: BLE001  whatever it is
                self.tell(*of_error(error))
        self.failures.append(f"{name}, waited for")

    @contextmanager
    def _client(self, seen: list[object], settings: dict[str, Any]) -> Iterator[KuCoin]:
        def note(event: Event) -> None:
            self.tell(*of_event(event))
            seen.append(event)

        def show(connection: Connection) -> None:
            self.tell(*of_object(connection))

        spot, futures = self.exchange.rest_url, self.exchange.futures_rest_url
        defaults = {"rest_url": spot, "futures_rest_url": futures, "credentials": Credentials(*KEYS)}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "tape.jsonl.gz")
            with KuCoin(**{**defaults, **QUICK, **settings}) as kucoin:
                self.tell(repr(kucoin.record(path, private=True)))
                kucoin.events.subscribe(note)
                kucoin.connections.subscribe(show)
                yield kucoin
            lines = gzip.decompress(path.read_bytes()).decode().splitlines()
            self.tell(*(line for line in lines if '"kind":"push"' not in line))  # a push stands as it came

    def _subscribe(self, kucoin: KuCoin, seen: list[object]) -> None:
        def failed(error: Exception) -> None:
            self.tell(*of_error(error))
            seen.append(error)

        def heard(message: object) -> None:
            seen.append(message)

        for stream in (
            kucoin.orders(),
            kucoin.ticker("BTC-USDT"),
            kucoin.futures.orders(),
            kucoin.book("BTC-USDT"),
        ):
            stream.subscribe(heard, failed)

    def _look(self, kucoin: KuCoin) -> None:
        engine = kucoin._engine
        shown: list[object] = [kucoin, kucoin.futures, kucoin._credentials, kucoin._network, kucoin._network.way]
        source, context = engine._source, engine.context
        shown += [engine, context, context.settings, context.hooks, context.open_streams, source, source._rest]
        shown += [*source._rest._limiters.values(), *source._pools.values(), *source._transports.values()]
        shown += [getattr(transport, "_rest", None) for transport in source._transports.values()]
        for one in shown:
            self.tell(*of_object(one))


def chained(seen: list[object]) -> Iterator[object]:
    """What was seen, and the causes that hang on it."""
    for one in tuple(seen):
        yield one
        for name in ("cause", "error"):
            if (inner := getattr(one, name, None)) is not None:
                yield inner
                yield getattr(inner, "cause", None)
