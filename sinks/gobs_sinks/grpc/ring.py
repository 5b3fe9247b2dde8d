"""The agent's memory of what it sent or could not send: compressed segments, bounded in bytes."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from gobs_proto.limits import MAX_SEGMENT_BYTES
from gobs_sinks.grpc.encoder import Encoded
from gobs_sinks.grpc.losses import Losses
from gobs_sinks.grpc.parts import varint
from gobs_sinks.grpc.ranges import Ranges

LEVEL = 6  # measured: 3 to 5 % smaller than level 1 for half a millisecond more a minute; 9 gains nothing
SEAL_BYTES = MAX_SEGMENT_BYTES // 8
"""An open segment that has grown to this is due."""
LONGEST = 5
"""A segment lasts at most so many times its shortest."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A keyframe and the frames after it, compressed. Immutable."""

    sequences: Ranges
    first: int
    last: int
    monotonic_ns: int
    """When its last frame was read."""
    data: bytes

    @property
    def size(self) -> int:
        """Bytes it costs."""
        return len(self.data) + 256


class Open:
    """The segment that frames are still added to. Lives from one keyframe to the next."""

    def __init__(self, keyframe: Encoded) -> None:
        self.size = 0
        self.started_ns = keyframe.monotonic_ns
        self.monotonic_ns = 0
        self._parts: list[bytes] = []
        self.sequences = Ranges()
        self.first = keyframe.sequence
        self.add(keyframe)
        self._keyframe = self.size

    def add(self, encoded: Encoded) -> None:
        """Add the next frame."""
        for part in encoded.parts:
            self._parts += (varint(len(part)), part)
            self.size += len(part) + 3
        self.sequences.add(encoded.sequence)
        self.last = encoded.sequence
        self.monotonic_ns = encoded.monotonic_ns

    def due(self, now_ns: int, shortest_ns: int) -> bool:
        """Whether a keyframe should begin the next one: once the changes weigh as much as the keyframe before them.

        So keyframes never cost more than the changes do, however quiet the node; but not sooner than `shortest_ns`.
        """
        lasted = now_ns - self.started_ns
        if self.size - self._keyframe >= max(SEAL_BYTES, self._keyframe):
            return True
        return lasted >= shortest_ns and (self.size >= 2 * self._keyframe or lasted >= LONGEST * shortest_ns)

    def seal(self) -> Segment:
        """Compress it; takes about a millisecond for 40 KB and may be called in a thread."""
        data = zlib.compress(b"".join(self._parts), LEVEL)
        return Segment(self.sequences, self.first, self.last, self.monotonic_ns, data)


class Ring:
    """Sealed segments, oldest first; the oldest go when all together cost more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.evicted = 0
        """Segments that had to go."""
        self.losses = Losses()
        """What is lost of the frames that were here."""
        self._segments: deque[Segment] = deque()

    def add(self, segment: Segment) -> None:
        """Add the newest segment; one that alone is more than the limit goes at once."""
        self._segments.append(segment)
        self.size += segment.size
        while self._segments and self.size > self.limit:
            oldest = self._segments.popleft()
            self.size -= oldest.size
            self.leave_out(oldest.sequences)

    def leave_out(self, sequences: Ranges) -> None:
        """Say that a segment of these frames has gone, or was never added because it is too large."""
        self.evicted += 1
        self.losses.left(sequences)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._segments)

    def __len__(self) -> int:
        return len(self._segments)
