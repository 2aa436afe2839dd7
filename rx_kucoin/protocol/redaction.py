"""Keeping secrets to oneself: in what others say, and in the frames that an error hangs on."""

import base64
import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import quote

__all__ = ["Hide", "bare", "discreet", "discreetly", "hider"]

Hide = Callable[[str], str]
"""Takes secrets out of a text."""

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
E = TypeVar("E", bound=BaseException)


def hider(secrets: Iterable[str]) -> Hide:
    """Take these out of what others say, who may repeat all that they were told, in a spelling of their own."""
    spelt = sorted({way for secret in secrets if secret for way in _spellings(secret)}, key=len, reverse=True)

    def hide(text: str) -> str:
        for secret in spelt:
            text = text.replace(secret, "…")
        return text

    return hide


def bare(error: E) -> E:
    """Take from an error what it hangs on: frames hold keys and tokens, and there are tools that show them."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def discreet(make: Callable[P, R]) -> Callable[P, R]:
    """Have an error of a function that was given secrets hold no frame that knows them."""

    @wraps(make)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return make(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  passed on
            failure = bare(error)
        del args, kwargs  # this frame is one of them
        raise failure

    return call


def discreetly(cls: type[T]) -> type[T]:
    """Have an error of a class's constructor hold no frame that knows what it was given."""
    setattr(cls, "__init__", discreet(cls.__init__))  # noqa: B010  a type checker takes it for a mistake
    return cls


def _spellings(secret: str) -> set[str]:
    plain = {secret, quote(secret, safe=""), repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    plain.add(secret.encode("ascii", "ignore").decode())  # as who reads ASCII has it
    plain |= {base64.b64encode(secret.encode()).decode(), repr(secret.encode("latin-1", "replace"))[2:-1]}
    return {way for spelt in plain if spelt for way in (spelt, spelt.replace("/", "\\/"))}
