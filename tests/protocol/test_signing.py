"""Signed headers, against KuCoin's formula, its example and its own library."""

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_the_example_in_kucoins_documentation_comes_out_as_it_stands_there() -> None:
    keys = Credentials("5c2db93503aa674c74a31734", "f03a5284-5c39-4aaa-9b20-dea10bdcf8e3", "Abc123456", version=2)
    signed = headers(keys, 1547015186532, "POST", "/api/v1/deposit-addresses", '{"currency":"BTC"}')
    assert signed["KC-API-SIGN"] == "7QP/oM0ykidMdrfNEUmng8eZjg/ZvPafjIqmxiVfYu4="


TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


@pytest.mark.ci
@given(TEXT, TEXT, TEXT, st.sampled_from(["GET", "POST", "DELETE"]), st.text(), st.text())
def test_whatever_is_asked_is_signed_as_kucoins_own_library_does(
    key: str, secret: str, passphrase: str, method: str, path: str, body: str
) -> None:
    sdk = pytest.importorskip("kucoin_universal_sdk.internal.infra.default_signer")
    theirs = sdk.KcSigner(key, secret, passphrase).headers(f"{method}/{path}{body}")
    ours = headers(Credentials(key, secret, passphrase), int(theirs["KC-API-TIMESTAMP"]), method, f"/{path}", body)
    assert ours == {**theirs, "Content-Type": "application/json"}


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


THREE = {"KUCOIN_API_KEY": "k", "KUCOIN_API_SECRET": "s", "KUCOIN_API_PASSPHRASE": "p"}


@pytest.mark.parametrize(("said", "version"), [({}, 3), ({"KUCOIN_API_KEY_VERSION": "2"}, 2)])
def test_the_environment_may_hold_the_key(said: dict[str, str], version: int) -> None:
    found = Credentials.from_environment(THREE | said)
    assert found is not None
    assert (found.key, found.secret, found.passphrase, found.version) == ("k", "s", "p", version)


@pytest.mark.parametrize("empty", [{}, {"KUCOIN_API_KEY_VERSION": "2"}, {"KUCOIN_API_KEY": ""}])
def test_an_environment_without_a_key_is_none(empty: dict[str, str]) -> None:
    assert Credentials.from_environment(empty) is None


@pytest.mark.parametrize("missing", THREE)
def test_half_a_key_in_the_environment_names_the_variables_that_are_missing(missing: str) -> None:
    rest = {name: "canary" for name in THREE if name != missing}
    with pytest.raises(ValueError, match=f"; missing: {missing}$") as caught:
        Credentials.from_environment(rest)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("odd", ["1", "4", "v3", " 3"])
def test_a_generation_that_does_not_exist_is_refused(odd: str) -> None:
    with pytest.raises(ValueError, match="KUCOIN_API_KEY_VERSION"):
        Credentials.from_environment(THREE | {"KUCOIN_API_KEY_VERSION": odd})


@pytest.mark.parametrize("odd", [1, 4, "3", True, 3.0, None])
def test_a_generation_that_does_not_exist_cannot_be_given_either(odd: object) -> None:
    with pytest.raises(ValueError, match="version is 2 or 3"):
        Credentials("k", "s", "p", odd)  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", [1, b"secret", ["secret"]])
def test_what_is_no_text_is_no_secret(odd: object) -> None:
    with pytest.raises(ValueError, match="not so: secret"):
        Credentials("k", odd, "p")  # type: ignore[arg-type]
