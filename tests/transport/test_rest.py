from collections.abc import Iterator

import pytest
from transport.fetching import GOOD, KEYS, failure, fetch, saying
from transport.servers import answer, descriptors, serving
from waiting import eventually, nothing_left

from rx_kucoin.errors import (
    ApiError,
    KeyRefused,
    Passing,
    RateLimited,
    RestUnavailable,
    UnexpectedAnswer,
    UnknownKey,
    UnlistedCode,
    WrongPassphrase,
    WrongSignature,
)
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=0) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_stays_open(exchange: Simulator) -> Iterator[None]:
    before = descriptors()
    with nothing_left():
        yield
    exchange.faults.clear()
    assert eventually(lambda: descriptors() <= before), (before, descriptors())


def test_a_public_token_is_fetched_from_the_exchange(exchange: Simulator) -> None:
    got = fetch(exchange.rest_url + "/")
    assert got.value
    assert got.servers[0].endpoint.startswith("ws://127.0.0.1:")
    assert exchange.calls[-1].request == "POST /api/v1/bullet-public"


def test_a_private_token_is_signed_for(exchange: Simulator) -> None:
    assert fetch(exchange.rest_url, KEYS).value
    assert exchange.calls[-1].request == "POST /api/v1/bullet-private"


@pytest.mark.parametrize(
    ("credentials", "kind"),
    [
        (Credentials("canary", "simulated-secret", "simulated-passphrase"), UnknownKey),
        (Credentials("simulated-key", "simulated-secret", "canary"), WrongPassphrase),
        (Credentials("simulated-key", "canary", "simulated-passphrase"), WrongSignature),
    ],
)
def test_wrong_keys_are_refused_for_good(exchange: Simulator, credentials: Credentials, kind: type) -> None:
    error = failure(exchange.rest_url, credentials)
    assert type(error) is kind
    assert isinstance(error, KeyRefused)


def test_too_many_requests_say_how_long_to_wait(exchange: Simulator) -> None:
    exchange.faults.refuse_tokens("busy", reset=1.5)
    error = failure(exchange.rest_url, None)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 1.5
    assert error.status == 429


@pytest.mark.parametrize(("fault", "status"), [("unavailable", 503), ("error", 500)])
def test_a_server_error_passes(exchange: Simulator, fault: str, status: int) -> None:
    exchange.faults.refuse_tokens(fault)  # type: ignore[arg-type]
    error = failure(exchange.rest_url)
    assert type(error) is RestUnavailable
    assert error.status == status


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 599])
@pytest.mark.parametrize("body", ["<html><title>Down</title></html>", '{"code":"400760","msg":"upgrading"}', ""])
def test_every_status_from_500_to_599_is_unavailable_whatever_the_body(status: int, body: str) -> None:
    with serving(saying(answer(f"{status} Down", body))) as port:
        error = failure(f"http://127.0.0.1:{port}")
    assert type(error) is RestUnavailable
    assert error.status == status


@pytest.mark.parametrize("code", ["429000", "500000", "503000", "504000"])
def test_a_code_that_means_not_now_passes_whatever_the_status(exchange: Simulator, code: str) -> None:
    exchange.faults.refuse_tokens("wrong code", code=code)
    error = failure(exchange.rest_url)
    assert type(error) is RestUnavailable
    assert code in str(error)


def test_a_code_that_is_known_to_be_final_does_not_pass(exchange: Simulator) -> None:
    exchange.faults.refuse_tokens("wrong code")
    error = failure(exchange.rest_url)
    assert type(error) is ApiError
    assert not isinstance(error, Passing)
    assert error.code == "200003"


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "403 Forbidden"])
def test_any_other_code_passes(status: str) -> None:
    with serving(saying(answer(status, '{"code":"400760","msg":"upgrading"}', Retry_After="7"))) as port:
        error = failure(f"http://127.0.0.1:{port}")
    assert type(error) is UnlistedCode
    assert isinstance(error, Passing)
    assert (error.code, error.text, error.retry_after) == ("400760", "upgrading", 7.0)
    assert error.status == int(status[:3])


@pytest.mark.parametrize("status", [200, 403])
def test_html_is_an_accident_with_any_status(exchange: Simulator, status: int) -> None:
    exchange.faults.refuse_tokens("html", status=status)
    assert type(failure(exchange.rest_url)) is UnexpectedAnswer


def test_no_servers_are_an_unexpected_answer(exchange: Simulator) -> None:
    exchange.faults.refuse_tokens("empty")
    assert type(failure(exchange.rest_url)) is UnexpectedAnswer


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"code":"200000"}', b"\xff\xfe", b"[" * 100_000])
def test_an_answer_that_is_not_kucoins_is_unexpected(body: bytes) -> None:
    with serving(saying(answer("200 OK", body))) as port:
        assert type(failure(f"http://127.0.0.1:{port}")) is UnexpectedAnswer


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"nothing of the kind\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_an_answer_cut_short_or_broken_passes(said: bytes) -> None:
    with serving(saying(said)) as port:
        error = failure(f"http://127.0.0.1:{port}")
        assert type(error) is RestUnavailable
        assert error.status is None
        assert str(error).startswith("POST /api/v1/bullet-private: ")
        assert len(str(error)) < 300


def test_what_is_sent_has_an_empty_body_and_the_signed_headers() -> None:
    heard: list[str] = []
    with serving(saying(GOOD, heard=heard)) as port:
        fetch(f"http://127.0.0.1:{port}", KEYS)
    clock, asked = heard
    assert clock.startswith("GET /api/v1/timestamp ")
    assert "KC-API" not in clock
    assert "\r\nContent-Length: 0\r\n" in asked
    assert "\r\nKC-API-KEY: simulated-key\r\n" in asked
    assert asked.endswith("\r\n\r\n")
    assert "simulated-secret" not in asked
    assert "simulated-passphrase" not in asked
