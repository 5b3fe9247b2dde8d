"""Judging one table's part of a frame before anything of it is applied: rows, and whole columns."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import numpy as np

from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_CELLS, MAX_INTEGER, MAX_ROWS
from gobs_server.tables.change import RowChange
from gobs_server.tables.errors import BadFrame
from gobs_server.tables.state import TableState
from gobs_server.tables.values import UNKNOWN, Cells, distinct


def check_rows(
    state: TableState, frame: pb.TableFrame, texts: Container[int], room: int, *, spare: bool = False
) -> RowChange | None:
    """Which rows go and come; None when none do. Raises BadFrame.

    `room` is how many cells the table may have. `spare` leaves some for the next part, so that many do not each copy
    the table.
    """
    if not frame.gone and not frame.new:
        if frame.keys:
            raise bad(state, "rows", "keys without new rows")
        return None
    gone, new = integers(frame.gone), integers(frame.new)
    if len(gone) and (gone.max() >= state.capacity or not state.live[gone].all()):
        raise bad(state, "rows", "a row is gone that was not there")
    if len(distinct(gone)) != len(gone) or len(distinct(new)) != len(new):
        raise bad(state, "rows", "a row is named twice")
    if len(new) and new.max() >= MAX_ROWS:
        raise bad(state, "limits", f"row {new.max()}, at most {MAX_ROWS} rows are allowed")
    keys = integers(frame.keys)
    width = state.layout.keys
    if len(keys) != len(new) * width:
        raise bad(state, "rows", f"{len(keys)} key texts for {len(new)} new rows of {width} keys")
    check_texts(state, keys.tolist(), texts, none=False)
    live = np.zeros(_capacity(state, new, room, spare=spare), dtype=bool)
    live[: state.capacity] = state.live
    live[gone] = False
    if live[new].any():
        raise bad(state, "rows", "a new row takes a place that is taken")
    live[new] = True
    return RowChange(gone, new, keys.reshape(len(new), width), live)


def _capacity(state: TableState, new: Cells, room: int, *, spare: bool) -> int:
    """Slots the table has once the new rows are there."""
    weight = state.layout.weight
    needed = int(new.max()) + 1 if len(new) else 0
    if needed <= state.capacity:
        return state.capacity
    if needed * weight > room:
        raise bad(state, "limits", f"row {needed - 1} is beyond the {MAX_CELLS} cells that are allowed for a node")
    if not spare:
        return needed
    return max(needed, min(state.capacity + state.capacity // 4, room // weight, MAX_ROWS))


def put_dense(state: TableState, dense: pb.Dense, texts: Container[int]) -> None:
    """Change whole columns of a state that nobody else sees yet; raises BadFrame."""
    layout = state.layout
    if dense.first + dense.columns > layout.width or not dense.columns:
        raise bad(state, "cells", f"columns {dense.first} + {dense.columns} of {layout.width}")
    places = layout.dense(dense.first, dense.columns)
    where: Any = (state.slots[:, None], places)
    if len(places) == dense.columns and state.rows == state.capacity:
        where = (slice(None), slice(dense.first, dense.first + dense.columns))
    old = state.matrix[where]
    values = np.where(old == UNKNOWN, 0, old)
    values += _dense_deltas(state, dense, len(places))
    if values.size and not -MAX_INTEGER <= values.min() <= values.max() <= MAX_INTEGER:
        raise bad_range(state)
    if layout.has_info:
        check_texts(state, distinct(values[:, layout.info[places]]).tolist(), texts, none=True)
    state.matrix[where] = values


def _dense_deltas(state: TableState, dense: pb.Dense, columns: int) -> Cells:
    deltas = integers(dense.deltas)
    rows = 1 if dense.even else state.rows
    if len(deltas) != columns * rows:
        raise bad(state, "cells", f"{len(deltas)} dense cells for {columns} columns of {rows} rows")
    deltas = deltas.reshape(columns, rows)
    return (deltas.cumsum(axis=1) if dense.along else deltas).T


def check_texts(state: TableState, ids: Iterable[int], texts: Container[int], *, none: bool) -> None:
    """Raise BadFrame where a text was never sent; `none` allows 0 for "no text"."""
    for text in ids:
        if text not in texts and not (none and text == 0):
            raise bad(state, "texts", f"text {text} was never sent")


def integers(field: Any) -> Cells:
    """A repeated field as an array; protobuf hands out its own memory's copy at once."""
    array: Cells = field.__array__(np.int64)
    return array


def bad_range(state: TableState) -> BadFrame:
    """An integer that could not be told from "not known", or whose change could not be sent."""
    return bad(state, "range", f"an integer beyond {MAX_INTEGER}")


def bad(state: TableState, reason: str, text: str) -> BadFrame:
    """A fault of this table's part."""
    return BadFrame(reason, f"table {state.layout.table.name!r}: {text}")
