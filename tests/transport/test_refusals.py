"""What an error says of an HTTP answer that refuses: of a REST host, and of an upgrade."""

import email.utils
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from transport.fetching import CANARY, failure, saying
from transport.lines import TOKEN, Line, dialled, gateway, refusal
from transport.servers import answer, bullet, descriptors, request, serving
from waiting import eventually, nothing_left

from rx_kucoin.errors import DialFailed, KuCoinError, Passing, RateLimited, RestUnavailable, UnexpectedAnswer
from rx_kucoin.transport.sockets import Sockets

pytestmark = pytest.mark.socket

PAGE = "<!DOCTYPE HTML><HTML><HEAD>{}<TITLE lang=en>\n {}\n</TITLE></HEAD><BODY>no</BODY></HTML>"
HTML = {"Content_Type": "text/html"}
MOVED = "https://api.kucoin.example/api/v1/bullet-public"


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    before = descriptors()
    with nothing_left():
        yield
    assert eventually(lambda: descriptors() <= before), (before, descriptors())


def rest_error(said: bytes) -> KuCoinError:
    with serving(saying(said)) as port:
        error = failure(f"http://127.0.0.1:{port}")
    assert str(error).startswith("POST /api/v1/bullet-private: ")
    return error


def upgrade_error(said: bytes) -> Exception:
    with gateway(upgrade=lambda _: said) as port:
        error = refusal(dialled(port))
    assert str(error).startswith(f"127.0.0.1:{port} ")
    return error


REDIRECTS = {
    301: "301 Moved Permanently",
    302: "302 Found",
    303: "303 See Other",
    307: "307 Temporary Redirect",
    308: "308 Permanent Redirect",
}
PAGES = {
    403: "403 Forbidden",
    404: "404 Not Found",
    407: "407 Proxy Authentication Required",
    451: "451 Unavailable For Legal Reasons",
    511: "511 Network Authentication Required",
    502: "502 Bad Gateway",
    503: "503 Service Unavailable",
    200: "200 OK",
}


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_is_told_with_its_status_and_where_it_points(status: int) -> None:
    said = answer(REDIRECTS[status], "", Location=MOVED)
    rest, upgrade = rest_error(said), upgrade_error(said)
    for error, kind in ((rest, UnexpectedAnswer), (upgrade, DialFailed)):
        assert type(error) is kind
        assert f"HTTP {status}, a redirect to {MOVED}" in str(error)
        assert (error.status, error.location) == (status, MOVED)  # type: ignore[attr-defined]
        assert isinstance(error, Passing)


@pytest.mark.parametrize("status", PAGES)
@pytest.mark.parametrize("before", ["", "<meta charset=utf-8>" * 900], ids=["at the start", "after 18 KB"])
def test_a_page_is_told_with_its_status_and_its_title(status: int, before: str) -> None:
    said = answer(PAGES[status], PAGE.format(before, "Hotel WiFi &amp; login"), **HTML)
    for error in (rest_error(said), upgrade_error(said)):
        assert f"HTTP {status} with a page titled 'Hotel WiFi & login'" in str(error)
        assert error.status == status  # type: ignore[attr-defined]
        assert isinstance(error, Passing)


def test_of_a_page_without_a_title_the_beginning_is_told() -> None:
    error = rest_error(answer("403 Forbidden", "<html>nginx</html>", **HTML))
    assert isinstance(error, UnexpectedAnswer)
    assert (error.excerpt, error.title, error.location) == ("<html>nginx</html>", None, None)
    assert "HTTP 403" in str(error)
    assert "<html>nginx" in str(error)


def test_a_business_code_beside_a_server_error_is_told() -> None:
    error = rest_error(answer("503 Service Unavailable", '{"code":"900014","msg":"maintenance"}'))
    assert type(error) is RestUnavailable
    assert "HTTP 503, KuCoin answered 900014 'maintenance'" in str(error)


