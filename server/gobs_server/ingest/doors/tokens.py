"""How join tokens and credentials look: `gobs_join.ID.SECRET.FINGERPRINT` and `gobs_node.ID.SECRET`."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

from gobs_proto.limits import CREDENTIAL_PREFIX, JOIN_PREFIX

_ID = re.compile(r"[a-z0-9]{8}", re.ASCII)
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Those of an id; none is taken for another."""


class Shown(NamedTuple):
    """What an agent shows."""

    joining: bool
    """Whether it is a join token, and no credential yet."""
    id: str
    secret: str


def new_token(fingerprint: str) -> tuple[str, str, str]:
    """A new join token: its id, its digest, and the token itself, with what the server's authority is known by."""
    join_id = "".join(secrets.choice(_LETTERS) for _ in range(8))
    secret = secrets.token_urlsafe(32)
    end = f".{fingerprint}" if fingerprint else ""
    return join_id, digest(secret), f"{JOIN_PREFIX}{join_id}.{secret}{end}"


def shown_by(bearer: str) -> Shown | None:
    """What the bearer of a call is; None where it is neither."""
    for prefix in (JOIN_PREFIX, CREDENTIAL_PREFIX):
        if bearer.startswith(prefix):
            join_id, _, secret = bearer.removeprefix(prefix).partition(".")
            if _ID.fullmatch(join_id) and is_secret(secret):
                return Shown(prefix == JOIN_PREFIX, join_id, secret)
    return None


def is_secret(text: str) -> bool:
    """Whether it has the form of 256 random bits."""
    return _SECRET.fullmatch(text) is not None


def digest(secret: str) -> str:
    """What is kept of a secret; it is random, so that nobody finds it again by guessing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, kept: str | None) -> bool:
    """Whether the secret is the one of which that was kept, told in constant time."""
    return kept is not None and hmac.compare_digest(digest(secret), kept)
