"""What a service account's token says of itself. Nothing here is believed: it spares questions about plain nonsense."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import msgspec

_MOST = 16 << 10
"""Characters of a token; metadata of a call are no longer than this anyway."""


class Claims(msgspec.Struct, frozen=True):
    """The claims that are looked at."""

    sub: str = ""
    aud: str | list[str] = ""
    exp: Annotated[float, msgspec.Meta(ge=0, le=1e12)] = 0.0
    """Seconds since 1970; 0: it does not say."""

    @property
    def audiences(self) -> tuple[str, ...]:
        """Whom it is for."""
        return (self.aud,) if isinstance(self.aud, str) else tuple(self.aud)


_decoder = msgspec.json.Decoder(Claims)


def claims_of(token: str) -> Claims | None:
    """The claims of a JSON Web Token, whoever has signed it; None for anything else."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _MOST or not token.isascii() or not all(parts):
        return None
    try:
        return _decoder.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return None
