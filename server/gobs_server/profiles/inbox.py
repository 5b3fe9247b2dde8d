"""Profiles on their way in: chunks put together, within limits, until the last one is there."""

from __future__ import annotations

import zlib

import msgspec

from gobs_core import GobsError, Profile
from gobs_core.profile import check_profile

MOST = 64 << 20
"""Bytes of one profile, compressed."""
MOST_ALL = 256 << 20
"""Bytes of all profiles on their way."""
MOST_PLAIN = 1 << 30
"""Bytes of one profile, decompressed."""


class BadProfile(GobsError):
    """What an agent sent is no profile; the text says what is wrong with it."""


class Inbox:
    """Chunks of profiles that are not complete. Lives as long as the server; never awaits."""

    def __init__(self) -> None:
        self._parts: dict[str, list[bytes]] = {}
        self._sizes: dict[str, int] = {}
        self.bytes = 0

    def add(self, id: str, part: int, data: bytes) -> None:  # noqa: A002  the word of the wire
        """Take a chunk; the first one begins anew. Raises BadProfile where it does not fit."""
        if part == 0:
            self.drop(id)
        parts = self._parts.setdefault(id, [])
        if part != len(parts):
            raise BadProfile(f"part {part} came where part {len(parts)} was expected")
        size = self._sizes.get(id, 0) + len(data)
        if size > MOST or self.bytes + len(data) > MOST_ALL:
            raise BadProfile(f"the profile is larger than {MOST >> 20} MiB, or too many come at once")
        parts.append(data)
        self._sizes[id] = size
        self.bytes += len(data)

    def take(self, id: str, parts: int, size: int) -> bytes:  # noqa: A002
        """The whole of it, which is then no longer here; raises BadProfile where something is missing."""
        found = self._parts.get(id, [])
        self.drop(id)
        data = b"".join(found)
        if len(found) != parts or len(data) != size:
            raise BadProfile(f"{len(found)} parts of {len(data)} bytes came where {parts} of {size} were announced")
        return data

    def drop(self, id: str) -> None:  # noqa: A002
        """Let go of what there is of it."""
        self._parts.pop(id, None)
        self.bytes -= self._sizes.pop(id, 0)


def unpacked(data: bytes) -> Profile:
    """The profile in its compressed form; raises BadProfile. Takes up to a second: call it in a thread."""
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data, MOST_PLAIN)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise BadProfile("it is not whole, or too large when decompressed")
        profile = msgspec.json.decode(plain, type=Profile)
        check_profile(profile)
    except zlib.error as error:
        raise BadProfile(f"it cannot be decompressed: {error}") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise BadProfile(f"it is no profile: {error}") from None
    return profile
