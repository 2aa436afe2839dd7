"""Keeps secrets out of texts of others, and out of the tracebacks of errors."""

import base64
import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import quote

__all__ = ["Redact", "hide_arguments", "hide_init_arguments", "redactor", "without_traceback"]

Redact = Callable[[str], str]
"""Removes secrets from a text."""

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
E = TypeVar("E", bound=BaseException)


def redactor(secrets: Iterable[str]) -> Redact:
    """Return a function that removes secrets from a text, in any encoding in which it may repeat them."""
    spelt = sorted({way for secret in secrets if secret for way in _spellings(secret)}, key=len, reverse=True)

    def hide(text: str) -> str:
        for secret in spelt:
            text = text.replace(secret, "…")
        return text

    return hide


def without_traceback(error: E) -> E:
    """Remove traceback, cause and context of an error: their frames hold keys and tokens, which some tools show."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def hide_arguments(make: Callable[P, R]) -> Callable[P, R]:
    """Make the errors of a function with secret arguments hold no frame that has them."""

    @wraps(make)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return make(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  passed on
            failure = without_traceback(error)
        del args, kwargs  # this frame is part of the new traceback
        raise failure

    return call


def hide_init_arguments(cls: type[T]) -> type[T]:
    """Make the errors of a class's constructor hold no frame that has its arguments."""
    setattr(cls, "__init__", hide_arguments(cls.__init__))  # noqa: B010  type checkers reject the assignment
    return cls


def _spellings(secret: str) -> set[str]:
    plain = {secret, quote(secret, safe=""), repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    plain.add(secret.encode("ascii", "ignore").decode())  # as an ASCII reader sees it
    plain |= {base64.b64encode(secret.encode()).decode(), repr(secret.encode("latin-1", "replace"))[2:-1]}
    return {way for spelt in plain if spelt for way in (spelt, spelt.replace("/", "\\/"))}
