"""API keys: where they come from, what private streams do with them, and how a bad one ends in one clear error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from waiting import eventually, nothing_left

from rx_kucoin import Credentials, KuCoin, Limits, Rate, errors
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket

UNLIMITED = Rate(1_000_000, 60.0)
KEYS = Credentials("simulated-key", "simulated-secret", "simulated-passphrase")
ENVIRONMENT = {
    "KUCOIN_API_KEY": KEYS.key,
    "KUCOIN_API_SECRET": KEYS.secret,
    "KUCOIN_API_PASSPHRASE": KEYS.passphrase,
}
ORDERS, TICKER = "/spotMarket/tradeOrdersV2", "/market/ticker:BTC-USDT"
BULLET = "POST /api/v1/bullet-private"


@pytest.fixture(autouse=True)
def no_keys_here(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ENVIRONMENT, "KUCOIN_API_KEY_VERSION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def exchange() -> Iterator[Simulator]:
    with nothing_left(), Simulator(rate=0, dial_rate=UNLIMITED) as running:
        yield running


@contextmanager
def client(exchange: Simulator, **settings: Any) -> Iterator[KuCoin]:
    rest = {"rest_url": exchange.rest_url, "futures_rest_url": exchange.futures_rest_url}
    with KuCoin(**{**rest, "limits": Limits(dials=UNLIMITED), "credentials": KEYS, **settings}) as kucoin:
        yield kucoin


def token_calls(exchange: Simulator) -> int:
    return sum(call.request == BULLET for call in exchange.calls)


def tells_of_orders(exchange: Simulator, kucoin: KuCoin) -> bool:
    """Whether an order that is placed is told of on the private stream."""
    orders: list[Any] = []
    listening = kucoin.orders().subscribe(orders.append)
    assert eventually(lambda: any(ORDERS in line.topics for line in exchange.open_connections)), kucoin
    exchange.account.deposit("USDT", "1000")
    placed = exchange.account.place("BTC-USDT", "buy", "0.5", "100")
    told = eventually(lambda: any(order.order_id == placed.order_id for order in orders))
    listening.dispose()
    return told


@pytest.mark.parametrize("missing", ["key", "secret", "passphrase"])
def test_half_credentials_are_a_value_error_that_names_what_is_missing(missing: str) -> None:
    given = {"key": "odd-1", "secret": "odd-2", "passphrase": "odd-3", missing: ""}
    with pytest.raises(ValueError, match=f"missing: {missing}$") as caught:
        Credentials(**given)
    assert "odd" not in str(caught.value)


@pytest.mark.parametrize("missing", ENVIRONMENT)
def test_half_an_environment_is_told_when_a_private_stream_is_asked_for_and_hurts_no_public_one(
    exchange: Simulator, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, "" if name == missing else value)
    with client(exchange, credentials=None) as kucoin:
        tickers: list[Any] = []
        kucoin.ticker("BTC-USDT").subscribe(tickers.append)
        with pytest.raises(ValueError, match=f"missing: {missing}$"):
            kucoin.orders()
        assert eventually(lambda: exchange.listeners(TICKER))
        exchange.tick(TICKER)
        assert eventually(lambda: tickers)


def test_without_any_key_a_private_stream_is_a_value_error_that_says_how_to_give_one(exchange: Simulator) -> None:
    with client(exchange, credentials=None) as kucoin:
        for ask in (kucoin.orders, kucoin.balances, kucoin.futures.orders, lambda: kucoin.topic("/account/balance")):
            with pytest.raises(ValueError, match=r"is private: build KuCoin.*KUCOIN_API_KEY"):
                ask()
    assert exchange.calls == []


def test_the_environment_s_keys_are_taken(exchange: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with client(exchange, credentials=None) as kucoin:
        assert tells_of_orders(exchange, kucoin)


def test_keys_that_come_into_the_environment_later_are_taken_then(
    exchange: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(exchange, credentials=None) as kucoin:
        with pytest.raises(ValueError, match="KUCOIN_API_KEY"):
            kucoin.orders()
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        assert tells_of_orders(exchange, kucoin)


def test_keys_that_are_given_go_before_those_of_the_environment(
    exchange: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, "not-the-one")
    with client(exchange) as kucoin:
        assert tells_of_orders(exchange, kucoin)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("where", ["argument", "environment"])
def test_keys_of_both_generations_are_taken_by_an_exchange_that_minds(
    monkeypatch: pytest.MonkeyPatch, version: Any, where: str
) -> None:
    for name, value in {**ENVIRONMENT, "KUCOIN_API_KEY_VERSION": str(version)}.items():
        monkeypatch.setenv(name, value)
    given = Credentials(KEYS.key, KEYS.secret, KEYS.passphrase, version) if where == "argument" else None
    with (
        nothing_left(),
        Simulator(rate=0, api_key_version=version) as exchange,
        client(exchange, credentials=given) as kucoin,
    ):
        assert tells_of_orders(exchange, kucoin)


@pytest.mark.parametrize("offset", [-6 * 3600, 6 * 3600])
def test_a_clock_that_is_hours_off_works(offset: float) -> None:
    with nothing_left(), Simulator(rate=0, clock_offset=offset) as exchange, client(exchange) as kucoin:
        assert tells_of_orders(exchange, kucoin)
        assert token_calls(exchange) == 1


def test_a_clock_that_is_set_meanwhile_costs_one_more_call(exchange: Simulator) -> None:
    with client(exchange, linger=0) as kucoin:
        assert tells_of_orders(exchange, kucoin)
        assert eventually(lambda: not exchange.open_connections)
        exchange.clock_offset = 3 * 3600
        assert tells_of_orders(exchange, kucoin)
    assert token_calls(exchange) == 3


SCRIPTED = {
    "400001": (errors.ApiError, "Credentials(key, secret, passphrase)"),
    "400002": (errors.ClockOff, "clock"),
    "400003": (errors.UnknownKey, "KUCOIN_API_KEY"),
    "400004": (errors.WrongPassphrase, "KUCOIN_API_PASSPHRASE"),
    "400005": (errors.WrongSignature, "KUCOIN_API_SECRET"),
    "400006": (errors.AddressNotAllowed, "IP list"),
    "400007": (errors.PermissionMissing, "General"),
    "400008": (errors.KeyTooOld, "create a new key"),
    "400009": (errors.WrongKeyVersion, "version="),
    "400301": (errors.RegionRefused, "region"),
    "411100": (errors.AccountFrozen, "support"),
}
GENUINE = {
    "400002": {"clock_skew": -1.0},
    "400003": {"api_key": "another-key"},
    "400004": {"api_passphrase": "another-passphrase"},
    "400005": {"api_secret": "another-secret"},
    "400009": {"api_key_version": 2},
}


@pytest.mark.parametrize("market", ["spot", "futures"])
@pytest.mark.parametrize("code", SCRIPTED)
def test_a_refusal_ends_private_streams_with_its_own_error_at_once_and_no_public_one(
    exchange: Simulator, code: Any, market: str
) -> None:
    kind, remedy = SCRIPTED[code]
    ended: list[Exception] = []
    tickers: list[Any] = []
    exchange.faults.refuse_signed(code)
    with client(exchange) as kucoin:
        kucoin.ticker("BTC-USDT").subscribe(tickers.append, ended.append)
        private = kucoin if market == "spot" else kucoin.futures
        private.orders().subscribe(on_error=ended.append)
        assert eventually(lambda: ended)
        assert eventually(lambda: exchange.listeners(TICKER))
        exchange.tick(TICKER)
        assert eventually(lambda: tickers)
    (error,) = ended
    assert isinstance(error, errors.ApiError)
    assert type(error) is kind
    assert error.code == code
    assert str(error).startswith(f"{BULLET}: KuCoin answered {code} ")
    assert remedy in str(error).rpartition("; ")[2]
    assert token_calls(exchange) == (2 if code == "400002" else 1)


@pytest.mark.parametrize("code", GENUINE)
def test_keys_that_do_not_fit_are_refused_for_what_is_wrong_with_them(exchange: Simulator, code: str) -> None:
    for name, value in GENUINE[code].items():
        setattr(exchange, name, value)
    ended: list[Exception] = []
    with client(exchange) as kucoin:
        kucoin.orders().subscribe(on_error=ended.append)
        assert eventually(lambda: ended)
    assert type(ended[0]) is SCRIPTED[code][0]
    assert token_calls(exchange) == (2 if code == "400002" else 1)


def test_who_subscribes_again_after_the_key_was_mended_is_served(exchange: Simulator) -> None:
    ended: list[Exception] = []
    exchange.faults.refuse_signed("400006", times=1)
    with client(exchange) as kucoin:
        kucoin.orders().subscribe(on_error=ended.append)
        assert eventually(lambda: ended)
        assert tells_of_orders(exchange, kucoin)


@pytest.mark.parametrize(("together", "lines"), [(True, [True]), (False, [False, True])])
def test_public_topics_share_the_private_connection_only_where_that_is_wanted(
    exchange: Simulator,
    together: bool,  # noqa: FBT001
    lines: list[bool],
) -> None:
    orders: list[Any] = []
    tickers: list[Any] = []
    with client(exchange, public_over_private=together) as kucoin:
        kucoin.orders().subscribe(orders.append)
        kucoin.ticker("BTC-USDT").subscribe(tickers.append)
        assert eventually(lambda: exchange.log.topics == 2)
        exchange.account.deposit("USDT", "1000")
        exchange.account.place("BTC-USDT", "buy", "1", "100")
        exchange.tick(TICKER)
        assert eventually(lambda: orders and tickers)
        assert sorted(line.private for line in exchange.connections) == lines
    assert sum("/bullet-" in call.request for call in exchange.calls) == len(lines)


def test_spot_and_futures_have_private_connections_of_their_own_at_once(exchange: Simulator) -> None:
    told: list[str] = []
    with client(exchange) as kucoin:
        kucoin.orders().subscribe(lambda order: told.append(f"spot {order.symbol}"))
        kucoin.futures.orders().subscribe(lambda order: told.append(f"futures {order.symbol}"))
        assert eventually(lambda: exchange.log.topics == 2)
        exchange.account.deposit("USDT", "1000")
        exchange.account.place("BTC-USDT", "buy", "1", "100")
        exchange.futures_account.deposit("USDT", "1000")
        exchange.futures_account.place("XBTUSDTM", "buy", "1", "100")
        assert eventually(lambda: {"spot BTC-USDT", "futures XBTUSDTM"} <= set(told))
        lines = {(line.market, line.private, line.fresh_token) for line in exchange.open_connections}
        assert lines == {("spot", True, True), ("futures", True, True)}
    assert token_calls(exchange) == len(exchange.connections) == 2
