"""Totals straight from a table's cells: a few numbers of a small table, without making a view of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan, nan
from typing import cast

import numpy as np

from gobs_core import Column, Kind
from gobs_server.tables.change import Places
from gobs_server.tables.counted import Chosen
from gobs_server.tables.rates import Rates
from gobs_server.tables.state import TableState
from gobs_server.tables.values import UNKNOWN, evaluate_one

_FEW = 16
"""Changes up to which making plain numbers of all costs less than looking for those that count."""


class Totals:
    """What `View.total` tells, of one state as it is now; to be dropped with the next frame."""

    __slots__ = ("_cells", "_changes", "_firsts", "_layout", "_rates", "_span", "_state")

    def __init__(self, state: TableState, chosen: Chosen) -> None:
        self._state = state
        self._layout = state.layout
        self._cells = state.flat()
        self._rates: dict[str, float] = {}
        self._changes: dict[int, float] | None = None
        self._firsts = chosen.firsts
        self._span = chosen.span

    def of(self, column: Column) -> float:
        """One column's total; NaN where no counted row is known."""
        if column.kind is Kind.DERIVED:
            self._sum(column)
            return evaluate_one(column, self._level, self._rates.__getitem__)
        if column.kind is Kind.COUNTER:
            self._sum(column)
            return self._rates[column.name]
        return self._level(column.name)

    def _level(self, name: str) -> float:
        place = self._layout.place[name]
        scale, is_real = self._layout.plain[place]
        cells = self._cells.cast("B").cast("d") if is_real else self._cells
        total, known = 0.0, False
        for first in self._firsts:
            cell = cells[first + place]
            if not isnan(cell) if is_real else cell != UNKNOWN:
                total += cell * scale
                known = True
        return total if known else nan

    def _sum(self, column: Column) -> None:
        """Have the rates it is computed from, all in one pass: a call for each costs more than adding up."""
        wanted = self._layout.rated(column)
        if not wanted:
            return
        sums, seconds = self._rates, self._state.rates.seconds
        if not seconds > 0:
            sums.update((name, nan) for name, *_ in wanted)
            return
        changed, cells, firsts = self._changed().get, self._cells, self._firsts
        reals = cells.cast("B").cast("d") if self._layout.has_real else None
        for name, place, scale, is_real in wanted:
            total, known = 0.0, False
            for first in firsts:
                cell = first + place
                rate = changed(cell, 0) / seconds * scale
                blank = isnan(reals[cell]) if is_real and reals is not None else cells[cell] == UNKNOWN
                if not blank and 0 <= rate < inf:
                    total += rate
                    known = True
            sums[name] = total if known else nan

    def _changed(self) -> dict[int, float]:
        """Cell -> how much it changed; NaN where that cannot be told."""
        changes = self._changes
        if changes is None:
            rates, width = self._state.rates, self._layout.width
            changes = self._changes = dict(zip(*self._near(rates), strict=True))
            if len(rates.real_where):
                changes.update(zip(_plain(rates.real_where), rates.real_deltas.tolist(), strict=True))
            if len(rates.blank):
                changes.update(dict.fromkeys(_plain(rates.blank), nan))
            for slot in _plain(rates.fresh) if len(rates.fresh) else ():
                changes.update(dict.fromkeys(range(slot * width, slot * width + width), nan))
        return changes

    def _near(self, rates: Rates) -> tuple[Sequence[int], Sequence[int]]:
        """Which cells changed and by how much; of many only those between the first and the last that count."""
        where, deltas = rates.where, rates.deltas
        if isinstance(where, np.ndarray) and isinstance(deltas, np.ndarray) and len(where) > _FEW:
            low, high = where.searchsorted(self._span).tolist()
            where, deltas = where[low:high], deltas[low:high]
        return _plain(where), _plain(deltas)


def _plain(places: Places) -> Sequence[int]:
    return cast("list[int]", places.tolist()) if isinstance(places, np.ndarray) else places
