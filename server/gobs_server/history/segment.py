"""Segments: a keyframe and the frames after it, kept as they came over the wire, each preceded by its length."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gobs_proto import gobs_pb2 as pb
from gobs_server.history.ranges import Range
from gobs_server.tables import BadFrame

_LEVEL = 6
_CHUNK = 64 << 10
"""Bytes of frames the open segment holds uncompressed."""
MODEL = 32 << 10
"""Bytes a model may have: zlib looks no further back."""
LENT = 30
"""Segments one model serves."""
_OVERHEAD = 400
"""Bytes a sealed segment takes besides its data, about."""

Parts = list[pb.Frame]
"""One frame in all its parts."""


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
        return _OVERHEAD + len(self.model) // LENT + sum(len(chunk) for chunk in self.chunks)

    def frames(self) -> list[Parts]:
        """Its frames, in order."""
        return split(b"".join(_unpack(chunk, self.model) for chunk in self.chunks))


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
    _chunks: list[bytes] = field(default_factory=list)
    _raw: list[bytes] = field(default_factory=list)
    _raw_bytes: int = 0

    def append(self, sequence: int, monotonic_ns: int, offset: float, raw: Iterable[bytes]) -> None:
        """Add one frame: its parts encoded, each preceded by its length. The smallest offset seen is the truest."""
        if self.ranges and self.ranges[-1][1] == sequence - 1:
            self.ranges[-1] = (self.ranges[-1][0], sequence)
        else:
            self.ranges.append((sequence, sequence))
        self.last_ns, self.offset = monotonic_ns, min(self.offset, offset)
        for part in raw:
            self._raw.append(part)
            self._raw_bytes += len(part)
            self.size += len(part)
        if self._raw_bytes > _CHUNK:
            self._compress()

    def frames(self) -> list[Parts]:
        """Its frames so far, in order."""
        return split(b"".join([*(_unpack(chunk, self.model) for chunk in self._chunks), *self._raw]))

    def seal(self) -> Segment:
        """The segment as it is kept from now on."""
        self._compress()
        ranges = tuple(self.ranges)
        return Segment(tuple(self._chunks), ranges, self.first_ns, self.last_ns, self.offset, self.bias_ns, self.model)

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


def _unpack(chunk: bytes, model: bytes) -> bytes:
    return zlib.decompressobj(zdict=model).decompress(chunk)


def inflate(data: bytes, most: int) -> bytes:
    """Decompress what came from a peer, at most `most` bytes of it; raises BadFrame."""
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(data, most)
    except zlib.error as error:
        raise BadFrame("segment", f"a segment is not zlib: {error}") from None
    if not stream.eof:
        raise BadFrame("segment", f"a segment is cut off, or has more than {most} bytes of frames")
    return raw


def split(raw: bytes) -> list[Parts]:
    """Frames out of a row of parts, each preceded by its length; raises BadFrame."""
    frames: list[Parts] = []
    going_on = False
    for part in _parts(raw):
        if going_on:
            frames[-1].append(part)
        else:
            frames.append([part])
        going_on = part.more
    if going_on or not frames:
        raise BadFrame("segment", "a segment ends inside a frame")
    return frames


def delimited(raw: bytes) -> bytes:
    """`raw` preceded by its length as a varint."""
    size, head = len(raw), bytearray()
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head) + raw


def _parts(raw: bytes) -> Iterator[pb.Frame]:
    at, end = 0, len(raw)
    view = memoryview(raw)
    while at < end:
        size, at = _varint(raw, at)
        if at + size > end:
            raise BadFrame("segment", "a segment is cut off")
        try:
            yield pb.Frame.FromString(view[at : at + size].tobytes())
        except Exception as error:  # noqa: BLE001  upb's own DecodeError has no public base
            raise BadFrame("segment", f"a segment holds what is no frame: {error}") from None
        at += size


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 32 and at < len(raw):
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise BadFrame("segment", "a segment is cut off")
