"""Encodes every frame once and keeps it: the encoder, the open segment and the ring behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gobs_core import Frame, Table
from gobs_proto.limits import MAX_SEGMENT_BYTES
from gobs_sinks.grpc.encoder import Encoded, Encoder
from gobs_sinks.grpc.ring import Open, Ring

INLINE_BYTES = 40_000
"""Compressing so much takes under a millisecond; more is done in a thread."""


class Recorder:
    """Lives as long as the run. `encode` and then `keep` every frame, in order."""

    def __init__(self, tables: Sequence[Table], ring_bytes: int, keyframe_seconds: float) -> None:
        self.ring = Ring(ring_bytes)
        self._encoder = Encoder(tables)
        self._keyframe_ns = round(keyframe_seconds * 1e9)
        self._open: Open | None = None

    def limit(self, limit: int) -> None:
        """Make no message of a frame larger than this."""
        self._encoder.limit = limit

    def encode(self, frame: Frame, *, keyframe: bool = False, mark: int = 0) -> Encoded:
        """Encode a frame, as a keyframe where that is asked for or due."""
        due = self._open is None or self._open.due(frame.monotonic_ns, self._keyframe_ns)
        return self._encoder.encode(frame, keyframe=keyframe or due, mark=mark)

    async def keep(self, encoded: Encoded) -> None:
        """Add a frame to the open segment; a keyframe seals it and begins the next."""
        sealed = self._turn(encoded)
        if sealed is not None:
            self.ring.add(await asyncio.to_thread(sealed.seal) if sealed.size > INLINE_BYTES else sealed.seal())

    def _turn(self, encoded: Encoded) -> Open | None:
        """Add a frame; returns the segment that is to be sealed."""
        if not encoded.keyframe and self._open is not None:
            self._open.add(encoded)
            return None
        sealed, self._open = self._open, Open(encoded)
        if sealed is not None and sealed.size > MAX_SEGMENT_BYTES:
            self.ring.leave_out(sealed.sequences)
            return None
        return sealed

    def left_out(self) -> list[tuple[str, str]]:
        """(table, reason) of what is left out of frames and has not been told yet."""
        return self._encoder.tally.news()
