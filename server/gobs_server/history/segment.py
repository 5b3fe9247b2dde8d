"""Segments: a keyframe and the frames after it, kept as they came over the wire, each preceded by its length."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from gobs_server.history.framing import Parts, delimited, frames_of, inflated, split
from gobs_server.history.ranges import Range, extend

__all__ = ["OpenSegment", "Parts", "Segment", "delimited", "split"]

_LEVEL = 6
_CHUNK = 64 << 10
"""Bytes of frames the open segment holds uncompressed."""
MODEL = 32 << 10
"""Bytes a model may have: zlib looks no further back."""
LENT = 30
"""Segments one model serves."""
_OVERHEAD = 400
"""Bytes a sealed segment takes besides its data, about."""
_RANGE = 130
"""Bytes a range of sequence numbers takes, about."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A sealed segment. Immutable; `chunks` are each a zlib stream of whole frames."""

    chunks: tuple[bytes, ...]
    ranges: tuple[Range, ...]
    """The sequence numbers of its frames."""
    first_ns: int
    """Of its first frame, by the agent's monotonic clock."""
    last_ns: int
    offset: float
    """What takes the agent's monotonic seconds to the server's wall clock, for these frames."""
    bias_ns: int
    """The node's wall clock minus its monotonic clock at the first frame; changes when the clock is set, or sleeps."""
    model: bytes = b""
    """A keyframe of the same run, which it is compressed with as a dictionary: most of a keyframe is as it was."""
    raw: int = 0
    """Bytes of its frames, decompressed."""

    @property
    def first(self) -> int:
        """The lowest sequence number."""
        return self.ranges[0][0]

    @property
    def last(self) -> int:
        """The highest sequence number."""
        return self.ranges[-1][1]

    @property
    def start(self) -> float:
        """When its first frame was made, in the server's wall seconds."""
        return self.offset + self.first_ns / 1e9

    @property
    def end(self) -> float:
        """When its last frame was made, in the server's wall seconds."""
        return self.offset + self.last_ns / 1e9

    @property
    def size(self) -> int:
        """What it takes in memory."""
        data = sum(len(chunk) for chunk in self.chunks)
        return _OVERHEAD + len(self.model) // LENT + data + _RANGE * len(self.ranges)

    def frames(self) -> Iterator[Parts]:
        """Its frames, in order."""
        return frames_of(piece for chunk in self.chunks for piece in inflated(chunk, model=self.model))


@dataclass(slots=True, eq=False)
class OpenSegment:
    """The segment that still grows. Starts with a keyframe."""

    offset: float
    bias_ns: int
    first_ns: int
    model: bytes = b""
    last_ns: int = 0
    ranges: list[Range] = field(default_factory=list)
    size: int = _OVERHEAD
    received: float = 0.0
    """When its newest frame came, on the server's monotonic clock."""
    clocks: float = 0.0
    """The server's wall clock minus its monotonic clock: changes when the wall clock is set."""
    raw: int = 0
    """Bytes of its frames, not compressed."""
    _chunks: list[bytes] = field(default_factory=list)
    _raw: list[bytes] = field(default_factory=list)
    _raw_bytes: int = 0

    def append(self, sequence: int, monotonic_ns: int, offset: float, raw: Iterable[bytes]) -> None:
        """Add one frame: its parts encoded, each preceded by its length. The smallest offset seen is the truest."""
        before = len(self.ranges)
        extend(self.ranges, sequence)
        self.size += _RANGE * (len(self.ranges) - before)
        self.last_ns, self.offset = monotonic_ns, min(self.offset, offset)
        for part in raw:
            self._raw.append(part)
            self._raw_bytes += len(part)
            self.size += len(part)
            self.raw += len(part)
        if self._raw_bytes > _CHUNK:
            self._compress()

    def frames(self) -> Iterator[Parts]:
        """Its frames so far, in order."""
        packed = (piece for chunk in list(self._chunks) for piece in inflated(chunk, model=self.model))
        return frames_of(chain(packed, list(self._raw)))

    def copy(self) -> OpenSegment:
        """The same as it is now; what comes later does not change it."""
        return replace(self, ranges=list(self.ranges), _chunks=list(self._chunks), _raw=list(self._raw))

    def seal(self) -> Segment:
        """The segment as it is kept from now on."""
        self._compress()
        chunks, ranges = tuple(self._chunks), tuple(self.ranges)
        times = (self.first_ns, self.last_ns, self.offset, self.bias_ns)
        return Segment(chunks, ranges, *times, self.model, self.raw)

    @property
    def start(self) -> float:
        """When its first frame was made, in the server's wall seconds."""
        return self.offset + self.first_ns / 1e9

    @property
    def end(self) -> float:
        """When its newest frame was made, in the server's wall seconds."""
        return self.offset + self.last_ns / 1e9

    def _compress(self) -> None:
        if self._raw:
            packer = zlib.compressobj(_LEVEL, zdict=self.model)
            self._chunks.append(packer.compress(b"".join(self._raw)) + packer.flush())
            self.size += len(self._chunks[-1]) - self._raw_bytes
            self._raw, self._raw_bytes = [], 0
