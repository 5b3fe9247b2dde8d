"""Taking secrets out of text: known values, what looks like a credential in a URL, what stands under a telling key."""

from __future__ import annotations

import re
from collections.abc import Iterable

STARS = "***"
_USERINFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/@?#]+@")
_KEY = re.compile(
    r"token|passw|passphrase|secret|webhook|credential|api_?key|private_?key|authorization|cookie", re.IGNORECASE
)
_SHORTEST = 4


class Redactor:
    """Replaces the secrets of one process in text. A value of under four characters is left to its key."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known is not None:
            text = self._known.sub(STARS, text)
        return _USERINFO.sub(rf"\g<scheme>{STARS}@", text) if "://" in text else text


def telling(key: str) -> bool:
    """Whether what stands under this key is likely a secret."""
    return _KEY.search(key) is not None
