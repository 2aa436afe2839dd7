"""Signed headers, against KuCoin's formula written down a second time."""

import base64
import hmac

import pytest

from rx_kucoin.protocol.signing import Credentials, headers

KEYS = Credentials("5fd5a1b2c3", "s3cret-of-mine", "pass phrase")


def formula(secret: str, text: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()


def test_a_private_token_is_asked_for_with_kucoins_signature() -> None:
    assert headers(KEYS, 1790984037207, "POST", "/api/v1/bullet-private") == {
        "KC-API-KEY": "5fd5a1b2c3",
        "KC-API-TIMESTAMP": "1790984037207",
        "KC-API-SIGN": formula("s3cret-of-mine", "1790984037207POST/api/v1/bullet-private"),
        "KC-API-PASSPHRASE": formula("s3cret-of-mine", "pass phrase"),
        "KC-API-KEY-VERSION": "3",
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "text"),
    [
        (
            "get",
            "/api/v3/market/orderbook/level2?symbol=BTC-USDT",
            "",
            "7GET/api/v3/market/orderbook/level2?symbol=BTC-USDT",
        ),
        ("POST", "/api/v1/orders", '{"side":"buy"}', '7POST/api/v1/orders{"side":"buy"}'),
        ("DELETE", "/api/v1/orders?x=é", "", "7DELETE/api/v1/orders?x=é"),
    ],
)
def test_what_is_signed_is_time_method_path_and_body(method: str, path: str, body: str, text: str) -> None:
    assert headers(KEYS, 7, method, path, body)["KC-API-SIGN"] == formula("s3cret-of-mine", text)


def test_a_signature_is_what_it_was() -> None:
    signed = headers(Credentials("k", "key", "p"), 0, "", "", "The quick brown fox jumps over the lazy dog"[1:])
    assert signed["KC-API-SIGN"] == formula("key", "0he quick brown fox jumps over the lazy dog")
    assert formula("key", "The quick brown fox jumps over the lazy dog") == (
        "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="
    )


def test_a_key_of_the_second_generation_says_so() -> None:
    assert headers(Credentials("a", "b", "c", version=2), 7, "GET", "/")["KC-API-KEY-VERSION"] == "2"


def test_no_secret_shows() -> None:
    for said in (repr(KEYS), str(KEYS), f"{KEYS}"):
        assert said == "Credentials(version=3)"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (("", "s", "p"), "key"),
        (("k", "", "p"), "secret"),
        (("k", "s", ""), "passphrase"),
        (("k", "", ""), "secret, passphrase"),
        (("", "", ""), "key, secret, passphrase"),
    ],
)
def test_half_credentials_name_what_is_missing(given: tuple[str, str, str], missing: str) -> None:
    with pytest.raises(ValueError, match=f"; missing: {missing}$"):
        Credentials(*given)


@pytest.mark.parametrize("odd", ["key\n", " key", "k\u00e9y", "ke\ty"])
def test_a_key_that_cannot_stand_in_a_header_is_named_and_not_shown(odd: str) -> None:
    with pytest.raises(ValueError, match="not so: key") as caught:
        Credentials(odd, "secret", "passphrase")
    assert repr(odd) not in str(caught.value)
