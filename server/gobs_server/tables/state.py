"""One table's matrix: the raw cells of every row, and how changes are put into it once they are known to be right."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gobs_server.tables.change import NO_CELLS, CellChange, RowChange
from gobs_server.tables.layout import Layout
from gobs_server.tables.rates import NO_RATES, Rates
from gobs_server.tables.values import NO_NUMBERS, UNKNOWN, Cells
from gobs_server.tables.view import View


class TableState:
    """The raw rows of one table of one run: one int64 matrix, slots x cells; dead slots are zeros. Unchecked."""

    __slots__ = ("_flat", "_slots", "_texts", "blanks", "keys", "layout", "live", "matrix", "rates", "read_ns", "rows")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.matrix: Cells = np.zeros((0, layout.width), dtype=np.int64)
        self.keys: NDArray[np.uint32] = np.zeros((0, layout.keys), dtype=np.uint32)
        self.live: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self.rows = 0
        self.blanks = False
        """Whether any integral cell may be unknown."""
        self.read_ns = -1
        """When it was read, by the agent's monotonic clock; -1: never."""
        self.rates = NO_RATES
        self._flat: memoryview | None = None
        self._slots: Cells | None = None
        self._texts: list[tuple[str, ...]] | None = None

    def clone(self) -> TableState:
        """A copy that can be changed without touching this one."""
        other = TableState(self.layout)
        other.matrix, other.keys, other.live = self.matrix.copy(), self.keys.copy(), self.live.copy()
        other.rows, other.blanks, other.read_ns, other.rates = self.rows, self.blanks, self.read_ns, self.rates
        other._slots, other._texts = self._slots, self._texts
        return other

    @property
    def capacity(self) -> int:
        """Slots there is room for."""
        return len(self.live)

    @property
    def slots(self) -> Cells:
        """The live slots, ascending."""
        if self._slots is None:
            self._slots = _first(self.rows) if self.rows == len(self.live) else np.flatnonzero(self.live)
        return self._slots

    def flat(self) -> memoryview:
        """All cells in one row, to look at and set one by one."""
        if self._flat is None:
            self._flat = self.matrix.reshape(-1).data
        return self._flat

    def grow(self, capacity: int) -> None:
        """Make room for slots below `capacity`."""
        more = capacity - self.capacity
        if more > 0:
            self._flat = None
            self.matrix = np.concatenate((self.matrix, np.zeros((more, self.layout.width), dtype=np.int64)))
            self.keys = np.concatenate((self.keys, np.zeros((more, self.layout.keys), dtype=np.uint32)))
            self.live = np.concatenate((self.live, np.zeros(more, dtype=bool)))

    def trim(self) -> None:
        """Give back the room above the last live slot."""
        needed = int(self.slots[-1]) + 1 if self.rows else 0
        if needed < self.capacity:
            self._flat = None
            self.matrix, self.keys = self.matrix[:needed].copy(), self.keys[:needed].copy()
            self.live = self.live[:needed].copy()

    def put_rows(self, change: RowChange) -> None:
        """Take away the rows that are gone and make room for the new ones, all their cells 0."""
        self.grow(len(change.live))
        self.matrix[change.gone] = 0
        self.keys[change.new] = change.keys
        self.live = change.live
        self.rows += len(change.new) - len(change.gone)
        self._slots = self._texts = None

    def put_cells(self, change: CellChange) -> None:
        """Set the cells that changed."""
        if isinstance(change.where, list):
            flat = self.flat()
            for at, value in zip(change.where, change.values, strict=True):
                flat[at] = value
        elif len(change.where):
            self.matrix.reshape(-1)[change.where] = change.values
        if len(change.real_where):
            self.matrix.reshape(-1).view(np.float64)[change.real_where] = change.reals
        if len(change.unknown):
            self.matrix.reshape(-1)[change.unknown] = UNKNOWN
            self.blanks = True

    def texts(self) -> NDArray[np.integer]:
        """The ids of all texts in use, each once or more."""
        cells = self.matrix[self.slots][:, self.layout.info]
        return np.concatenate((self.keys[self.slots].reshape(-1).astype(np.int64), cells.reshape(-1)))

    def text_ids(self) -> NDArray[np.integer]:
        """The ids of the texts of every row: of its keys, then of its info columns in order."""
        cells = self.matrix[np.ix_(self.slots, np.flatnonzero(self.layout.info))]
        return np.hstack((self.keys[self.slots].astype(np.int64), cells))

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
        return self.matrix.nbytes + self.keys.nbytes + self.live.nbytes + self.rates.bytes()


@lru_cache(maxsize=256)
def _first(rows: int) -> Cells:
    """The slots of a table without a gap, which most are; shared."""
    slots: Cells = np.arange(rows)
    slots.flags.writeable = False
    return slots


def rates_of(old: TableState, rows: RowChange | None, cells: CellChange, read_ns: int) -> Rates:
    """The rates a sparse change brings, before it is put into `old`."""
    if old.read_ns < 0:
        return NO_RATES
    if read_ns == old.read_ns:
        return old.rates if rows is None and cells is NO_CELLS else NO_RATES
    where, real_deltas = cells.where, NO_NUMBERS
    if isinstance(where, np.ndarray):
        where = where.astype(np.int32)
    if len(cells.real_where):
        with np.errstate(over="ignore"):  # a rate beyond all numbers is not known
            real_deltas = cells.reals - old.matrix.reshape(-1).view(np.float64)[cells.real_where]
    seconds = (read_ns - old.read_ns) / 1e9
    return Rates(seconds, where, cells.deltas, cells.real_where, real_deltas, cells.blank, rows.new if rows else ())
