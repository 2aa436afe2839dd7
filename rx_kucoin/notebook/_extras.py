"""Packages of the `notebook` extra: imported when they are used, as they are large and may be missing."""

from importlib import import_module
from typing import Any, Final

__all__ = ["MISSING", "need"]

MISSING: Final = 'pip install "rx-kucoin[notebook]"'


def need(module: str) -> Any:
    """Import a module of the extra.

    Raises:
        ImportError: it is not installed; the message tells how to.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ImportError(f"{error.name} is not installed: {MISSING}", name=error.name) from error
