"""Packages of the `notebook` extra, imported when they are used, as they are large and may be missing."""

from importlib import import_module
from typing import Any, Final

__all__ = ["INSTALL", "optional"]

INSTALL: Final = 'pip install "rx-kucoin[notebook]"'


def optional(module: str) -> Any:
    """Import a module of the extra.

    Raises:
        ImportError: It is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ImportError(f"{error.name} is not installed: {INSTALL}", name=error.name) from error
