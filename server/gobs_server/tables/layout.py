"""A layout: what a table's declaration means for its matrix of cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gobs_core import Column, Kind, Table


class Layout:
    """Which of a table's cells are integers, reals and texts. Immutable; shared by all states of one table of a run."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.width = len(table.cells)
        """Cells in a row."""
        self.keys = len(table.keys)
        """Texts that make a row's key."""
        self.place = {c.name: i for i, c in enumerate(table.cells)}
        """Name of a stored column that is no key -> its place in a row."""
        self.info = _mask([c.kind is Kind.INFO for c in table.cells])
        self.real = _mask([_real(c) for c in table.cells])
        self.integral = ~(self.info | self.real)
        self.counter = _mask([c.kind is Kind.COUNTER for c in table.cells])
        self.scales = np.array([c.scale or 1.0 for c in table.cells], dtype=np.float64)
        self.has_info = bool(self.info.any())
        self.has_real = bool(self.real.any())
        self._dense: dict[tuple[int, int], NDArray[np.intp]] = {}

    def dense(self, first: int, columns: int) -> NDArray[np.intp]:
        """The places from `first` on, `columns` of them, that travel as integers."""
        places = self._dense.get((first, columns))
        if places is None:
            span = np.arange(first, first + columns)
            places = self._dense[first, columns] = span[~self.real[span]]
        return places


def _mask(flags: list[bool]) -> NDArray[np.bool_]:
    return np.array(flags, dtype=bool)


def _real(column: Column) -> bool:
    return column.kind is not Kind.INFO and column.scale is None
