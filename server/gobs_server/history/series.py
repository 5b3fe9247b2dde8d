"""Series: cells of one table through time, gathered from the segments of one run after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gobs_core import Column, Kind, Table
from gobs_server.history.lines import Lines, Values, joined, stored_for, with_gaps
from gobs_server.history.names import Names
from gobs_server.history.track import Key, Track
from gobs_server.tables.layout import Layout
from gobs_server.tables.values import Numbers


class Wanted(NamedTuple):
    """Which cell is asked for, and whether its level or its rate."""

    table: str
    column: str
    key: Key | None
    """None: the total over the rows the table counts in one."""
    rate: bool


class TableSeries:
    """Gathers what is wanted of one table, run after run."""

    def __init__(self, wanted: Sequence[Wanted], most: int) -> None:
        self._wanted = wanted
        self._most = most
        self._keys = list(dict.fromkeys(one.key for one in wanted if one.key is not None))
        self._pieces: list[Lines] = []
        self._asked = False
        self._answered = False

    def begin(self, layout: Layout, gap: float) -> list[Track]:
        """Go on with a run; returns what takes its readings. `gap` is how many seconds without one make a gap."""
        self._asked, self._gap = True, gap
        self._columns = {one: column for one in self._wanted if (column := _column(layout.table, one)) is not None}
        self._answered = self._answered or bool(self._columns)
        self._table = layout.table
        self._tracks: list[tuple[Track, bool]] = []
        for total in (False, True):
            columns = [column for one, column in self._columns.items() if (one.key is None) is total]
            if columns:
                track = Track(layout, None if total else self._keys, stored_for(columns), self._most)
                self._tracks.append((track, total))
        return [track for track, _ in self._tracks]

    def end(self) -> None:
        """That run has no more."""
        found: dict[Wanted, Numbers] = {}
        times: Numbers = np.empty(0)
        there: NDArray[np.bool_] | None = None
        for track, total in self._tracks:
            if (gathered := track.gathered()) is None:
                continue
            values = Values(gathered, self._table.column, track.place)
            times = gathered.times
            some: NDArray[np.bool_] = np.any(gathered.there, axis=1)
            there = some if there is None else there | some
            for one, column in self._columns.items():
                if total and one.key is None:
                    found[one] = values.total(column, rate=one.rate)
                elif not total and one.key is not None:
                    found[one] = values.rows(column, rate=one.rate)[:, self._keys.index(one.key)]
        if there is not None:
            unknown = np.full(len(times), np.nan)
            lines = Lines(times, [found.get(one, unknown) for one in self._wanted])
            self._pieces.append(with_gaps(lines, self._gap, there))

    def result(self, since: float, until: float) -> Lines:
        """All of it between two times; raises KeyError for a column that no run has."""
        if self._asked and not self._answered:
            raise KeyError(self._wanted[0].column)
        times, values = joined(self._pieces, len(self._wanted))
        inside = (since <= times) & (times <= until)
        return Lines(times[inside], [line[inside] for line in values])


def texts_of(tracks: Sequence[Track]) -> Names:
    """What is to be known of a run's dictionary to find the rows these tracks want."""
    return Names(set().union(*(track.texts() for track in tracks)))


def _column(table: Table, one: Wanted) -> Column | None:
    """The column with numbers it asks for, where this run's table has it."""
    column = next((column for column in table.columns if column.name == one.column), None)
    if column is None or not column.numeric or (one.rate and column.kind is not Kind.COUNTER):
        return None
    return column
