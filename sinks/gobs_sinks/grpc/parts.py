"""Serialised Frames: cuts one into parts a message can hold, and puts varint lengths where protobuf wants them."""

from __future__ import annotations

from collections.abc import Iterable

from gobs_proto.gobs_pb2 import AgentMessage, Frame, TableFrame, Texts

ENVELOPE = 256
"""Bytes a message may need besides the pieces in it: the frame's own numbers and the lengths around it."""

_LENGTH_DELIMITED = 2
_TABLES = bytes([Frame.TABLES_FIELD_NUMBER << 3 | _LENGTH_DELIMITED])
_TEXTS = bytes([Frame.TEXTS_FIELD_NUMBER << 3 | _LENGTH_DELIMITED])
_FRAME = bytes([AgentMessage.FRAME_FIELD_NUMBER << 3 | _LENGTH_DELIMITED])
_TEXT_OVERHEAD = 8  # id, tag and length of one text


def varint(number: int) -> bytes:
    """A non-negative integer as protobuf writes lengths."""
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def agent_message(frame: bytes) -> bytes:
    """A serialised Frame as a serialised AgentMessage."""
    return _FRAME + varint(len(frame)) + frame


def table_pieces(tables: Iterable[TableFrame]) -> list[bytes]:
    """Each table as a field of a Frame."""
    return [_TABLES + varint(len(raw)) + raw for raw in (table.SerializeToString() for table in tables)]


def text_pieces(texts: list[tuple[int, str]], limit: int) -> list[bytes]:
    """Texts by ascending number, as fields of Frames none of which is larger than `limit`."""
    pieces: list[bytes] = []
    gaps: list[int] = []
    chunk: list[str] = []
    size = before = 0
    for number, text in texts:
        bulk = len(text) * 4 + _TEXT_OVERHEAD
        if chunk and size + bulk > limit:
            pieces.append(_texts(gaps, chunk))
            gaps, chunk, size, before = [], [], 0, 0
        gaps.append(number - before)
        chunk.append(text)
        size += bulk
        before = number
    if chunk:
        pieces.append(_texts(gaps, chunk))
    return pieces


def _texts(gaps: list[int], texts: list[str]) -> bytes:
    raw = Texts(id_gaps=gaps, texts=texts).SerializeToString()
    return _TEXTS + varint(len(raw)) + raw


def join_parts(header: Frame, texts: list[bytes], tables: list[bytes], limit: int) -> list[bytes]:
    """Serialised Frames with the header's numbers that carry the pieces in their order; all but the last say `more`.

    Two pieces of texts never share a part: protobuf would make them one, and their gaps start anew.
    """
    bodies = [[piece] for piece in texts] or [[]]
    size = sum(map(len, bodies[-1]))
    for piece in tables:
        if bodies[-1] and size + len(piece) > limit:
            bodies.append([])
            size = 0
        bodies[-1].append(piece)
        size += len(piece)
    header.more = False
    last = header.SerializeToString()
    if len(bodies) == 1:
        return [last + b"".join(bodies[0])]
    header.more = True
    more = header.SerializeToString()
    return [*(more + b"".join(body) for body in bodies[:-1]), last + b"".join(bodies[-1])]
