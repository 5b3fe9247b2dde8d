"""What browsers and programs show to come in: how it is made, what it looks like, and what is kept of it."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256
from zlib import crc32

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIX = "gobs_"
_RANDOM, _CHECK = 40, 6
LOOKS_LIKE_ONE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")
_HINT = len(PREFIX) + 4


def new_token() -> str:
    """Return a new API token: a prefix that scanners of leaked secrets find, 238 random bits, and a checksum."""
    text = "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return f"{PREFIX}{text}{_checksum(text)}"


def well_formed(token: str) -> bool:
    """Whether it could be a token at all: one that was cut or mistyped costs the database nothing."""
    if LOOKS_LIKE_ONE.fullmatch(token) is None:
        return False
    text = token.removeprefix(PREFIX)
    return text[_RANDOM:] == _checksum(text[:_RANDOM])


def hint(token: str) -> str:
    """Return as much of a token as tells people which it is."""
    return f"{token[:_HINT]}…"


def new_session() -> str:
    """Return what a browser shows from now on."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Return the code of a one-time link."""
    return secrets.token_urlsafe(24)


def digest(secret: str) -> str:
    """Return what is kept: 200 random bits and more need no slow hash."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(text: str) -> str:
    number, found = crc32(text.encode()), ""
    for _ in range(_CHECK):
        number, place = divmod(number, len(_LETTERS))
        found = _LETTERS[place] + found
    return found
