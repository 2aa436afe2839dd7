"""What goes wrong over REST: keys that are refused, tokens that are not given, hosts that repeat what they hear."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from canary.hosts import echo, rest
from canary.stage import KEYS, Stage
from transport.servers import answer, black_hole

from rx_kucoin import Credentials, errors

__all__ = ["REFUSALS", "SAID", "Arrange"]

Arrange = Callable[[Stage], AbstractContextManager[dict[str, Any]]]
"""Has something go wrong, and gives the settings of a client that it happens to."""


@contextmanager
def signed(code: str, stage: Stage) -> Iterator[dict[str, Any]]:
    """The exchange refuses what is signed."""
    stage.exchange.faults.refuse_signed(code)  # type: ignore[arg-type]
    yield {}


@contextmanager
def tokens(how: str, stage: Stage) -> Iterator[dict[str, Any]]:
    """The exchange gives no token."""
    stage.exchange.faults.refuse_tokens(how)  # type: ignore[arg-type]
    yield {"timeout": 0.2} if how == "hang" else {}


@contextmanager
def keys(place: int, text: str, stage: Stage) -> Iterator[dict[str, Any]]:
    """One of the three is wrong."""
    wrong = [*KEYS]
    wrong[place] = text
    stage.finder.know("what was given for a key", text)
    yield {"credentials": Credentials(*wrong)}


@contextmanager
def version(stage: Stage) -> Iterator[dict[str, Any]]:
    """The key is of another generation."""
    stage.exchange.api_key_version = 2
    yield {}
    stage.exchange.api_key_version = None


@contextmanager
def late(stage: Stage) -> Iterator[dict[str, Any]]:
    """The exchange takes no time at all for good."""
    stage.exchange.clock_skew = -1
    yield {}
    stage.exchange.clock_skew = 5


@contextmanager
def saying(say: Callable[[str], bytes], stage: Stage) -> Iterator[dict[str, Any]]:
    """A host makes its answer of the request."""
    with rest(partial(told_a_token, stage, say)) as url:
        yield {"rest_url": url, "futures_rest_url": url}


def told_a_token(stage: Stage, say: Callable[[str], bytes], asked: str) -> bytes:
    """Answer; a token that stands in it is known from now on."""
    stage.finder.know("a token", TOKEN)
    return say(asked)


@contextmanager
def nowhere(url: str, _stage: Stage) -> Iterator[dict[str, Any]]:
    """There is no such host."""
    yield {"rest_url": url, "futures_rest_url": url}


@contextmanager
def hole(_stage: Stage) -> Iterator[dict[str, Any]]:
    """The host takes no connection."""
    with black_hole() as port:
        yield {"rest_url": f"http://127.0.0.1:{port}", "timeout": 0.2}


def header(asked: str, name: str) -> str:
    """Find a header of a request."""
    return next((line.split(": ", 1)[1] for line in asked.split("\r\n") if line.startswith(name)), "")


def given(text: str) -> bytes:
    """Answer well, so to speak."""
    return answer("200 OK", text)


def cut(_asked: str) -> bytes:
    """Give a token in an answer that breaks off."""
    return given('{"code":"200000","data":{"token":"' + TOKEN[:150])


def escaped(asked: str) -> bytes:
    """Repeat the request in JSON whose slashes are escaped, in what is no message."""
    return given(json.dumps({"request": asked}).replace("/", "\\/"))


def sign_alone(asked: str) -> bytes:
    """Repeat the signature and the key, without anything around them."""
    return answer("401 x", json.dumps({"code": "400005", "msg": header(asked, "KC-API-SIGN")}))


def key_late(asked: str) -> bytes:
    """Repeat the key where the excerpt is cut."""
    text = "x " * 55 + header(asked, "KC-API-KEY")
    return answer("401 x", json.dumps({"code": "400003", "msg": text}))


def data_of(asked: str) -> bytes:
    """Repeat the request in what is data, so to speak."""
    data = {"sequence": asked, "token": TOKEN, "instanceServers": []}
    return given(json.dumps({"code": "200000", "data": data}))


def key_as_data(asked: str) -> bytes:
    """Repeat the key where there should be a book, or a token."""
    return given(json.dumps({"code": "200000", "data": header(asked, "KC-API-KEY")}))


def query(asked: str) -> str:
    """Write the headers as a query."""
    return "&".join(quote(line, safe="=") for line in asked.replace(": ", "=").split("\r\n"))


TOKEN: Final = "2neAiuYvAUSVqUwZ1hK_9-s3" * 8 + "==.Wq8xk0PpQd3mT2Lb5YcN7w=="
_SERVER: Final = {"endpoint": "http://no.socket", "pingInterval": 1, "pingTimeout": 1}
_CODES: Final[dict[str, type]] = {
    "400001": errors.ApiError,
    "400002": errors.ClockOff,
    "400003": errors.UnknownKey,
    "400004": errors.WrongPassphrase,
    "400005": errors.WrongSignature,
    "400006": errors.AddressNotAllowed,
    "400007": errors.PermissionMissing,
    "400008": errors.KeyTooOld,
    "400009": errors.WrongKeyVersion,
    "400301": errors.RegionRefused,
    "411100": errors.AccountFrozen,
}
_ANSWERS: Final[dict[str, type]] = {
    "busy": errors.RateLimited,
    "unavailable": errors.RestUnavailable,
    "error": errors.RestUnavailable,
    "html": errors.UnexpectedAnswer,
    "wrong code": errors.ApiError,
    "empty": errors.UnexpectedAnswer,
    "hang": errors.RestUnavailable,
}
SAID: Final[dict[str, tuple[Callable[[str], bytes], type]]] = {
    "garbage": (lambda _: given("{{{"), errors.UnexpectedAnswer),
    "a token cut in half": (cut, errors.UnexpectedAnswer),
    "a token without servers": (
        lambda _: given(json.dumps({"code": "200000", "data": {"token": TOKEN, "instanceServers": []}})),
        errors.UnexpectedAnswer,
    ),
    "a token with servers that are none": (
        lambda _: given(json.dumps({"code": "200000", "data": {"instanceServers": [_SERVER], "token": TOKEN}})),
        errors.UnexpectedAnswer,
    ),
    "a token in the wrong place": (
        lambda _: given(json.dumps({"code": "200000", "data": [TOKEN]})),
        errors.UnexpectedAnswer,
    ),
    "no token": (lambda _: given('{"code":"200000","data":{"instanceServers":[]}}'), errors.UnexpectedAnswer),
    "an echo in the message": (echo, errors.ApiError),
    "an echo of the signature alone": (sign_alone, errors.WrongSignature),
    "an echo where the excerpt ends": (key_late, errors.UnknownKey),
    "an echo in base64": (lambda asked: echo(base64.b64encode(asked.encode()).decode()), errors.ApiError),
    "an echo in percents": (lambda asked: echo(query(asked)), errors.ApiError),
    "an echo as the code": (lambda asked: echo("", header(asked, "KC-API-KEY")), errors.ApiError),
    "an echo in JSON": (escaped, errors.UnexpectedAnswer),
    "an echo as the data": (key_as_data, errors.UnexpectedAnswer),
    "an echo in the data": (data_of, errors.UnexpectedAnswer),
    "an echo in HTML": (lambda asked: answer("403 Forbidden", f"<html>{asked}"), errors.UnexpectedAnswer),
    "an echo for an answer": (str.encode, errors.RestUnavailable),
    "an echo as the status": (
        lambda asked: f"HTTP/1.1 {header(asked, 'KC-API-KEY')} No\r\n\r\n".encode(),
        errors.RestUnavailable,
    ),
    "an echo as a header": (
        lambda asked: b"HTTP/1.1 200 OK\r\n" + asked.split("\r\n", 1)[1].replace(": ", " ").encode(),
        errors.Passing,
    ),
    "an echo as a length": (
        lambda asked: answer("200 OK").replace(b"th: 0", b"th: " + header(asked, "KC-API-SIGN").encode()),
        errors.Passing,
    ),
    "a busy echo": (lambda asked: echo(asked, "429000"), errors.RestUnavailable),
    "a redirect": (
        lambda asked: answer("302 Found", Location=f"http://127.0.0.1:1/?{query(asked)}"),
        errors.UnexpectedAnswer,
    ),
}

REFUSALS: Final[dict[str, tuple[Arrange, type]]] = {
    **{f"refused {code}": (partial(signed, code), kind) for code, kind in _CODES.items()},
    **{f"token call: {how}": (partial(tokens, how), kind) for how, kind in _ANSWERS.items()},
    **{f"REST: {what}": (partial(saying, say), kind) for what, (say, kind) in SAID.items()},
    "the key is unknown": (partial(keys, 0, "oddwrongkey-7/+=%"), errors.UnknownKey),
    "the secret is wrong": (partial(keys, 1, "oddwrongsecret-7/+=%"), errors.WrongSignature),
    "the passphrase is wrong": (partial(keys, 2, "oddwrongphrase-7/+=%"), errors.WrongPassphrase),
    "the generation is wrong": (version, errors.WrongKeyVersion),
    "the clock is off": (late, errors.ClockOff),
    "no such name": (partial(nowhere, "http://no-such-host.invalid"), errors.RestUnavailable),
    "nobody there": (partial(nowhere, "http://127.0.0.1:1"), errors.RestUnavailable),
    "a black hole": (hole, errors.RestUnavailable),
}
"""Each with what it must be told by."""
