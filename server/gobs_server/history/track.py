"""A track: the raw cells of some rows of one table at each of its readings, gathered within one run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gobs_core import GobsError
from gobs_server.history.names import Names
from gobs_server.history.replay import Replay
from gobs_server.tables.layout import Layout
from gobs_server.tables.values import Cells, Numbers

Key: TypeAlias = tuple[str, ...]

MOST_CELLS = 6_000_000
"""Cells gathered at most for one question: 48 MB."""


class TooMuch(GobsError):
    """A question about the past that would take too much memory; the text says what to ask for instead."""


class Gathered(NamedTuple):
    """What a track has found, by time: readings x rows, and x places for the cells."""

    times: Numbers
    """In the server's wall seconds."""
    monotonic: Numbers
    """In the agent's monotonic seconds."""
    there: NDArray[np.bool_]
    """Whether the row was there."""
    cells: Cells
    """0 where it was not."""


class Track:
    """Gathers from one run, at most `most` cells.

    `keys` are the rows wanted, in that order; None: all rows that count in a total.
    """

    def __init__(self, layout: Layout, keys: Collection[Key] | None, columns: Iterable[str], most: int) -> None:
        self.place = {name: i for i, name in enumerate(columns)}
        """Stored column -> its place in what is gathered."""
        self._layout = layout
        self._most = most
        self._keys = keys
        self._places = np.array([layout.place[name] for name in self.place], dtype=np.intp)
        self._index: dict[bytes, int] = {}
        over = layout.table.total
        self._told = layout.place.get(over.column) if keys is None and over is not None else None
        """The place of the info column that says whether a row counts in a total."""
        self._rows: Cells | None = None
        self._texts = b""
        self._found: tuple[Cells, Cells] = (np.empty(0, np.intp), np.empty(0, np.intp))
        self._readings: dict[int, tuple[float, Cells, Cells]] = {}
        self._cells = 0

    def texts(self) -> set[str]:
        """The texts by which it knows its rows."""
        if self._keys is not None:
            return {text for key in self._keys for text in key}
        over = self._layout.table.total
        return set() if over is None else set(over.values)

    def take(self, replay: Replay, offset: float, names: Names) -> None:
        """Take the newest reading; one that is in two segments counts once. Raises TooMuch."""
        read_ns = replay.read_ns
        if read_ns < 0 or read_ns in self._readings:
            return
        rows, slots = self._locate(replay, names)
        self._readings[read_ns] = (offset + read_ns / 1e9, rows, replay.matrix[slots[:, None], self._places])
        self._cells += len(rows) * len(self._places) + 1
        if self._cells > self._most:
            raise TooMuch(
                f"more than {self._most:,} cells of table {self._layout.table.name!r}: ask for a shorter time, "
                "for fewer columns, or for single rows"
            )

    def here(self, replay: Replay, names: Names) -> bool:
        """Whether any row it wants is there now."""
        return len(self._locate(replay, names)[0]) > 0

    def gathered(self) -> Gathered | None:
        """All of it, in order; None where no wanted row was ever there."""
        readings = [(read_ns, *self._readings[read_ns]) for read_ns in sorted(self._readings)]
        count = len(self._index) if self._keys is None else len(self._keys)
        if not any(len(rows) for _, _, rows, _ in readings):
            return None
        if len(readings) * count * len(self._places) > self._most:
            raise TooMuch(
                f"{count:,} rows of table {self._layout.table.name!r} in {len(readings):,} readings are too many at "
                "once: ask for a shorter time, or for single rows"
            )
        there = np.zeros((len(readings), count), dtype=bool)
        cells = np.zeros((len(readings), count, len(self._places)), dtype=np.int64)
        for at, (_, _, rows, found) in enumerate(readings):
            there[at, rows] = True
            cells[at, rows] = found
        times = np.array([time for _, time, _, _ in readings])
        return Gathered(times, np.array([ns for ns, _, _, _ in readings]) / 1e9, there, cells)

    def _locate(self, replay: Replay, names: Names) -> tuple[Cells, Cells]:
        """Which of the wanted rows are there, and in which slots."""
        slots = replay.slots()
        told = b"" if self._told is None else replay.matrix[slots, self._told].tobytes()
        if slots is not self._rows or told != self._texts:
            self._rows, self._texts = slots, told
            self._found = (
                self._counted(replay, slots, names) if self._keys is None else self._named(replay, slots, names)
            )
        return self._found

    def _named(self, replay: Replay, slots: Cells, names: Names) -> tuple[Cells, Cells]:
        assert self._keys is not None
        ids = replay.keys[slots]
        rows: list[int] = []
        found: list[int] = []
        for row, key in enumerate(self._keys):
            same = np.ones(len(slots), dtype=bool) if len(key) == self._layout.keys else np.zeros(len(slots), bool)
            for place, text in enumerate(key[: self._layout.keys]):
                same &= names.among(ids[:, place], (text,))
            if same.any():
                rows.append(row)
                found.append(int(slots[same.argmax()]))
        return np.array(rows, dtype=np.intp), np.array(found, dtype=np.intp)

    def _counted(self, replay: Replay, slots: Cells, names: Names) -> tuple[Cells, Cells]:
        over, layout = self._layout.table.total, self._layout
        if over is not None:
            if self._told is not None:
                ids = replay.matrix[slots, self._told]
            else:
                ids = replay.keys[slots, [column.name for column in layout.table.keys].index(over.column)]
            slots = slots[names.among(ids, over.values)]
        index = self._index
        rows = [index.setdefault(key, len(index)) for key in map(bytes, replay.keys[slots])]
        return np.array(rows, dtype=np.intp), slots
