"""Finding a secret in what somebody tells: all of it or a good part, as it is or in another spelling."""

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

__all__ = ["PART", "Finder", "spellings"]

PART: Final = 12
STEP: Final = 4
"""A part begins at each fourth letter, so as many letters in a row as both together are found wherever they stand."""


class Finder:
    """Knows secrets, and looks for them."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._short: dict[str, str] = {}
        self._known: set[str] = set()

    def __len__(self) -> int:
        return len(self._known)

    def know(self, name: str, secret: str) -> None:
        """Look for this one, too."""
        if secret in self._known or not secret:
            return
        self._known.add(secret)
        for spelt in (way.replace("\\", "") for way in spellings(secret)):
            if len(spelt) < PART:
                self._short[spelt] = name
            for start in range(0, len(spelt) - PART + 1, STEP):
                self._names[spelt[start : start + PART]] = name

    def find(self, text: str) -> list[str]:
        """Name the secrets of which a part stands in a text."""
        names, text = self._names, text.replace("\\", "")  # a repr of a repr doubles them, and so on
        found = {names[part] for start in range(len(text) - PART + 1) if (part := text[start : start + PART]) in names}
        return sorted(found | {name for spelt, name in self._short.items() if spelt in text})

    def find_all(self, texts: Iterable[str]) -> list[tuple[str, str]]:
        """Name the secrets that stand in any of these texts, each with that text."""
        return [(name, text) for text in dict.fromkeys(texts) for name in self.find(text)]


def spellings(secret: str) -> Iterator[str]:
    """Spell a secret in the ways that it may be told in."""
    raw = secret.encode()
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret)[1:-1].replace("/", "\\/")
    yield repr(secret)[1:-1]
    yield repr(raw)[2:-1]
    yield raw.hex()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):  # it may stand anywhere in what is encoded, and only its middle is sure to look so
            spelt = encode(bytes(shift) + raw).decode().rstrip("=")
            yield spelt[4 if shift else 0 : len(spelt) - 1]
