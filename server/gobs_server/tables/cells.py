"""Judging single changed cells: the hot path of ingest, by numpy where there are many, by hand where few."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np

from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_INTEGER
from gobs_server.tables.change import NO_CELLS, CellChange, Places, RowChange
from gobs_server.tables.check import bad, bad_range, check_texts, integers
from gobs_server.tables.errors import BadFrame
from gobs_server.tables.layout import REAL, TEXT
from gobs_server.tables.state import TableState
from gobs_server.tables.values import NO_NUMBERS, UNKNOWN, Cells, Numbers

_FEW = 16
"""Cells up to which a loop costs less than numpy's calls."""


def check_cells(state: TableState, frame: pb.TableFrame, rows: RowChange | None, texts: Container[int]) -> CellChange:
    """Which cells change; `rows` are changes not yet put into `state`. Raises BadFrame."""
    gaps, deltas = frame.gaps, frame.deltas
    count = len(gaps)
    if count != len(deltas):
        raise bad(state, "cells", f"{len(deltas)} changes for {count} cells")
    found = NO_CELLS
    if count > _FEW or (count and rows is not None):
        found = _many(state, gaps, deltas, rows, texts)
    elif count:
        found = _few(state, gaps, deltas, texts)
    reals, unknown = frame.reals, frame.unknown_gaps
    if reals or frame.real_gaps:
        found = _with_reals(state, found, frame, rows)
    if unknown:
        where = _cells(state, unknown, rows)
        if not state.layout.integral[where % state.layout.width].all():
            raise bad(state, "cells", "only integral cells can be named as not known")
        found = found._replace(unknown=where)
    return found


def _few(state: TableState, gaps: Any, deltas: Any, texts: Container[int]) -> CellChange:
    flat, live, width, kinds = state.flat(), state.live, state.layout.width, state.layout.kinds
    where: list[int] = []
    values: list[int] = []
    blank: list[int] = []
    at = -1
    for gap, delta in zip(gaps, deltas, strict=True):
        at = _next(state, at, gap, len(flat))
        slot, place = divmod(at, width)
        old = flat[at]
        if old == UNKNOWN:
            blank.append(at)
            old = 0
        value = old + delta
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise bad_range(state)
        if not live[slot]:
            raise _bad_row(state)
        kind = kinds[place]
        if kind == REAL:
            raise _bad_kind(state)
        if kind == TEXT:
            check_texts(state, (value,), texts, none=True)
        where.append(at)
        values.append(value)
    return CellChange(where, values, list(deltas), blank, (), NO_NUMBERS, ())


def _many(state: TableState, gaps: Any, deltas: Any, rows: RowChange | None, texts: Container[int]) -> CellChange:
    where = _cells(state, gaps, rows)
    changes = integers(deltas)
    old = state.matrix.reshape(-1).take(where) if rows is None else _old(state, where, rows)
    blank: Places = ()
    if state.blanks and np.minimum.reduce(old) == UNKNOWN:
        was = old == UNKNOWN
        blank = where[was]
        old[was] = 0
    values = old + changes
    # One pass tells for numbers that are none of them negative, which most are: no bit is set above the largest's.
    if not 0 <= np.bitwise_or.reduce(values) <= MAX_INTEGER and (
        np.maximum.reduce(values) > MAX_INTEGER or np.minimum.reduce(values) < -MAX_INTEGER
    ):
        raise bad_range(state)
    layout = state.layout
    if layout.has_info or layout.has_real:
        kinds = layout.kinds_of(_size(state, rows)).take(where)
        if np.count_nonzero(kinds):
            if (kinds == REAL).any():
                raise _bad_kind(state)
            check_texts(state, values[kinds == TEXT].tolist(), texts, none=True)
    return CellChange(where, values, changes, blank, (), NO_NUMBERS, ())


def _old(state: TableState, where: Cells, rows: RowChange) -> Cells:
    """What the cells hold before; those of new rows, for which there may be no room yet, hold 0."""
    flat = state.matrix.reshape(-1)
    if not len(rows.new):
        return flat.take(where)
    old = flat.take(where, mode="clip") if len(flat) else np.zeros(len(where), dtype=np.int64)
    old[np.isin(where // state.layout.width, rows.new)] = 0
    return old


def _size(state: TableState, rows: RowChange | None) -> int:
    return state.matrix.size if rows is None else len(rows.live) * state.layout.width


def _with_reals(state: TableState, found: CellChange, frame: pb.TableFrame, rows: RowChange | None) -> CellChange:
    if len(frame.real_gaps) != len(frame.reals):
        raise bad(state, "cells", f"{len(frame.reals)} numbers for {len(frame.real_gaps)} cells")
    where = _cells(state, frame.real_gaps, rows)
    reals: Numbers = frame.reals.__array__(np.float64)
    if not state.layout.real[where % state.layout.width].all():
        raise bad(state, "cells", "a number with a fraction in a column of integers or texts")
    if np.isinf(reals).any():
        raise bad(state, "infinity", "an infinity; what is not known travels as NaN")
    return found._replace(real_where=where, reals=reals)


def _cells(state: TableState, gaps: Any, rows: RowChange | None) -> Cells:
    steps = integers(gaps)
    where: Cells = np.add.accumulate(steps)
    if where[-1] >= _size(state, rows):
        raise _bad_cell(state, int(where[-1]))
    if np.count_nonzero(steps) < len(steps) - (steps[0] == 0):
        raise bad(state, "cells", "a cell is named twice")
    if rows is not None or state.rows < len(state.live):
        live = state.live if rows is None else rows.live
        if not live[where // state.layout.width].all():
            raise _bad_row(state)
    return where


def _next(state: TableState, at: int, gap: int, cells: int) -> int:
    if at < 0:
        at = gap
    elif gap:
        at += gap
    else:
        raise bad(state, "cells", "a cell is named twice")
    if at >= cells:
        raise _bad_cell(state, at)
    return at


def _bad_cell(state: TableState, at: int) -> BadFrame:
    return bad(state, "cells", f"cell {at} of {state.matrix.size}")


def _bad_row(state: TableState) -> BadFrame:
    return bad(state, "cells", "a change in a row that is not there")


def _bad_kind(state: TableState) -> BadFrame:
    return bad(state, "cells", "an integer change in a column without a scale")
