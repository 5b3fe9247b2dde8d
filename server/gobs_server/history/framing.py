"""Framing: frames out of compressed bytes, one at a time, so that never more than one is in memory for it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from gobs_proto import gobs_pb2 as pb
from gobs_server.tables import BadFrame

Parts = list[pb.Frame]
"""One frame in all its parts."""

_FEED = 64 << 10
_STEP = 256 << 10
_LARGEST = 1 << 32


def inflated(data: bytes, most: int = _LARGEST, *, model: bytes = b"") -> Iterator[bytes]:
    """Decompress piece by piece, at most `most` bytes; `model` is what it was packed beside. Raises BadFrame."""
    stream, total = zlib.decompressobj(zdict=model), 0
    for at in range(0, len(data), _FEED):
        rest = data[at : at + _FEED]
        while True:
            try:
                piece = stream.decompress(rest, _STEP)
            except zlib.error as error:
                raise BadFrame("segment", f"a segment is not zlib: {error}") from None
            total += len(piece)
            if total > most:
                raise BadFrame("segment", f"a segment has more than {most} bytes of frames")
            yield piece
            rest = stream.unconsumed_tail
            if stream.eof or len(piece) < _STEP:
                break
        if stream.eof:
            if stream.unused_data or at + _FEED < len(data):
                raise BadFrame("segment", "a segment goes on after its end")
            return
    raise BadFrame("segment", "a segment is cut off")


def frames_of(pieces: Iterable[bytes], *, part: int = _LARGEST, frame: int = _LARGEST) -> Iterator[Parts]:
    """Frames out of a row of parts, each preceded by its length.

    `part` and `frame` are the bytes each may have. Raises BadFrame.
    """
    buffer, parts, size, empty = bytearray(), Parts(), 0, True
    for piece in pieces:
        buffer += piece
        at = 0
        while (found := _next(buffer, at, part)) is not None:
            start, at = found
            size += at - start
            if size > frame:
                raise BadFrame("segment", f"a frame of a segment has more than {frame} bytes")
            parts.append(_parsed(bytes(buffer[start:at])))
            if not parts[-1].more:
                yield parts
                parts, size, empty = [], 0, False
        del buffer[:at]
    if buffer:
        raise BadFrame("segment", "a segment is cut off")
    if parts or empty:
        raise BadFrame("segment", "a segment ends inside a frame")


def split(raw: bytes) -> list[Parts]:
    """All frames of what is not compressed; raises BadFrame."""
    return list(frames_of((raw,)))


def delimited(raw: bytes) -> bytes:
    """`raw` preceded by its length as a varint."""
    size, head = len(raw), bytearray()
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head) + raw


def _next(raw: bytearray, at: int, most: int) -> tuple[int, int] | None:
    """Where the next part begins and ends; None when it is not there yet as a whole."""
    size = shift = 0
    while at < len(raw):
        byte = raw[at]
        at += 1
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            if size > most:
                raise BadFrame("segment", f"a part of {size} bytes, at most {most} are allowed")
            return (at, at + size) if at + size <= len(raw) else None
        shift += 7
        if shift >= 35:
            raise BadFrame("segment", "a segment holds a length that is none")
    return None


def _parsed(raw: bytes) -> pb.Frame:
    try:
        return pb.Frame.FromString(raw)
    except Exception as error:  # noqa: BLE001  upb's own DecodeError has no public base
        raise BadFrame("segment", f"a segment holds what is no frame: {error}") from None
