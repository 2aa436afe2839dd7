"""Listening to every way in which a program tells something without being asked."""

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from canary.telling import of_error, of_record

__all__ = ["Watch"]


class Watch(logging.Handler):
    """Keeps what the log was given, what hooks were called with, and what was warned of."""

    def __init__(self) -> None:
        super().__init__()
        self.records = 0
        self.hooked = 0
        self.texts: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Note a record at once, while what it holds is as it was."""
        self.records += 1
        self.texts.update(of_record(record))

    @contextmanager
    def at(self, level: int) -> Iterator[None]:
        """Set the level of everything that logs."""
        loggers = [logging.getLogger(name) for name in ("", "rx_kucoin", "urllib3", "websocket", "asyncio", "aiohttp")]
        known = logging.Logger.manager.loggerDict.values()
        loggers += [logger for logger in known if isinstance(logger, logging.Logger)]
        before = {logger: (logger.level, logger.disabled) for logger in loggers}
        for logger in loggers:
            logger.level, logger.disabled = level, False
            logger.manager._clear_cache()
        try:
            yield
        finally:
            for logger, (usual, disabled) in before.items():
                logger.level, logger.disabled = usual, disabled
                logger.manager._clear_cache()

    @contextmanager
    def watching(self) -> Iterator["Watch"]:
        """Listen, meanwhile."""

        def hooked(told: Any) -> None:
            self.hooked += 1
            self.texts.update(of_error(told.exc_value))
            self.texts.add(repr(tuple(told)))

        hooks = threading.excepthook, sys.unraisablehook
        threading.excepthook, sys.unraisablehook = hooked, hooked
        root = logging.getLogger()
        root.addHandler(self)
        try:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                yield self
            for warning in warned:
                self.texts.update((str(warning.message), repr(warning), str(warning.source)))
        finally:
            root.removeHandler(self)
            threading.excepthook, sys.unraisablehook = hooks
