import base64
import hashlib
import hmac

import pytest

from rx_kucoin.simulator._signatures import check

NOW = 1_729_100_692_873


def mac(text: str) -> str:
    return base64.b64encode(hmac.new(b"secret", text.encode(), hashlib.sha256).digest()).decode()


def verdict(timestamp: int, asked: str = "GET/x?symbol=A-B", *, version: str = "2") -> str | None:
    headers = {
        "KC-API-KEY": "key",
        "KC-API-TIMESTAMP": str(timestamp),
        "KC-API-SIGN": mac(f"{timestamp}GET/x?symbol=A-B"),
        "KC-API-PASSPHRASE": mac("words"),
        "KC-API-KEY-VERSION": version,
    }
    wrong = check(headers, [asked], key="key", secret="secret", passphrase="words", now_ms=NOW, skew=5.0)
    return None if wrong is None else wrong.code


@pytest.mark.parametrize(
    ("late", "code"), [(0, None), (4_999, None), (-4_999, None), (5_001, "400002"), (-5_001, "400002")]
)
def test_a_clock_may_be_five_seconds_off_and_no_more(late: int, code: str | None) -> None:
    assert verdict(NOW - late) == code


@pytest.mark.parametrize("version", ["2", "3"])
def test_both_living_generations_of_keys_are_accepted(version: str) -> None:
    assert verdict(NOW, version=version) is None


def test_what_was_signed_is_method_path_query_and_body() -> None:
    assert verdict(NOW, "GET/x?symbol=A-C") == "400005"
    assert verdict(NOW, "POST/x?symbol=A-B") == "400005"
    assert verdict(NOW, "GET/x?symbol=A-B{}") == "400005"
