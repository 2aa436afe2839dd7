"""The token answer."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rx_kucoin.errors import AddressNotAllowed, ApiError, KuCoinError, UnexpectedAnswer
from rx_kucoin.protocol.token import InstanceServer, Token, read_data, read_token
from tests.protocol.material import DATA

REQUEST = "POST /api/v1/bullet-public"
ANSWER = (DATA / "bullet.json").read_bytes()
GOOD = bytes(read_data(ANSWER, REQUEST))
TOKEN = json.loads(GOOD)["token"]
ENDPOINT = "wss://ws-api-spot.kucoin.com/"


def answer(*servers: Any) -> bytes:
    return json.dumps({"token": TOKEN, "instanceServers": list(servers)}).encode()


def test_a_good_answer_gives_a_token_and_servers() -> None:
    assert read_token(GOOD, REQUEST) == Token(TOKEN, (InstanceServer(ENDPOINT, 18.0, 10.0),))


def test_the_pace_is_the_answers_own() -> None:
    (server,) = read_token(answer({"endpoint": ENDPOINT, "pingInterval": 50000, "pingTimeout": 4500}), "").servers
    assert (server.ping_interval, server.ping_timeout) == (50.0, 4.5)


@pytest.mark.parametrize("pace", [0, -1, None, "nan", "inf"])
def test_a_pace_that_is_none_is_that_of_today(pace: Any) -> None:
    (server,) = read_token(answer({"endpoint": ENDPOINT, "pingInterval": pace, "pingTimeout": pace}), "").servers
    assert server == InstanceServer(ENDPOINT) == InstanceServer(ENDPOINT, 18.0, 10.0)


def test_a_code_may_be_a_number() -> None:
    assert bytes(read_data(b'{"code":200000,"data":7}', REQUEST)) == b"7"
    with pytest.raises(ApiError) as caught:
        read_data(b'{"code":400003,"msg":null}', REQUEST)
    assert (caught.value.code, caught.value.text) == ("400003", "")


def test_another_code_is_an_api_error() -> None:
    with pytest.raises(ApiError) as caught:
        read_data(b'{"code":"400006","msg":"Invalid request ip"}', REQUEST)
    error = caught.value
    assert type(error) is AddressNotAllowed
    assert (error.code, error.text, error.request) == ("400006", "Invalid request ip", REQUEST)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><head><title>403 Forbidden</title></head></html>",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"[" * 200_000,
        b'{"code":"200000","x":' + b"[" * 200_000,
        b'{"code":"200000"}',
    ],
    ids=range(8),
)
def test_what_is_not_kucoins_is_an_unexpected_answer(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match=REQUEST):
        read_data(body, REQUEST)


@pytest.mark.parametrize(
    "data",
    [
        b"null",
        b"[" * 200_000,
        b'{"instanceServers":[{"endpoint":"wss://a/"}]}',
        b'{"token":"","instanceServers":[{"endpoint":"wss://a/"}]}',
        b'{"token":null,"instanceServers":[{"endpoint":"wss://a/"}]}',
        b'{"token":"secret"}',
        b'{"token":"secret","instanceServers":[]}',
        b'{"token":"secret","instanceServers":[{"endpoint":""}]}',
        b'{"token":"secret","instanceServers":[{"endpoint":"wss://[::1"}]}',
        b'{"token":"secret","instanceServers":[{"endpoint":"https://a/"}]}',
        b'{"token":"secret","instanceServers":[{"endpoint":"wss://[:::::]/"}]}',
    ],
    ids=range(11),
)
def test_an_answer_without_a_token_and_a_server_is_unexpected(data: bytes) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        read_token(data, REQUEST)
    assert REQUEST in str(caught.value)
    assert "secret" not in str(caught.value)


@given(
    st.binary()
    | st.dictionaries(st.sampled_from(["code", "data", "msg"]), st.text()).map(lambda d: json.dumps(d).encode())
)
def test_any_body_is_an_answer_or_one_of_our_errors(body: bytes) -> None:
    with pytest.raises(KuCoinError):
        read_token(bytes(read_data(body, REQUEST)), REQUEST)


def test_the_data_of_any_answer_is_taken_out() -> None:
    assert bytes(read_data(b'{"code":"200000","data":1729100692873}', "GET /api/v1/timestamp")) == b"1729100692873"


def test_an_address_holds_the_token_percent_encoded() -> None:
    given = read_token(GOOD, REQUEST)
    address = given.address(given.servers[0], "my id&x")
    assert TOKEN not in address
    assert address.startswith(f"{ENDPOINT}?token=2neAiu")
    assert parse_qs(urlsplit(address).query, strict_parsing=True) == {"token": [TOKEN], "connectId": ["my id&x"]}


def test_an_endpoint_with_a_query_keeps_it() -> None:
    server = InstanceServer("wss://ws-api.example/endpoint?x=1")
    address = Token("a=b", [server]).address(server, "7")
    assert address == "wss://ws-api.example/endpoint?x=1&token=a%3Db&connectId=7"


def test_neither_repr_nor_host_holds_a_token() -> None:
    given = read_token(GOOD, REQUEST)
    assert "2neAiu" not in repr(given)
    assert given.servers[0].host == "ws-api-spot.kucoin.com"
    assert InstanceServer("ws://[::1]:8080/x?token=y").host == "[::1]:8080"


@pytest.mark.parametrize("scheme", ["WS", "Ws", "WSS", "wSs"])
def test_the_case_of_a_scheme_does_not_matter(scheme: str) -> None:
    (server,) = read_token(answer({"endpoint": f"{scheme}://Host.example:1/Endpoint?A=B"}), "").servers
    assert server.endpoint == f"{scheme.lower()}://Host.example:1/Endpoint?A=B"


def test_every_server_that_can_be_dialled_is_kept() -> None:
    body = answer({"endpoint": ""}, {"endpoint": "ws://127.0.0.1:8080/"}, {"endpoint": "ws://[::1]:8080"})
    assert [server.endpoint for server in read_token(body, "").servers] == ["ws://127.0.0.1:8080/", "ws://[::1]:8080"]
