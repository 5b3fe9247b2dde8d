"""Which row sits in which slot of a table, and which came, went or changed since the last reading."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import compress
from operator import is_not
from typing import NamedTuple

from gobs_core import RowValues, Table
from gobs_proto.limits import MAX_CELLS, MAX_ROWS
from gobs_sinks.grpc.tally import Tally


class Budget:
    """How many cells a node may still add, over all its tables."""

    def __init__(self, cells: int = MAX_CELLS) -> None:
        self.cells = cells


class Change(NamedTuple):
    """A row that is not what it was."""

    slot: int
    row: RowValues
    old: RowValues
    """What it was; of a new row its keys and blanks."""


class Moves(NamedTuple):
    """What happened to the rows of a table. Slots ascend in each list."""

    gone: list[int]
    new: list[int]
    changed: list[Change]
    """New rows among them."""


class Slots:
    """The rows of one table by slot. Lives as long as the run; a slot that falls free is taken again, lowest first."""

    def __init__(self, table: Table, tally: Tally, budget: Budget) -> None:
        self.rows: list[RowValues | None] = []
        """By slot; None: free."""
        self._table = table
        self._tally = tally
        self._budget = budget
        self._keys = len(table.keys)
        self._stored = len(table.stored)
        self._blank: RowValues = tuple(_blank(column.integral, column.numeric) for column in table.cells)
        self._slots: dict[RowValues, int] = {}
        self._free: list[int] = []
        self._last: tuple[RowValues, ...] | None = None
        self._order: list[int] = []

    def __len__(self) -> int:
        return len(self._slots)

    def live(self) -> list[tuple[int, RowValues]]:
        """Every live row with its slot, in the order of slots."""
        return [(slot, row) for slot, row in enumerate(self.rows) if row is not None]

    def move(self, rows: Sequence[RowValues]) -> Moves:
        """Take the rows of a new reading and tell what happened."""
        rows = tuple(rows)  # the collector may use its list again
        moves = self._same(rows) or self._any(rows)
        moves.changed.sort(key=_slot)
        return moves

    def _same(self, rows: tuple[RowValues, ...]) -> Moves | None:
        """Compare by position; None when the rows are not those of the last reading in the same order."""
        last = self._last
        if last is None or len(last) != len(rows):
            return None
        keys, stored, changed = self._keys, self._stored, []
        for place in compress(range(len(rows)), map(is_not, rows, last)):
            row, old = rows[place], last[place]
            if not _is_row(row) or row[:keys] != old[:keys] or len(row) != stored:
                return None
            if row != old:
                changed.append(Change(self._order[place], row, old))
        for change in changed:
            self.rows[change.slot] = change.row
        self._last = rows
        return Moves([], [], changed)

    def _any(self, rows: tuple[RowValues, ...]) -> Moves:
        rows, found = self._find(rows)
        stored, by_slot = self._stored, self.rows
        changed: list[Change] = []
        order: list[int] = []
        seen: set[int] = set()
        fresh: list[RowValues] = []
        for row, slot in zip(rows, found, strict=True):
            if slot is None or slot in seen or len(row) != stored:
                fresh.append(row)
                continue
            seen.add(slot)
            order.append(slot)
            old = by_slot[slot]
            if row is not old and row != old:
                assert old is not None  # a slot with a key has a row
                changed.append(Change(slot, row, old))
                by_slot[slot] = row
        gone = self._release(seen)
        new = self._take(fresh, changed)
        if fresh:
            self._last = None
        else:
            self._last, self._order = rows, order
        return Moves(gone, new, changed)

    def _find(self, rows: tuple[RowValues, ...]) -> tuple[tuple[RowValues, ...], list[int | None]]:
        """The slot of every row, None where it has none; without rows whose keys cannot be looked up."""
        get, keys = self._slots.get, self._keys
        try:
            return rows, [get(row[:keys]) for row in rows]
        except TypeError:
            kept = tuple(row for row in rows if _is_row(row) and not _odd(row[:keys]))
            self._tally.add(self._table.name, "row that is no tuple of keys and cells", len(rows) - len(kept))
            return kept, [get(row[:keys]) for row in kept]

    def _release(self, seen: set[int]) -> list[int]:
        if len(seen) == len(self._slots):
            return []
        gone = sorted(slot for slot in self._slots.values() if slot not in seen)
        for slot in gone:
            row = self.rows[slot]
            assert row is not None  # it was live until now
            del self._slots[row[: self._keys]]
            self.rows[slot] = None
            heappush(self._free, slot)
        self._budget.cells += len(gone) * len(self._blank)
        return gone

    def _take(self, fresh: list[RowValues], changed: list[Change]) -> list[int]:
        new = []
        for row in fresh:
            reason = self._refusal(row)
            if reason:
                self._tally.add(self._table.name, reason)
                continue
            key = row[: self._keys]
            if self._free:
                slot = heappop(self._free)
                self.rows[slot] = row
            else:
                slot = len(self.rows)
                self.rows.append(row)
            self._slots[key] = slot
            self._budget.cells -= len(self._blank)
            new.append(slot)
            changed.append(Change(slot, row, key + self._blank))
        new.sort()
        return new

    def _refusal(self, row: RowValues) -> str:
        """Why a row cannot be taken; empty when it can."""
        if not _is_row(row):
            return "row that is no tuple of keys and cells"
        if len(row) != self._stored:
            return "row with a wrong number of cells"
        key = row[: self._keys]
        if _odd(key):
            return "key that is no text"
        if key in self._slots:
            return "second row with one key"
        if len(self._slots) >= MAX_ROWS:
            return f"row beyond {MAX_ROWS} of a table"
        if self._budget.cells < len(self._blank):
            return f"row beyond {MAX_CELLS} cells of a node"
        return ""


def _is_row(row: object) -> bool:
    return isinstance(row, tuple)


def _odd(key: RowValues) -> bool:
    return not all(isinstance(part, str) for part in key)


def _slot(change: Change) -> int:
    return change.slot


def _blank(integral: bool, numeric: bool) -> int | float | None:
    if not numeric:
        return None
    return 0 if integral else 0.0
