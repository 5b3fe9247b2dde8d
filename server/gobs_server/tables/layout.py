"""A layout: what a table's declaration means for its matrix of cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gobs_core import Kind, Table


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
        info = [c.kind is Kind.INFO for c in table.cells]
        real = [c.kind is not Kind.INFO and c.scale is None for c in table.cells]
        self.info: NDArray[np.bool_] = np.array(info, dtype=bool)
        self.real: NDArray[np.bool_] = np.array(real, dtype=bool)
        self.integral: NDArray[np.bool_] = ~(self.info | self.real)
        self.counter: NDArray[np.bool_] = np.array([c.kind is Kind.COUNTER for c in table.cells], dtype=bool)
        self.infos = np.flatnonzero(self.info)
        self.counters = np.flatnonzero(self.counter)
        self.has_info = any(info)
        self.has_real = any(real)
        self._dense: dict[tuple[int, int], NDArray[np.intp]] = {}

    def dense(self, first: int, columns: int) -> NDArray[np.intp]:
        """The places in `first` … `first + columns` that travel as integers."""
        places = self._dense.get((first, columns))
        if places is None:
            span = np.arange(first, first + columns)
            places = self._dense[first, columns] = span[~self.real[span]]
        return places
