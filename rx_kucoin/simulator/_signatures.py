"""Checks of signed requests, with the exchange's error codes."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

__all__ = ["FAULTS", "SignatureFault", "check"]

HEADERS: Final = ("KC-API-KEY", "KC-API-SIGN", "KC-API-TIMESTAMP", "KC-API-PASSPHRASE")


class SignatureFault(NamedTuple):
    """Why a signed request is refused."""

    status: int
    code: str
    text: str


MISSING: Final = SignatureFault(400, "400001", f"Please check the header of your request for {', '.join(HEADERS)}")
LATE: Final = SignatureFault(400, "400002", "KC-API-TIMESTAMP Invalid")
UNKNOWN_KEY: Final = SignatureFault(401, "400003", "KC-API-KEY not exists")
PASSPHRASE: Final = SignatureFault(401, "400004", "Invalid KC-API-PASSPHRASE")
SIGNATURE: Final = SignatureFault(401, "400005", "Invalid KC-API-SIGN")
OLD_KEY: Final = SignatureFault(400, "400008", "The API key version is no longer supported, please create a V3 key")
VERSION: Final = SignatureFault(400, "400009", "Invalid KC-API-KEY-VERSION")
ADDRESS: Final = SignatureFault(403, "400006", "Invalid request ip")
PERMISSION: Final = SignatureFault(403, "400007", "Access denied, require more permission")
REGION: Final = SignatureFault(403, "400301", "The request IP is in a restricted region")
FROZEN: Final = SignatureFault(403, "411100", "User is frozen")

FAULTS: Final[Mapping[str, SignatureFault]] = {
    fault.code: fault
    for fault in (
        MISSING,
        LATE,
        UNKNOWN_KEY,
        PASSPHRASE,
        SIGNATURE,
        ADDRESS,
        PERMISSION,
        OLD_KEY,
        VERSION,
        REGION,
        FROZEN,
    )
}
"""The refusals that a script can choose for signed calls. The HTTP status of the last four is a likely one."""


def check(  # noqa: PLR0911  # one way out per error code
    headers: Mapping[str, str],
    asked: Sequence[str],
    *,
    key: str,
    secret: str,
    passphrase: str,
    now_ms: int,
    skew: float,
    generation: int | None = None,
) -> SignatureFault | None:
    """Return the first fault, in the exchange's order.

    Args:
        headers: The request's headers.
        asked: Method, path and body as one text; several if the path may be encoded or plain.
        key: The API key that is accepted.
        secret: Its secret.
        passphrase: Its passphrase.
        now_ms: The exchange's time.
        skew: Seconds by which the client's clock may differ.
        generation: The key's version, which the request must name; `None` accepts every supported one.
    """
    if any(not headers.get(name) for name in HEADERS):
        return MISSING
    timestamp = headers["KC-API-TIMESTAMP"]
    if not timestamp.isdecimal() or abs(now_ms - int(timestamp)) > skew * 1000:
        return LATE
    if headers["KC-API-KEY"] != key:
        return UNKNOWN_KEY
    version = headers.get("KC-API-KEY-VERSION", "1")
    if version == "1":
        return OLD_KEY
    if version not in ({"2", "3"} if generation is None else {str(generation)}):
        return VERSION
    if not any(hmac.compare_digest(headers["KC-API-SIGN"], _mac(secret, timestamp + text)) for text in asked):
        return SIGNATURE
    if not hmac.compare_digest(headers["KC-API-PASSPHRASE"], _mac(secret, passphrase)):
        return PASSPHRASE
    return None


def _mac(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
