"""One table's matrix: the raw cells of every row, and how changes are put into it once they are known to be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gobs_server.tables.layout import Layout
from gobs_server.tables.rates import NO_RATES, NOTHING, Index, Rates
from gobs_server.tables.values import Cells, Numbers
from gobs_server.tables.view import View


class RowChange(NamedTuple):
    """Rows that went and came, checked."""

    gone: Index
    new: Index
    keys: Index
    """Text ids, one line per new row."""
    live: NDArray[np.bool_]
    """Which slots are live afterwards."""


class CellChange(NamedTuple):
    """Cells that changed, checked: where, and what they hold afterwards."""

    where: Index
    values: Cells
    deltas: Index
    blank: Index
    """Those of `where` that were not known before."""
    real_index: Index
    reals: Numbers
    unknown: Index


class TableState:
    """The raw rows of one table of one run: one int64 matrix, slots x cells; dead slots are zeros. Unchecked."""

    __slots__ = ("_slots", "_texts", "keys", "layout", "live", "matrix", "rates", "read_ns", "rows")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.matrix: Cells = np.zeros((0, layout.width), dtype=np.int64)
        self.keys: NDArray[np.uint32] = np.zeros((0, layout.keys), dtype=np.uint32)
        self.live: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self.rows = 0
        self.read_ns = -1
        """When it was read, by the agent's monotonic clock; -1: never."""
        self.rates = NO_RATES
        self._slots: Index | None = None
        self._texts: list[tuple[str, ...]] | None = None

    def clone(self) -> TableState:
        """A copy that can be changed without touching this one."""
        other = TableState(self.layout)
        other.matrix, other.keys, other.live = self.matrix.copy(), self.keys.copy(), self.live.copy()
        other.rows, other.read_ns, other.rates = self.rows, self.read_ns, self.rates
        return other

    @property
    def capacity(self) -> int:
        """Slots there is room for."""
        return len(self.live)

    @property
    def slots(self) -> Index:
        """The live slots, ascending."""
        if self._slots is None:
            self._slots = np.flatnonzero(self.live)
        return self._slots

    def grow(self, capacity: int) -> None:
        """Make room for slots below `capacity`."""
        more = capacity - self.capacity
        if more > 0:
            self.matrix = np.concatenate((self.matrix, np.zeros((more, self.layout.width), dtype=np.int64)))
            self.keys = np.concatenate((self.keys, np.zeros((more, self.layout.keys), dtype=np.uint32)))
            self.live = np.concatenate((self.live, np.zeros(more, dtype=bool)))

    def put_rows(self, change: RowChange) -> None:
        """Take away the rows that are gone and make room for the new ones, all their cells 0."""
        self.matrix[change.gone] = 0
        self.keys[change.new] = change.keys
        self.live = change.live
        self.rows += len(change.new) - len(change.gone)
        self._slots = self._texts = None

    def put_cells(self, change: CellChange) -> None:
        """Set the cells that changed."""
        flat = self.matrix.reshape(-1)
        flat[change.where] = change.values
        if len(change.real_index):
            flat.view(np.float64)[change.real_index] = change.reals
        if len(change.unknown):
            flat[change.unknown] = np.iinfo(np.int64).min

    def texts(self) -> NDArray[np.integer]:
        """The ids of all texts in use, each once or more."""
        cells = self.matrix[self.slots][:, self.layout.info]
        return np.concatenate((self.keys[self.slots].reshape(-1).astype(np.int64), cells.reshape(-1)))

    def view(self, time: float, texts: Mapping[int, str]) -> View:
        """The table as people see it; `time` is when it was read, `texts` the run's dictionary."""
        if self._texts is None:
            self._texts = [tuple(texts[i] for i in ids) for ids in self.keys[self.slots].tolist()]
        slots, rates, capacity = self.slots, self.rates, self.capacity
        cells = self.matrix[slots]
        layout = self.layout
        return View(layout, time, self._texts, cells, texts, lambda: rates.per_second(layout, capacity, slots, cells))

    def bytes(self) -> int:
        """What it takes in memory, without its texts."""
        rates = self.rates
        arrays = (self.matrix, self.keys, self.live, rates.index, rates.deltas, rates.real_index, rates.real_deltas)
        return sum(array.nbytes for array in arrays)


def rates_of(old: TableState, rows: RowChange | None, cells: CellChange, read_ns: int) -> Rates:
    """The rates a sparse change brings, before it is put into `old`."""
    if old.read_ns < 0:
        return NO_RATES
    if read_ns == old.read_ns:
        still = rows is None and not len(cells.where) and not len(cells.real_index)
        return old.rates if still else NO_RATES
    before = old.matrix.reshape(-1).view(np.float64)[cells.real_index]
    return Rates(
        (read_ns - old.read_ns) / 1e9,
        cells.where.astype(np.int32),
        cells.deltas,
        cells.real_index,
        cells.reals - before,
        cells.blank,
        NOTHING if rows is None else rows.new,
    )
