"""Lines: what was gathered of a table, as levels, rates and derived values through time, with its gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from gobs_core import Column, Kind
from gobs_server.history.track import Gathered
from gobs_server.tables.values import Numbers, evaluate, shown


class Lines(NamedTuple):
    """Values of several cells of one table at the same times; NaN at every gap, and where not known."""

    times: Numbers
    """In the server's wall seconds, ascending."""
    values: list[Numbers]


def stored_for(columns: Iterable[Column]) -> list[str]:
    """The stored columns that these are made from."""
    found: dict[str, None] = {}
    for column in columns:
        expression = column.expression
        found.update(dict.fromkeys([column.name] if expression is None else expression.levels | expression.rates))
    return list(found)


class Values:
    """Readings x rows of any column of what was gathered, or of the sums over the rows."""

    def __init__(self, found: Gathered, column: Callable[[str], Column], place: dict[str, int]) -> None:
        self._found, self._column, self._place = found, column, place
        self._level = cache(self._levels)
        self._rate = cache(self._rates)
        self._level_sum = cache(lambda name: _summed(self._level(name)))
        self._rate_sum = cache(lambda name: _summed(self._rate(name)))

    def rows(self, column: Column, *, rate: bool) -> Numbers:
        """Its level, or rate, of every row."""
        if column.kind is Kind.DERIVED:
            found = np.broadcast_to(evaluate(column, self._level, self._rate), self._found.there.shape)
            return np.where(self._found.there, found, np.nan)
        return self._rate(column.name) if rate else self._level(column.name)

    def total(self, column: Column, *, rate: bool) -> Numbers:
        """The sum over the rows of what is known; a derived column is computed from the sums."""
        if column.kind is Kind.DERIVED:
            found = np.broadcast_to(evaluate(column, self._level_sum, self._rate_sum), (len(self._found.times),))
            return np.where(self._found.there.any(axis=1), found, np.nan)
        return self._rate_sum(column.name) if rate else self._level_sum(column.name)

    def _levels(self, name: str) -> Numbers:
        values = shown(self._found.cells[:, :, self._place[name]], self._column(name))
        return np.where(self._found.there, values, np.nan)

    def _rates(self, name: str) -> Numbers:
        column, raw, levels = self._column(name), self._found.cells[:, :, self._place[name]], self._level(name)
        # Of integers the difference comes first: as floats two large counters may be the same.
        steps = np.diff(levels, axis=0) if column.scale is None else np.diff(raw, axis=0) * np.float64(column.scale)
        steps = np.where(np.isnan(levels[1:]) | np.isnan(levels[:-1]), np.nan, steps)
        with np.errstate(all="ignore"):
            rates = steps / np.diff(self._found.monotonic)[:, None]
        rates = np.concatenate((np.full((1, rates.shape[1]), np.nan), rates))
        return np.where((rates >= 0) & (rates < np.inf), rates, np.nan)


def with_gaps(lines: Lines, gap: float, there: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Lines:
    """Leave out what is before, between and after the rows' lives but one reading, and mark longer pauses by a NaN."""
    kept = np.flatnonzero(there | np.concatenate(([False], there[:-1])))
    times, values = lines.times[kept], [line[kept] for line in lines.values]
    wide = np.flatnonzero(np.diff(times) > gap) + 1
    if not len(wide):
        return Lines(times, values)
    middle = (times[wide - 1] + times[wide]) / 2
    return Lines(np.insert(times, wide, middle), [np.insert(line, wide, np.nan) for line in values])


def joined(pieces: Sequence[Lines], count: int) -> Lines:
    """The lines of several runs, in order of time, with a NaN between two runs."""
    if not pieces:
        return Lines(np.empty(0), [np.empty(0)] * count)
    pieces = sorted(pieces, key=lambda piece: float(piece.times[0]))
    times: list[Numbers] = []
    values: list[list[Numbers]] = [[] for _ in range(count)]
    for at, piece in enumerate(pieces):
        if at:
            times.append(np.array([(pieces[at - 1].times[-1] + piece.times[0]) / 2]))
            for line in values:
                line.append(np.array([np.nan]))
        times.append(piece.times)
        for line, more in zip(values, piece.values, strict=True):
            line.append(more)
    whole = np.concatenate(times)
    order = np.argsort(whole, kind="stable")
    return Lines(whole[order], [np.concatenate(line)[order] for line in values])


def _summed(values: Numbers) -> Numbers:
    known = ~np.isnan(values)
    with np.errstate(over="ignore"):
        found = np.where(known, values, 0).sum(axis=1)
    return np.where(known.any(axis=1) & np.isfinite(found), found, np.nan)
