"""Running something in a forked child, and hearing how it came out."""

import os
import pickle
import select
import signal
import traceback
from collections.abc import Callable
from typing import Any

__all__ = ["in_child"]


def in_child(act: Callable[[], Any], within: float = 20.0) -> Any:
    """Fork, and return what `act` returns there; what it raises is an `AssertionError` here."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        try:
            told = True, act()
        except BaseException:  # noqa: BLE001
            told = False, traceback.format_exc()
        with os.fdopen(theirs, "wb") as pipe:
            pickle.dump(told, pipe)
        os._exit(0)  # nothing of the tests is to be finished here
    os.close(theirs)
    try:
        with os.fdopen(ours, "rb") as pipe:
            assert select.select([pipe], [], [], within)[0], f"the child hangs for {within} s"
            is_good, outcome = pickle.load(pipe)  # noqa: S301
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert is_good, outcome
    return outcome
