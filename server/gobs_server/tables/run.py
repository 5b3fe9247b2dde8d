"""One run of an agent as its frames tell it: dictionary, tables, and the order in which a frame's parts are applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_CELLS
from gobs_server.tables.cells import check_cells
from gobs_server.tables.change import CellChange, RowChange
from gobs_server.tables.check import check_rows, put_dense
from gobs_server.tables.compare import rates_between
from gobs_server.tables.errors import BadFrame
from gobs_server.tables.schema import Schemas
from gobs_server.tables.state import TableState, rates_of
from gobs_server.tables.texts import Texts

_FARTHEST_NS = 1 << 62
_MOST_WORK = 4 * MAX_CELLS
_DENSE_WORK = 2000
"""Cells a group of columns counts as besides its own."""
_TABLE_FRAMES = 4
"""Parts each table may have in a frame, besides one for every so many bytes:"""
_BYTES_A_PART = 200


class Sparse(NamedTuple):
    """What a sparse part changes in a table, and when that was read; judged, not yet applied."""

    state: TableState
    rows: RowChange | None
    cells: CellChange
    read_ns: int


class RunState:
    """Everything the frames of one run have told so far. A frame is applied whole or, raising BadFrame, not at all.

    `only` decodes a single table, by its place in the schemas, and skips the rest. `before` is the state the run was
    left in when an earlier stream of it, with the same schemas, ended: it only serves to compute the first rates.
    """

    __slots__ = (
        "__weakref__",
        "_begun",
        "_cells",
        "_only",
        "_work",
        "ignored",
        "monotonic_ns",
        "run",
        "schemas",
        "sequence",
        "tables",
        "texts",
        "wall_ns",
        "whole",
    )

    def __init__(
        self, schemas: Schemas, *, run: str = "", only: int | None = None, before: RunState | None = None
    ) -> None:
        self.schemas = schemas
        self.run = run
        self.tables = [None if layout is None else TableState(layout) for layout in schemas.layouts]
        if before is not None and before.schemas is schemas:
            self.tables = list(before.tables)
        self.texts = Texts()
        self.sequence = 0
        """Of the newest frame."""
        self.wall_ns = 0
        self.monotonic_ns = -1
        self.whole = False
        """Whether the newest frame was a keyframe."""
        self.ignored = 0
        """Parts of frames for tables that are not known here."""
        self._only = only
        self._begun = False
        self._work = 0
        self._cells = 0

    def apply(self, parts: Sequence[pb.Frame]) -> list[int]:
        """Apply one frame, given in all its parts; returns the places of the tables that were read."""
        head = parts[0]
        self._check_head(head, parts)
        self._check_count(parts)
        added = self.texts.add(parts)
        drafts: dict[int, TableState] = {}
        plans: dict[int, Sparse] = {}
        try:
            for part in parts:
                for frame in part.tables:
                    self._plan(head, frame, drafts, plans)
        except BadFrame:
            self.texts.remove(added)
            raise
        return self._commit(head, drafts, plans)

    def _check_head(self, head: pb.Frame, parts: Sequence[pb.Frame]) -> None:
        sequence, now_ns, keyframe = head.sequence, head.monotonic_ns, head.keyframe
        if not self._begun and not keyframe:
            raise BadFrame("keyframe", f"frame {sequence} is no keyframe, and the first must be one")
        if sequence <= self.sequence:
            raise BadFrame("order", f"frame {sequence} comes after frame {self.sequence}")
        if not 0 <= head.wall_ns < _FARTHEST_NS or not 0 <= now_ns < _FARTHEST_NS:
            raise BadFrame("time", f"frame {sequence} has a time that cannot be")
        if now_ns <= self.monotonic_ns:
            raise BadFrame("time", f"frame {sequence} was read before the frame before it")
        if len(parts) > 1:
            for part in parts[1:]:
                if (part.sequence, part.keyframe, part.monotonic_ns) != (sequence, keyframe, now_ns):
                    raise BadFrame("parts", f"frame {sequence} goes on as frame {part.sequence}")
        self._work = 0
        self._cells = -1

    def _check_count(self, parts: Sequence[pb.Frame]) -> None:
        count, most = 0, _TABLE_FRAMES * len(self.tables)
        for part in parts:
            count += len(part.tables)
        if count > most:
            most += sum(part.ByteSize() for part in parts) // _BYTES_A_PART
            if count > most:
                raise BadFrame("limits", f"{count} parts of tables in one frame, at most {most} are allowed for it")

    def _plan(
        self, head: pb.Frame, frame: pb.TableFrame, drafts: dict[int, TableState], plans: dict[int, Sparse]
    ) -> None:
        place = frame.table
        state = self.tables[place] if place < len(self.tables) else None
        if state is None:
            self.ignored += 1
            return
        if self._only is not None and place != self._only:
            return
        keyframe = head.keyframe
        read_ns = head.monotonic_ns + frame.read_offset_ns
        if read_ns < (0 if keyframe else state.read_ns) or not 0 <= read_ns < _FARTHEST_NS:
            raise BadFrame("time", f"table {state.layout.table.name!r} was read before its reading before")
        if not keyframe and place not in plans and place not in drafts and not frame.dense:
            rows = self._rows(head, state, frame) if frame.new or frame.gone or frame.keys else None
            plans[place] = Sparse(state, rows, check_cells(state, frame, rows, self.texts), read_ns)
            return
        draft = drafts.get(place)
        if draft is None:
            draft = drafts[place] = TableState(state.layout) if keyframe else _draft(state, plans.pop(place, None))
        self._apply_at_once(head, draft, frame)
        draft.read_ns = read_ns

    def _rows(
        self, head: pb.Frame, state: TableState, frame: pb.TableFrame, *, spare: bool = False
    ) -> RowChange | None:
        """The rows that come and go, if there is room for them beside all other tables."""
        weight = state.layout.weight
        if self._cells < 0:
            there = (s for s in self.tables if s is not None and not head.keyframe)
            self._cells = sum(s.capacity * s.layout.weight for s in there)
        rows = check_rows(state, frame, self.texts, MAX_CELLS - self._cells + state.capacity * weight, spare=spare)
        if rows is not None:
            self._cells += (len(rows.live) - state.capacity) * weight
        return rows

    def _apply_at_once(self, head: pb.Frame, draft: TableState, frame: pb.TableFrame) -> None:
        rows = self._rows(head, draft, frame, spare=draft.capacity > 0)
        if rows is not None:
            draft.put_rows(rows)
        for dense in frame.dense:
            self._work += draft.rows * dense.columns + _DENSE_WORK
            if self._work > _MOST_WORK:
                raise BadFrame("limits", f"more than {_MOST_WORK} dense cells, or too many groups, in one frame")
            put_dense(draft, dense, self.texts)
        draft.put_cells(check_cells(draft, frame, None, self.texts))

    def _commit(self, head: pb.Frame, drafts: dict[int, TableState], plans: dict[int, Sparse]) -> list[int]:
        for state, rows, cells, read_ns in plans.values():
            if rows is not None:
                state.grow(len(rows.live))
            state.rates = rates_of(state, rows, cells, read_ns)
            if rows is not None:
                state.put_rows(rows)
            state.put_cells(cells)
            state.read_ns = read_ns
        for place, draft in drafts.items():
            old = self.tables[place]
            assert old is not None
            draft.trim()
            draft.rates = rates_between(old, draft)
            self.tables[place] = draft
        self.whole = head.keyframe
        if self.whole:
            self._finish_keyframe(drafts)
        self.sequence, self.wall_ns, self.monotonic_ns = head.sequence, head.wall_ns, head.monotonic_ns
        return [*plans, *drafts]

    def _finish_keyframe(self, drafts: dict[int, TableState]) -> None:
        for place, state in enumerate(self.tables):
            if state is not None and place not in drafts:
                self.tables[place] = TableState(state.layout)
        self._begun = True
        if self._only is None:
            used = [state.texts() for state in self.tables if state is not None]
            self.texts = self.texts.kept(set(np.concatenate(used).tolist()) if used else set())


def _draft(state: TableState, plan: Sparse | None) -> TableState:
    draft = state.clone()
    if plan is not None:
        if plan.rows is not None:
            draft.put_rows(plan.rows)
        draft.put_cells(plan.cells)
    return draft
