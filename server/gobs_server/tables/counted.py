"""Which rows of a table count: found once, and again only when rows came or went or their texts changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gobs_server.tables.state import TableState
from gobs_server.tables.values import Cells

Key = tuple[str, ...]


class Counted:
    """The slots of one table of one run that a total counts, or that have a key. Lives as long as the table."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[Key | None, tuple[Cells, bytes, Cells]] = {}

    def slots(self, state: TableState, texts: Mapping[int, str], key: Key | None = None) -> Cells:
        """The slots a total counts, or of the row with that key, if there is one."""
        live = state.slots
        over = state.layout.table.total
        place = None if key is not None or over is None else state.layout.place.get(over.column)
        seen = b"" if place is None else state.matrix[live, place].tobytes()
        kept = self._kept.get(key)
        if kept is not None and kept[0] is live and kept[1] == seen:
            return kept[2]
        found = np.array(_found(state, texts, key), dtype=np.int64)
        self._kept[key] = (live, seen, found)
        return found


def _found(state: TableState, texts: Mapping[int, str], key: Key | None) -> list[int]:
    if key is None:
        return counted(state, texts)
    slots: list[int] = state.slots.tolist()
    lines = state.keys[state.slots].tolist()
    return [slot for slot, ids in zip(slots, lines, strict=True) if tuple(map(texts.get, ids)) == key]


def counted(state: TableState, texts: Mapping[int, str]) -> list[int]:
    """The slots a total counts."""
    layout, over = state.layout, state.layout.table.total
    slots: list[int] = state.slots.tolist()
    if over is None:
        return slots
    if (place := layout.place.get(over.column)) is not None:
        cells = state.flat()
        return [slot for slot in slots if texts.get(cells[slot * layout.width + place]) in over.values]
    names = [column.name for column in layout.table.keys]
    ids = state.keys[:, names.index(over.column)].tolist()
    return [slot for slot in slots if texts.get(ids[slot]) in over.values]
