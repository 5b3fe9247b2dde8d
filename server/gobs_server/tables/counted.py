"""Which rows of a table count: found once, and again only when rows came or went or their texts changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gobs_server.tables.state import TableState
from gobs_server.tables.values import Cells

Key = tuple[str, ...]


class Chosen(NamedTuple):
    """Some slots of one state, in one or more groups."""

    slots: Cells
    sizes: tuple[int, ...]
    """How many of the slots are of each group."""
    cut: slice | Cells
    """The same slots, as they are read fastest."""
    firsts: tuple[int, ...]
    """The first cell of each of them."""
    span: NDArray[np.int32]
    """From which cell on, and before which, all their cells are."""


class Counted:
    """The slots of one table of one run that a total counts, or that have keys. Lives as long as the table."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[tuple[Key, ...] | None, tuple[Cells, bytes, Chosen]] = {}

    def chosen(self, state: TableState, texts: Mapping[int, str], keys: tuple[Key, ...] | None) -> Chosen:
        """The slots a total counts as one group; or with `keys`, of each the slot of its row, if there is one."""
        live = state.slots
        kept, seen = self._kept.get(keys), _decided_by(state, live, keys)
        if kept is not None and kept[0] is live and kept[1] == seen:
            return kept[2]
        found = _total(state, texts) if keys is None else _rows(state, texts, keys)
        self._kept[keys] = (live, seen, found)
        return found


def _decided_by(state: TableState, live: Cells, keys: tuple[Key, ...] | None) -> bytes:
    """What decides, besides which slots are live: tables without a gap share one array of those."""
    if keys is None and state.layout.table.total is None:
        return b""
    place = state.layout.deciding
    if keys is not None or place is None:
        return state.keys.tobytes()
    return state.matrix[slice(None) if state.rows == state.capacity else live, place].tobytes()


def _total(state: TableState, texts: Mapping[int, str]) -> Chosen:
    slots = counted(state, texts)
    return _chosen(slots, (len(slots),), state.layout.width)


def _rows(state: TableState, texts: Mapping[int, str], keys: tuple[Key, ...]) -> Chosen:
    lines = state.keys[state.slots].tolist()
    there = {tuple(map(texts.get, ids)): slot for slot, ids in zip(state.slots.tolist(), lines, strict=True)}
    slots = [there[key] for key in keys if key in there]
    return _chosen(slots, tuple(int(key in there) for key in keys), state.layout.width)


def _chosen(slots: list[int], sizes: tuple[int, ...], width: int) -> Chosen:
    where = np.array(slots, dtype=np.int64)
    in_a_row = bool(slots) and slots == list(range(slots[0], slots[0] + len(slots)))
    firsts = tuple(slot * width for slot in slots)
    span = np.array([min(firsts, default=0), max(firsts, default=-width) + width], dtype=np.int32)
    return Chosen(where, sizes, slice(slots[0], slots[-1] + 1) if in_a_row else where, firsts, span)


def counted(state: TableState, texts: Mapping[int, str]) -> list[int]:
    """The slots a total counts."""
    layout, over = state.layout, state.layout.table.total
    slots: list[int] = state.slots.tolist()
    if over is None:
        return slots
    if (place := layout.deciding) is not None:
        cells = state.flat()
        return [slot for slot in slots if texts.get(cells[slot * layout.width + place]) in over.values]
    names = [column.name for column in layout.table.keys]
    ids = state.keys[:, names.index(over.column)].tolist()
    return [slot for slot in slots if texts.get(ids[slot]) in over.values]
