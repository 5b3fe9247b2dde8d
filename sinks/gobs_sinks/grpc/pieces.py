"""Puts what changed in a table into TableFrames, none larger than a message may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from operator import sub
from typing import TypeVar

from gobs_proto.gobs_pb2 import Dense, TableFrame
from gobs_sinks.grpc.cells import Cells, Span

_Item = TypeVar("_Item")
_SMALL = 10  # bytes a packed integer takes at most
_PAIR = 15  # a gap and a delta


def table_frames(
    table: int, offset_ns: int, gone: list[int], new: list[int], keys: list[list[int]], cells: Cells, limit: int
) -> list[TableFrame]:
    """The changes as one TableFrame where it fits `limit` bytes, else as several to be applied one after the other."""
    whole = TableFrame(
        table=table,
        read_offset_ns=offset_ns,
        gone=gone,
        new=new,
        keys=list(chain.from_iterable(keys)),
        dense=[_dense(span) for span in cells.dense],
        gaps=_gaps(cells.places),
        deltas=cells.deltas,
        real_gaps=_gaps(cells.real_places),
        reals=cells.reals,
        unknown_gaps=_gaps(cells.unknown),
    )
    if whole.ByteSize() <= limit:
        return [whole]
    frames = list(_split(gone, new, keys, cells, limit - 64))
    for frame in frames:
        frame.table, frame.read_offset_ns = table, offset_ns
    return frames


def _split(gone: list[int], new: list[int], keys: list[list[int]], cells: Cells, limit: int) -> Iterator[TableFrame]:
    many = max(1, limit // _PAIR)
    for part in _chunks(gone, many):
        yield TableFrame(gone=part)
    rows = max(1, limit // (_SMALL * (1 + len(keys[0])))) if keys else 1
    for slots, texts in zip(_chunks(new, rows), _chunks(keys, rows), strict=True):
        yield TableFrame(new=slots, keys=list(chain.from_iterable(texts)))
    for span in cells.dense:
        wide = max(1, limit // (_SMALL * len(span.columns[0])))
        for at in range(0, len(span.columns), wide):
            piece = Span(span.first + at, span.columns[at : at + wide], span.even, span.along)
            yield TableFrame(dense=[_dense(piece)])
    for places, deltas in zip(_chunks(cells.places, many), _chunks(cells.deltas, many), strict=True):
        yield TableFrame(gaps=_gaps(places), deltas=deltas)
    for places, reals in zip(_chunks(cells.real_places, many), _chunks(cells.reals, many), strict=True):
        yield TableFrame(real_gaps=_gaps(places), reals=reals)
    for places in _chunks(cells.unknown, many):
        yield TableFrame(unknown_gaps=_gaps(places))


def _dense(span: Span) -> Dense:
    deltas = list(chain.from_iterable(span.columns))
    return Dense(first=span.first, columns=len(span.columns), deltas=deltas, even=span.even, along=span.along)


def _gaps(places: Sequence[int]) -> list[int]:
    return list(map(sub, places, chain((0,), places)))


def _chunks(items: list[_Item], size: int) -> Iterator[list[_Item]]:
    return (items[at : at + size] for at in range(0, len(items), size))