@pytest.mark.parametrize(
    "location",
    [
        "https://x.example/?key={}&other={}",
        "https://{}:{}@x.example/",
        "https://x.example/{}/{}",
        "https://{}.example/{}",
        "https://[x.example/",
        "\x07",
        "",
    ],
)
def test_a_redirect_that_repeats_secrets_tells_none_of_them(location: str) -> None:
    error = rest_error(answer("302 Found", "", Location=location.format(CANARY.key, CANARY.secret)))  # looks for them
    assert "HTTP 302" in str(error)
    error = upgrade_error(answer("302 Found", "", Location=location.format(TOKEN, TOKEN)))  # and so does this
    assert "HTTP 302" in str(error)


def test_a_title_that_repeats_secrets_tells_none_of_them() -> None:
    error = rest_error(answer("403 Forbidden", PAGE.format("", f"{CANARY.passphrase} {CANARY.secret}"), **HTML))
    assert "HTTP 403 with a page titled '… …'" in str(error)
    error = upgrade_error(answer("403 Forbidden", PAGE.format("", TOKEN), **HTML))
    assert "HTTP 403 with a page titled '…'" in str(error)


def test_a_redirect_without_end_is_given_up() -> None:
    def flood(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 1000000000000\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    with serving(flood) as port:
        error = failure(f"http://127.0.0.1:{port}", timeout=60)
        assert "more than 1048576 bytes" in str(error)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 403 Forbidden\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n<title>blocked</title>",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 200000\r\n\r\n<title>blocked</title>" + b"x" * 200_000,
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.0 403\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["no length", "cut short", "a long page", "an odd length", "no reason"],
)
def test_the_status_of_a_refused_upgrade_is_told_whatever_its_body_is(said: bytes) -> None:
    error = upgrade_error(said)
    assert type(error) is DialFailed
    assert error.status == 403
    assert "HTTP 403" in str(error)
    assert ("blocked" in str(error)) == (b"blocked" in said)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable", "403 Forbidden", "302 Found"])
@pytest.mark.parametrize("way", ["seconds", "a date", "a date beside another date"])
def test_every_refusal_has_the_time_that_it_asks_to_wait(status: str, way: str) -> None:
    def later(seconds: float) -> str:
        return email.utils.formatdate(time.time() + seconds, usegmt=True)

    headers: dict[str, dict[str, Any]] = {
        "seconds": {"Retry_After": "30"},
        "a date": {"Retry_After": later(30)},
        "a date beside another date": {"Retry_After": later(86_430), "Date": later(86_400)},
    }
    said = answer(status, "", Location="https://x.example/", **headers[way])
    for error in (rest_error(said), upgrade_error(said)):
        assert 27 < error.retry_after <= 31, error  # type: ignore[attr-defined]
        assert isinstance(error, RateLimited) == status.startswith("429")


def test_a_429_without_a_time_asks_for_patience_all_the_same() -> None:
    for error in (rest_error(answer("429 Too Many Requests")), upgrade_error(answer("429 Too Many Requests"))):
        assert isinstance(error, RateLimited)
        assert error.retry_after == 0.0


def test_other_refusals_without_a_time_ask_for_none() -> None:
    for status in ("503 Service Unavailable", "403 Forbidden"):
        for error in (rest_error(answer(status)), upgrade_error(answer(status))):
            assert error.retry_after is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("url", ["http://no-such-host.invalid", "https://no-such-host.invalid:8443/below"])
def test_a_name_that_cannot_be_resolved_is_in_the_error(url: str) -> None:
    error = Line(Sockets(url)).ended_by()
    assert type(error) is RestUnavailable
    assert "the name no-such-host.invalid cannot be resolved" in str(error)


def test_a_name_of_an_endpoint_that_cannot_be_resolved_is_in_the_error() -> None:
    with serving(saying(bullet("wss://no-such-host.invalid/endpoint", TOKEN))) as port:
        error = refusal(dialled(port))
    assert type(error) is DialFailed
    assert "the name no-such-host.invalid cannot be resolved" in str(error)
