"""A layout: what a table's declaration means for its matrix of cells."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gobs_core import Column, Kind, Table

INTEGER, REAL, TEXT = 0, 1, 2
"""What a cell holds: an integer, the bits of a float64, the id of a text."""


class Rated(NamedTuple):
    """A counter, as its rate is computed."""

    name: str
    place: int
    scale: float
    is_real: bool


class Layout:
    """Which of a table's cells are integers, reals and texts. Shared by all states of all tables declared the same."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.width = len(table.cells)
        """Cells in a row."""
        self.keys = len(table.keys)
        """Texts that make a row's key."""
        self.weight = max(self.width, self.keys, 1)
        """Cells a row counts as: what it takes in memory, also where it has keys and little else."""
        self.place = {c.name: i for i, c in enumerate(table.cells)}
        """Name of a stored column that is no key -> its place in a row."""
        self.deciding = None if table.total is None else self.place.get(table.total.column)
        """The place of the info column that decides which rows a total counts; None: a key does, or all count."""
        self.kinds = tuple(_kind(c) for c in table.cells)
        """INTEGER, REAL or TEXT, for every place."""
        kinds = np.array(self.kinds)
        self.integral: NDArray[np.bool_] = kinds == INTEGER
        self.real: NDArray[np.bool_] = kinds == REAL
        self.info: NDArray[np.bool_] = kinds == TEXT
        self.counter: NDArray[np.bool_] = np.array([c.kind is Kind.COUNTER for c in table.cells], dtype=bool)
        self.scales = np.array([c.scale or 1.0 for c in table.cells], dtype=np.float64)
        self.plain: list[tuple[float, bool]] = list(zip(self.scales.tolist(), self.real.tolist(), strict=True))
        """For every place its scale, and whether it is real, as plain values."""
        self.has_info = bool(self.info.any())
        self.has_real = bool(self.real.any())
        self._row = kinds.astype(np.uint8)
        self._cells = self._row
        self._dense: dict[tuple[int, int], NDArray[np.intp]] = {}
        self._rated: dict[str, tuple[Rated, ...]] = {}

    @cached_property
    def bytes(self) -> int:
        """What the declaration takes in memory, about."""
        charts = sum(100 + len(chart.title) + sum(map(len, chart.columns)) for chart in self.table.charts)
        return charts + sum(
            100 + sum(map(len, (c.name, c.help, c.needs, c.source))) + (len(c.expression.text) if c.expression else 0)
            for c in self.table.columns
        )

    def dense(self, first: int, columns: int) -> NDArray[np.intp]:
        """The places from `first` on, `columns` of them, that travel as integers."""
        places = self._dense.get((first, columns))
        if places is None:
            span = np.arange(first, first + columns)
            places = self._dense[first, columns] = span[~self.real[span]]
        return places

    def rated(self, column: Column) -> tuple[Rated, ...]:
        """The counters whose rates a column shows or is computed from."""
        found = self._rated.get(column.name)
        if found is None:
            names = column.expression.rates if column.expression else {column.name}
            found = self._rated[column.name] = tuple(
                Rated(name, self.place[name], *self.plain[self.place[name]]) for name in sorted(names)
            )
        return found

    def kinds_of(self, cells: int) -> NDArray[np.uint8]:
        """The kind of every cell of a matrix of at least that many."""
        if len(self._cells) < cells:
            self._cells = np.tile(self._row, cells // self.width + 1)
        return self._cells


def _kind(column: Column) -> int:
    if column.kind is Kind.INFO:
        return TEXT
    return REAL if column.scale is None else INTEGER
