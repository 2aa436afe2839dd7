"""What the exchange's codes become."""

import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from rx_kucoin import errors
from rx_kucoin.errors import (
    AccountFrozen,
    AddressNotAllowed,
    ApiError,
    ClockOff,
    KeyRefused,
    KeyTooOld,
    KuCoinError,
    Passing,
    PermissionMissing,
    RegionRefused,
    UnknownKey,
    UnknownSymbol,
    UnlistedCode,
    WrongKeyVersion,
    WrongPassphrase,
    WrongSignature,
)

KINDS = {
    "400001": ApiError,
    "400002": ClockOff,
    "400003": UnknownKey,
    "400004": WrongPassphrase,
    "400005": WrongSignature,
    "400006": AddressNotAllowed,
    "400007": PermissionMissing,
    "400008": KeyTooOld,
    "400009": WrongKeyVersion,
    "400100": ApiError,
    "400301": RegionRefused,
    "400302": RegionRefused,
    "400303": RegionRefused,
    "400304": RegionRefused,
    "404000": ApiError,
    "411100": AccountFrozen,
}


@pytest.mark.parametrize(("code", "kind"), KINDS.items())
def test_every_code_becomes_its_error_which_names_it_and_says_what_to_do(code: str, kind: type[ApiError]) -> None:
    error = ApiError.of(code, "said so", "GET /api")
    assert type(error) is kind
    assert (error.code, error.text, error.request) == (code, "said so", "GET /api")
    told, remedy = str(error).split("; ")
    assert told == f"GET /api: KuCoin answered {code} 'said so'"
    assert len(remedy) > 20
    assert not isinstance(error, Passing)


def test_all_that_is_wrong_with_a_key_is_one_branch() -> None:
    assert {kind for kind in KINDS.values() if issubclass(kind, KeyRefused)} == set(KeyRefused.__subclasses__())
    assert len({str(ApiError.of(code, "", "")).split("; ")[1] for code in KINDS if code < "400010"}) == 9


FINAL = {
    *KINDS,
    *("404", "200003", "400010", "400011", "400101", "400102", "400200", "400201", "400202", "411200", "415000"),
}


@pytest.mark.parametrize("code", sorted(FINAL))
def test_a_listed_code_is_final(code: str) -> None:
    assert not isinstance(ApiError.of(code, "x", "GET /x", 400), Passing)


@pytest.mark.parametrize("code", ["900014", "SYSTEM_UNDER_MAINTENANCE", "400760", "", "200001", "429000", "501000"])
def test_an_unlisted_code_passes_and_is_an_error_of_the_api_all_the_same(code: str) -> None:
    error = ApiError.of(code, "said so", "GET /api", 400)
    assert type(error) is UnlistedCode
    assert isinstance(error, Passing)
    assert (error.code, error.text, error.request, error.status) == (code, "said so", "GET /api", 400)


@pytest.mark.parametrize("text", ["did you mean X?", "it broke", "it broke.", "it broke!"])
def test_what_ends_with_a_mark_is_given_no_other(text: str) -> None:
    cause = errors.LineLost(text)
    for error in (errors.ReconnectFailed(5, cause), errors.CalibrationFailed("BTC-USDT", 3, cause)):
        assert not re.search(r"[.?!][.?!]", str(error))
        assert re.search(re.escape(text) + r"\.? Subscribe again", str(error))


def test_an_unknown_symbol_says_which_is_meant() -> None:
    error = UnknownSymbol("BTCUSDT", "BTC-USDT")
    assert (error.symbol, error.did_you_mean) == ("BTCUSDT", "BTC-USDT")
    assert str(error) == "KuCoin lists no symbol 'BTCUSDT'; did you mean BTC-USDT?"
    assert UnknownSymbol("X").did_you_mean is None
    assert "did you mean" not in str(UnknownSymbol("X"))


def test_the_tree_that_is_drawn_is_the_one_that_grows() -> None:
    lines = re.findall(r"^    ([│ ├└─]*)([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    drawn = [(len(branches) // 4, name) for branches, name in lines]
    trail: list[str] = []
    for depth, name in drawn:
        del trail[depth:]
        bases = [base.__name__ for base in getattr(errors, name).__bases__ if depth]
        assert trail[-1:] == bases[:1], name  # a second one is named in words
        assert set(bases[1:]) <= {"Passing"}, name
        trail.append(name)
    every = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, KuCoinError)}
    assert {name for _, name in drawn} == every == set(errors.__all__)


@pytest.mark.parametrize(
    "error",
    [
        errors.CalibrationFailed("BTC-USDT", 3, errors.RestUnavailable("x", 503), 1, 2),
        errors.ReconnectFailed(5, errors.LineLost("x")),
        errors.SubscriptionRejected("/market/ticker:X", 404, "x"),
        errors.RateLimited("x", 1.5),
        errors.UnexpectedAnswer("x", "<html>", status=302, retry_after=1.5, location="https://x/", title="Login"),
        errors.DialFailed("x", 403, 1.5, "https://x/"),
        ApiError.of("900014", "x", "GET /x", 400),
        errors.Closed(),
        UnknownSymbol("BTC-USD", "BTC-USDT"),
        ApiError.of("400007", "x", "GET /x"),
    ],
)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_an_error_can_be_copied_and_sent_to_another_process(error: KuCoinError, again: Any) -> None:
    other = again(error)
    assert type(other) is type(error)
    assert (str(other), other.args) == (str(error), error.args)
    assert repr(vars(other)) == repr(vars(error))
