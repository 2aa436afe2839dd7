"""Sockets, TLS, proxies and HTTP."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final

__all__ = ()

_REMEDY: Final = (
    "If that is a file of yours, rename it. If it is the package `websocket`: "
    "pip uninstall websocket websocket-client; pip install websocket-client"
)


def _check_websocket() -> None:
    """See that `import websocket` finds websocket-client, and not a package or file of the same name.

    A single file is not even imported: it may be the very script that is running, and would run again.

    Raises:
        ImportError: It does not. The message has the path of what it finds.
    """
    spec = find_spec("websocket")
    if spec is None:
        raise ImportError("rx_kucoin needs websocket-client: pip install websocket-client", name="websocket")
    failure: Exception | None = None
    if spec.submodule_search_locations is not None:
        try:
            if hasattr(import_module("websocket"), "ABNF"):
                return
        except Exception as error:  # noqa: BLE001  another package may raise anything
            failure = error
    where = spec.origin or spec.submodule_search_locations
    text = f"rx_kucoin needs websocket-client, but `import websocket` finds {where}, which is not it. {_REMEDY}"
    raise ImportError(text, name="websocket", path=spec.origin) from failure


_check_websocket()
