"""How settings of the network are read, and whom TLS believes."""

import importlib.util
import math
import ssl
from pathlib import Path
from typing import Any

import pytest
from transport.asking import Told, good
from transport.fetching import saying
from transport.lines import Line, gateway, silent
from transport.servers import certificate, frame, serving, tls
from waiting import eventually, nothing_left

from rx_kucoin.errors import RestUnavailable
from rx_kucoin.transport import certificates as trust
from rx_kucoin.transport.network import DIRECT, Network
from rx_kucoin.transport.proxy import Proxy
from rx_kucoin.transport.sockets import Sockets

pytestmark = pytest.mark.socket


@pytest.mark.parametrize(
    ("url", "proxy", "shown"),
    [
        ("http://p.example:3128", Proxy("http", "p.example", 3128), "http://p.example:3128"),
        ("http://p.example", Proxy("http", "p.example", 80), "http://p.example:80"),
        ("socks5://10.0.0.1/", Proxy("socks5", "10.0.0.1", 1080), "socks5://10.0.0.1:1080"),
        ("SOCKS5h://[::1]:9050", Proxy("socks5h", "::1", 9050), "socks5h://[::1]:9050"),
        ("socks4://me@p:1", Proxy("socks4", "p", 1, "me"), "socks4://p:1"),
        ("http://me:can%40ary@p:1", Proxy("http", "p", 1, "me", "can@ary"), "http://p:1"),
        ("http://me:@p:1", Proxy("http", "p", 1, "me", ""), "http://p:1"),
        ("http://m%C3%BC:canary%C3%A9@p:1", Proxy("http", "p", 1, "m\u00fc", "canary\u00e9"), "http://p:1"),
    ],
)
def test_a_proxy_is_read_and_its_login_not_shown(url: str, proxy: Proxy, shown: str) -> None:
    network = Network(proxy=url)
    assert network.way == proxy
    assert repr(network) == f"Network(timeout=10, proxy='{shown}')"
    assert "ary" not in repr(proxy) + str(proxy) + repr(network)


@pytest.mark.parametrize(
    "url",
    [
        "p.example:3128",
        "://p",
        "http://",
        "http://:3128",
        "ftp://p:21",
        "http://p:0",
        "http://p:65536",
        "http://p:many",
        "http://me:canary@p:canary",
        "http://me:canary@[::1",
        "http://p x:80",
        "http://p:80/path",
        "http://p:80?canary",
        "http://p:80#canary",
        "http://:canary@p:80",
        "http://me%0D%0A:canary@p:80",
        "http://me:canary%0D%0AX-Y:z@p:80",
        "http://me%3Ayou:canary@p:80",
        "http://me:canary%E2%82%AC@p:80",
        "socks5://me:canary%C3%A9@p:80",
        "socks5://me:canary" + "y" * 255 + "@p:80",
        "socks4://me:canary@p:80",
        "https://me:canary@p:443",
    ],
)
def test_a_malformed_proxy_is_a_value_error_that_does_not_show_it(url: str) -> None:
    with pytest.raises(ValueError, match="proxy") as caught:
        Network(proxy=url)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_no_proxy_is_none_and_an_empty_one_too() -> None:
    assert Network(proxy="").way is None
    assert DIRECT.way is None
    assert repr(DIRECT) == "Network(timeout=10)"


def test_a_proxy_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr("rx_kucoin.transport.proxy.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'pip install "rx-kucoin\[proxy\]"'):
        Network(proxy="http://p:1")
    assert Network(timeout=5).timeout == 5


@pytest.mark.parametrize(
    "settings",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": math.inf},
        {"timeout": math.nan},
        {"ca": "/no/such/file.pem"},
        {"headers": {"X Y": "z"}},
        {"headers": {"X-Y": "z\r\nX-Z: y"}},
        {"headers": {"": "z"}},
        {"headers": {"X-Y": "\u20ac"}},
    ],
)
def test_a_setting_that_makes_no_sense_is_a_value_error(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        Network(**settings)


def test_certificates_that_are_none_are_a_value_error(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nothing of the kind")
    for ca in (tmp_path / "x.pem", tmp_path):
        with pytest.raises(ValueError, match=r"ca: .*certificate"):
            Network(ca=ca)
    (tmp_path / "x.pem").unlink()
    with pytest.raises(ValueError, match="ca: no certificate"):
        Network(ca=tmp_path)


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_certificate_that_is_given_is_believed_for_rest_and_the_socket_alike(tmp_path: Path, is_folder: bool) -> None:  # noqa: FBT001
    pem = certificate(tmp_path)
    with nothing_left(), gateway(lambda c: (c.sendall(frame(b"hi")), silent(c))[1], context=tls(pem)) as port:
        line = Line(Sockets(f"https://127.0.0.1:{port}", network=Network(ca=str(tmp_path) if is_folder else pem)))
        assert eventually(lambda: line.texts == [b"hi"]), line.error
        line.subscription.dispose()
        unbelieving = Told(Sockets(f"https://127.0.0.1:{port}").fetch("/x")).error()
        assert type(unbelieving) is RestUnavailable
        assert "certificate verify failed" in str(unbelieving)


def test_what_is_believed_already_stays_so(tmp_path: Path) -> None:
    pem = Network(ca=certificate(tmp_path)).authority
    own, machines = trust.trust(pem), trust.trust()
    assert own is trust.trust(pem)
    assert len(own.get_ca_certs()) == len(machines.get_ca_certs()) + 1
    assert own.verify_mode == ssl.CERT_REQUIRED
    assert own.check_hostname


def test_a_certificate_for_another_host_is_refused_though_its_maker_is_believed(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "DNS:elsewhere.example")
    with nothing_left(), serving(saying(good(7)), tls(pem)) as port:
        error = Told(Sockets(f"https://127.0.0.1:{port}", network=Network(ca=pem)).fetch("/x")).error()
        assert "certificate verify failed: IP address mismatch" in str(error)
