"""Judging one table's part of a frame before anything of it is applied."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_INTEGER, MAX_ROWS
from gobs_server.tables.errors import BadFrame
from gobs_server.tables.rates import NOTHING, Index
from gobs_server.tables.state import CellChange, RowChange, TableState
from gobs_server.tables.values import UNKNOWN, Cells, Numbers

_NO_NUMBERS: Numbers = np.empty(0, dtype=np.float64)


def check_rows(state: TableState, frame: pb.TableFrame, texts: Container[int]) -> RowChange | None:
    """Which rows go and come; None when none do. Makes room in `state`; raises BadFrame."""
    if not frame.gone and not frame.new:
        if frame.keys:
            raise _bad(state, "rows", "keys without new rows")
        return None
    gone, new = _integers(frame.gone), _integers(frame.new)
    if len(gone) and (gone.max() >= state.capacity or not state.live[gone].all()):
        raise _bad(state, "rows", "a row is gone that was not there")
    if len(np.unique(gone)) != len(gone) or len(np.unique(new)) != len(new):
        raise _bad(state, "rows", "a row is named twice")
    if len(new) and new.max() >= MAX_ROWS:
        raise _bad(state, "limits", f"row {new.max()}, at most {MAX_ROWS} rows are allowed")
    keys = _integers(frame.keys)
    width = state.layout.keys
    if len(keys) != len(new) * width:
        raise _bad(state, "rows", f"{len(keys)} key texts for {len(new)} new rows of {width} keys")
    _check_texts(state, keys, texts, none=False)
    if len(new):
        state.grow(int(new.max()) + 1)
    live = state.live.copy()
    live[gone] = False
    if live[new].any():
        raise _bad(state, "rows", "a new row takes a place that is taken")
    live[new] = True
    return RowChange(gone, new, keys.reshape(len(new), width), live)


def check_dense(state: TableState, dense: pb.Dense, texts: Container[int]) -> tuple[NDArray[np.intp], Cells]:
    """Places and new values (a line per live row) of whole columns; raises BadFrame."""
    layout = state.layout
    if dense.first + dense.columns > layout.width or not dense.columns:
        raise _bad(state, "cells", f"columns {dense.first} + {dense.columns} of {layout.width}")
    places = layout.dense(dense.first, dense.columns)
    old = state.matrix[state.slots[:, None], places]
    old[old == UNKNOWN] = 0
    values = old + _dense_deltas(state, dense, len(places))
    _check_range(state, values)
    if layout.has_info:
        _check_texts(state, np.unique(values[:, layout.info[places]]), texts, none=True)
    return places, values


def _dense_deltas(state: TableState, dense: pb.Dense, columns: int) -> Cells:
    deltas = _integers(dense.deltas)
    rows = 1 if dense.even else state.rows
    if len(deltas) != columns * rows:
        raise _bad(state, "cells", f"{len(deltas)} dense cells for {columns} columns of {rows} rows")
    deltas = deltas.reshape(columns, rows)
    return (deltas.cumsum(axis=1) if dense.along else deltas).T


def check_cells(state: TableState, frame: pb.TableFrame, rows: RowChange | None, texts: Container[int]) -> CellChange:
    """Which cells change; `rows` are changes not yet put into `state`. Raises BadFrame."""
    live = state.live if rows is None else rows.live
    index, deltas = NOTHING, NOTHING
    values, blank = NOTHING, NOTHING
    if frame.gaps or frame.deltas:
        index = _cells(state, frame.gaps, live)
        deltas = _integers(frame.deltas)
        if len(deltas) != len(index):
            raise _bad(state, "cells", f"{len(deltas)} changes for {len(index)} cells")
        old = state.matrix.reshape(-1)[index]
        if rows is not None and len(rows.new):
            old[np.isin(index // state.layout.width, rows.new)] = 0
        was = old == UNKNOWN
        if was.any():
            blank = index[was]
            old[was] = 0
        values = old + deltas
        _check_range(state, values)
        _check_kinds(state, index, values, texts)
    real_index, reals = NOTHING, _NO_NUMBERS
    if frame.real_gaps or frame.reals:
        real_index, reals = _check_reals(state, frame, live)
    unknown = NOTHING
    if frame.unknown_gaps:
        unknown = _cells(state, frame.unknown_gaps, live)
        if not state.layout.integral[unknown % state.layout.width].all():
            raise _bad(state, "cells", "only integral cells can be named as not known")
    return CellChange(index, values, deltas, blank, real_index, reals, unknown)


def _check_reals(state: TableState, frame: pb.TableFrame, live: NDArray[np.bool_]) -> tuple[Index, Numbers]:
    index = _cells(state, frame.real_gaps, live)
    reals: Numbers = np.array(frame.reals, dtype=np.float64)
    if len(reals) != len(index):
        raise _bad(state, "cells", f"{len(reals)} numbers for {len(index)} cells")
    if not state.layout.real[index % state.layout.width].all():
        raise _bad(state, "cells", "a number with a fraction in a column of integers or texts")
    if np.isinf(reals).any():
        raise _bad(state, "infinity", "an infinity; what is not known travels as NaN")
    return index, reals


def _check_kinds(state: TableState, index: Index, values: Cells, texts: Container[int]) -> None:
    layout = state.layout
    if layout.has_real or layout.has_info:
        places = index % layout.width
        if layout.has_real and layout.real[places].any():
            raise _bad(state, "cells", "an integer change in a column without a scale")
        if layout.has_info:
            _check_texts(state, values[layout.info[places]], texts, none=True)


def _check_texts(state: TableState, ids: Cells, texts: Container[int], *, none: bool) -> None:
    for text in ids.tolist():
        if text not in texts and not (none and text == 0):
            raise _bad(state, "texts", f"text {text} was never sent")


def _check_range(state: TableState, values: Cells) -> None:
    if values.size and (values.max() > MAX_INTEGER or values.min() < -MAX_INTEGER):
        raise _bad(state, "range", "an integer beyond 2^62")


def _cells(state: TableState, gaps: Any, live: NDArray[np.bool_]) -> Index:
    steps = _integers(gaps)
    index = steps.cumsum()
    if len(index) and index[-1] >= len(live) * state.layout.width:
        raise _bad(state, "cells", f"cell {index[-1]} of {len(live) * state.layout.width}")
    if len(steps) > 1 and not steps[1:].all():
        raise _bad(state, "cells", "a cell is named twice")
    if not live[index // state.layout.width].all():
        raise _bad(state, "cells", "a change in a row that is not there")
    return index


def _integers(field: Any) -> Index:
    return np.array(field, dtype=np.int64)


def _bad(state: TableState, reason: str, text: str) -> BadFrame:
    return BadFrame(reason, f"table {state.layout.table.name!r}: {text}")
