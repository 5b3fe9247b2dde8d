"""Names as people may see them: what would move the cursor, turn the line around or show nothing is written out."""

from __future__ import annotations

import re
from hashlib import blake2b

MAX_SHOWN = 1024
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def visible(name: str) -> str:
    """Return the name with every character one cannot see written as its code, and cut where it gets absurd."""
    shown = _INVISIBLE.sub(_code, name[:MAX_SHOWN])
    return shown if len(name) <= MAX_SHOWN else f"{shown}… ({len(name):,} characters)"


def lines(text: str) -> list[str]:
    """Return the lines of a text that is meant to have several, such as a traceback, each made visible."""
    return [visible(line) for line in text[: 16 * MAX_SHOWN].strip().splitlines()]


def ident(*parts: str) -> str:
    """Return a short id for an element, the same for the same parts, of letters and digits whatever they hold."""
    return "x" + blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _code(match: re.Match[str]) -> str:
    point = ord(match[0])
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
