"""Some rows of many matrices, one below the other: where a cell of one of them is in the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

import numpy as np

from gobs_server.tables.change import Places
from gobs_server.tables.counted import Chosen
from gobs_server.tables.state import TableState
from gobs_server.tables.values import Cells, Numbers

Values = TypeVar("Values", Cells, Numbers)


class Stack:
    """The chosen slots of states of one width. A value; every list it is given has one entry for each state."""

    def __init__(self, width: int, some: Sequence[tuple[TableState, Chosen]]) -> None:
        self._width = width
        self._counts = [len(chosen.slots) for _, chosen in some]
        self.height = sum(self._counts)
        """Rows of the whole."""
        ends = np.cumsum([state.capacity for state, _ in some])
        self._firsts: Cells = ends - [state.capacity for state, _ in some]
        self._row: Cells = np.full(int(ends[-1]), -1)
        self._row[np.concatenate([chosen.slots for _, chosen in some]) + self.spread(self._firsts)] = np.arange(
            self.height
        )

    def spread(self, values: Values) -> Values:
        """A value of each state, repeated for each of its rows."""
        return cast("Values", np.repeat(values, self._counts))

    def put(self, whole: Numbers, places: Sequence[Places], values: Sequence[Places | Numbers]) -> None:
        """Set cells of the chosen rows; those of other rows are passed over."""
        if any(map(len, places)):
            cells, there = self._cells(places)
            whole.reshape(-1)[cells] = np.concatenate([one for one in values if len(one)])[there]

    def blank(self, whole: Numbers, places: Sequence[Places]) -> None:
        """Make cells not known."""
        if any(map(len, places)):
            whole.reshape(-1)[self._cells(places)[0]] = np.nan

    def rows(self, slots: Sequence[Places]) -> Cells:
        """The rows of those of the slots that are chosen."""
        found = self._row[_joined(slots) + np.repeat(self._firsts, [len(one) for one in slots])]
        return found[found >= 0]

    def _cells(self, places: Sequence[Places]) -> tuple[Cells, Cells]:
        """Cells of the whole, and which of the places they are."""
        where = _joined(places)
        rows = self._row[where // self._width + np.repeat(self._firsts, [len(one) for one in places])]
        there = np.flatnonzero(rows >= 0)
        return rows[there] * self._width + where[there] % self._width, there


def _joined(places: Sequence[Places]) -> Cells:
    some = [one for one in places if len(one)]
    joined: Cells = np.concatenate(some).astype(np.int64) if some else np.empty(0, dtype=np.int64)
    return joined
