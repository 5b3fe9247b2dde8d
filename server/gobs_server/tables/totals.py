"""Totals straight from a table's cells: a few numbers of a small table, without making a view of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import inf, isnan, nan
from typing import cast

import numpy as np

from gobs_core import Column, Kind
from gobs_server.tables.change import Places
from gobs_server.tables.state import TableState
from gobs_server.tables.values import UNKNOWN, evaluate_one


class Totals:
    """What `View.total` tells, of one state as it is now; to be dropped with the next frame. `slots` are counted."""

    def __init__(self, state: TableState, slots: Sequence[int]) -> None:
        self._state = state
        self._layout = state.layout
        self._cells = state.flat()
        self._rates: dict[str, float] = {}
        self._firsts = [slot * state.layout.width for slot in slots]

    def of(self, column: Column) -> float:
        """One column's total; NaN where no counted row is known."""
        if column.kind is Kind.DERIVED:
            return evaluate_one(column, self._level, self._rate)
        return self._rate(column.name) if column.kind is Kind.COUNTER else self._level(column.name)

    def _level(self, name: str) -> float:
        place = self._layout.place[name]
        scale, is_real = self._layout.plain[place]
        if is_real:
            reals = self._cells.cast("B").cast("d")
            known = [value for first in self._firsts if not isnan(value := reals[first + place])]
        else:
            cells = [self._cells[first + place] for first in self._firsts]
            known = [cell * scale for cell in cells if cell != UNKNOWN]
        return sum(known) if known else nan

    def _rate(self, name: str) -> float:
        if (rate := self._rates.get(name)) is None:
            rate = self._rates[name] = self._summed_rate(name)
        return rate

    def _summed_rate(self, name: str) -> float:
        place, seconds = self._layout.place[name], self._state.rates.seconds
        if not seconds > 0:
            return nan
        scale, is_real = self._layout.plain[place]
        real = self._cells.cast("B").cast("d") if is_real else None
        known, changes, cells = [], self._changes, self._cells
        for first in self._firsts:
            cell = first + place
            rate = changes.get(cell, 0) / seconds * scale
            if 0 <= rate < inf and not (cells[cell] == UNKNOWN if real is None else isnan(real[cell])):
                known.append(rate)
        return sum(known) if known else nan

    @cached_property
    def _changes(self) -> dict[int, float]:
        """Cell -> how much it changed; NaN where that cannot be told."""
        rates, width = self._state.rates, self._layout.width
        changes: dict[int, float] = dict(zip(_plain(rates.where), _plain(rates.deltas), strict=True))
        changes.update(zip(_plain(rates.real_where), rates.real_deltas.tolist(), strict=True))
        changes.update(dict.fromkeys(_plain(rates.blank), nan))
        for slot in _plain(rates.fresh):
            changes.update(dict.fromkeys(range(slot * width, slot * width + width), nan))
        return changes


def _plain(places: Places) -> Sequence[int]:
    return cast("list[int]", places.tolist()) if isinstance(places, np.ndarray) else places
