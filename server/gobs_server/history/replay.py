"""Replay: frames that were judged when they came, applied again to a few tables without judging them anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gobs_proto import gobs_pb2 as pb
from gobs_server.history.framing import Parts
from gobs_server.history.names import Names
from gobs_server.tables.layout import Layout
from gobs_server.tables.values import UNKNOWN, Cells


class Replay:
    """One table as the frames of one segment tell it, in the order `gobs.proto` gives. Lives as long as the segment.

    Only for frames a `RunState` has taken before: nothing is checked, and a bad frame raises anything.
    """

    __slots__ = ("_blank", "_flat", "keys", "layout", "live", "matrix", "read_ns", "rows")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.clear()

    def clear(self) -> None:
        """Begin anew, as a keyframe does."""
        self.matrix: Cells = np.zeros((0, self.layout.width), dtype=np.int64)
        self._flat: Cells = self.matrix.reshape(-1)
        self.keys: NDArray[np.uint32] = np.zeros((0, self.layout.keys), dtype=np.uint32)
        self.live: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self.read_ns = -1
        """When it was read, by the agent's monotonic clock; -1: never."""
        self._blank = False
        """Whether any cell may hold "not known"."""
        self.rows: Cells | None = None
        """The live slots, ascending; None: to be found anew. Another object whenever rows have come or gone."""

    def slots(self) -> Cells:
        """The live slots, ascending; the same object while no row comes or goes."""
        if self.rows is None:
            self.rows = np.flatnonzero(self.live)
        return self.rows

    def apply(self, frame: pb.TableFrame, read_ns: int) -> None:
        """Apply one part."""
        if frame.gone or frame.new:
            self._put_rows(frame)
        for dense in frame.dense:
            self._put_dense(dense)
        if frame.gaps:
            where = integers(frame.gaps).cumsum()
            self._flat[where] = self._known(self._flat[where]) + integers(frame.deltas)
        if frame.real_gaps:
            self._flat.view(np.float64)[integers(frame.real_gaps).cumsum()] = frame.reals.__array__(np.float64)
        if frame.unknown_gaps:
            self._flat[integers(frame.unknown_gaps).cumsum()] = UNKNOWN
            self._blank = True
        self.read_ns = read_ns

    def _put_rows(self, frame: pb.TableFrame) -> None:
        gone, new = integers(frame.gone), integers(frame.new)
        self.live[gone] = False
        self.matrix[gone] = 0
        if len(new):
            self._grow(int(new.max()) + 1)
            self.live[new] = True
            self.keys[new] = integers(frame.keys).reshape(len(new), self.layout.keys)
        self.rows = None

    def _grow(self, capacity: int) -> None:
        more = capacity - len(self.live)
        if more > 0:
            self.matrix = np.concatenate((self.matrix, np.zeros((more, self.layout.width), dtype=np.int64)))
            self._flat = self.matrix.reshape(-1)
            self.keys = np.concatenate((self.keys, np.zeros((more, self.layout.keys), dtype=np.uint32)))
            self.live = np.concatenate((self.live, np.zeros(more, dtype=bool)))

    def _put_dense(self, dense: pb.Dense) -> None:
        slots, places = self.slots(), self.layout.dense(dense.first, dense.columns)
        deltas = integers(dense.deltas).reshape(len(places), 1 if dense.even else len(slots))
        if dense.along:
            deltas = deltas.cumsum(axis=1)
        where: Any = (slots[:, None], places)
        if len(places) == dense.columns and len(slots) == len(self.live):
            where = (slice(None), slice(dense.first, dense.first + dense.columns))
        self.matrix[where] = self._known(self.matrix[where]) + deltas.T

    def _known(self, values: Cells) -> Cells:
        """What is not known counts as 0 where a difference is added to it."""
        return np.where(values == UNKNOWN, 0, values) if self._blank else values


def replayed(
    frames: Iterable[Parts], replays: Mapping[int, Replay], names: Names
) -> Iterator[tuple[pb.Frame, Collection[int]]]:
    """Apply one frame after another to these tables, by their places; yields its first part and which it touched."""
    for frame in frames:
        if frame[0].keyframe:
            for replay in replays.values():
                replay.clear()
        touched: dict[int, None] = {}
        for part in frame:
            if names.ids and part.HasField("texts"):
                names.learn(part.texts)
            for table in part.tables:
                if (replayed := replays.get(table.table)) is not None:
                    replayed.apply(table, part.monotonic_ns + table.read_offset_ns)
                    touched[table.table] = None
        yield frame[0], touched


def integers(field: Any) -> Cells:
    """A repeated field as an array."""
    array: Cells = field.__array__(np.int64)
    return array
