"""A series: one cell through time, gathered from the segments of one run after another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from gobs_core import Column, Kind
from gobs_server.history.node import RunHistory
from gobs_server.history.segment import Parts
from gobs_server.tables import RunState, TableState
from gobs_server.tables.layout import Layout
from gobs_server.tables.values import Cells, Numbers, evaluate, shown

_EMPTY: Numbers = np.empty(0)


class Wanted(NamedTuple):
    """Which cell is asked for, and whether its level or its rate."""

    table: str
    column: str
    key: tuple[str, ...]
    rate: bool


class Series:
    """Gathers readings of one cell. A reading that is in two segments counts once."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._pieces: list[tuple[Numbers, Numbers]] = []
        self._readings: dict[int, tuple[float, Cells | None]] = {}
        self.gap = 0.0
        """Seconds without a reading that make a gap."""

    def begin(self, run: RunHistory, place: int, gap: float) -> None:
        """Go on with that run; raises KeyError where its table has no such column."""
        layout = run.schemas.layouts[place]
        assert layout is not None
        self._run, self._place, self._layout, self.gap = run, place, layout, gap
        self._column = layout.table.column(self._wanted.column)
        if not self._column.numeric or (self._wanted.rate and self._column.kind is not Kind.COUNTER):
            raise KeyError(self._wanted.column)
        self._readings = {}

    def read(self, offset: float, frames: Iterable[Parts]) -> None:
        """Take the readings of one segment."""
        state = RunState(self._run.schemas, only=self._place)
        slot: int | None = None
        for frame in frames:
            state.apply(frame)
            table = state.tables[self._place]
            assert table is not None
            if table.read_ns >= 0 and table.read_ns not in self._readings:
                if slot is None or not _is(table, slot, state, self._wanted.key):
                    slot = _find(table, state, self._wanted.key)
                cells = None if slot is None else table.matrix[slot].copy()
                self._readings[table.read_ns] = (offset + table.read_ns / 1e9, cells)

    def end(self) -> None:
        """That run has no more."""
        readings = [(at, *self._readings[at]) for at in sorted(self._readings)]
        if not any(cells is not None for _, _, cells in readings):
            return
        monotonic = np.array([at for at, _, _ in readings], dtype=np.float64) / 1e9
        times = np.array([time for _, time, _ in readings])
        there = np.array([cells is not None for _, _, cells in readings])
        zeros = np.zeros(self._layout.width, dtype=np.int64)
        raw = np.stack([zeros if cells is None else cells for _, _, cells in readings])
        cell = _Cell(self._layout, raw, monotonic, there)
        values = cell.value(self._column, self._wanted.rate)
        ends = np.flatnonzero(there | np.concatenate(([False], there[:-1])))
        self._pieces.append(_with_gaps(times[ends], values[ends], self.gap))

    def result(self, since: float, until: float) -> tuple[Numbers, Numbers]:
        """All of it, by time, with a NaN in every gap."""
        if not self._pieces:
            return _EMPTY, _EMPTY
        pieces = sorted(self._pieces, key=lambda piece: piece[0][0])
        times = np.concatenate([piece[0] for piece in pieces])
        values = np.concatenate([piece[1] for piece in pieces])
        for i in np.cumsum([len(piece[0]) for piece in pieces])[-2::-1]:
            times = np.insert(times, i, (times[i - 1] + times[i]) / 2)
            values = np.insert(values, i, np.nan)
        inside = (since <= times) & (times <= until)
        return times[inside], values[inside]


class _Cell:
    """The raw row of one key at several readings, as levels and rates of its columns."""

    def __init__(self, layout: Layout, raw: Cells, monotonic: Numbers, there: np.ndarray) -> None:
        self._layout, self._raw, self._monotonic, self._there = layout, raw, monotonic, there

    def value(self, column: Column, rate: bool) -> Numbers:
        if column.kind is Kind.DERIVED:
            value = evaluate(column, self._level, self._rate)
            return np.where(self._there, value, np.nan)
        return self._rate(column.name) if rate else self._level(column.name)

    def _level(self, name: str) -> Numbers:
        values = shown(self._raw[:, self._layout.place[name]], self._layout.table.column(name))
        return np.where(self._there, values, np.nan)

    def _rate(self, name: str) -> Numbers:
        column, raw = self._layout.table.column(name), self._raw[:, self._layout.place[name]]
        levels = self._level(name)
        # Of integers the difference comes first: as floats two large counters may be the same.
        steps = np.diff(levels) if column.scale is None else np.diff(raw) * np.float64(column.scale)
        steps = np.where(np.isnan(levels[1:]) | np.isnan(levels[:-1]), np.nan, steps)
        rates = np.concatenate(([np.nan], steps)) / np.diff(self._monotonic, prepend=np.nan)
        return np.where(rates >= 0, rates, np.nan)


def _with_gaps(times: Numbers, values: Numbers, gap: float) -> tuple[Numbers, Numbers]:
    wide = np.flatnonzero(np.diff(times) > gap) + 1
    middle = (times[wide - 1] + times[wide]) / 2
    return np.insert(times, wide, middle), np.insert(values, wide, np.nan)


def _is(table: TableState, slot: int, state: RunState, key: tuple[str, ...]) -> bool:
    if slot >= table.capacity or not table.live[slot]:
        return False
    return tuple(state.texts[i] for i in table.keys[slot].tolist()) == key


def _find(table: TableState, state: RunState, key: tuple[str, ...]) -> int | None:
    wanted = set(key)
    ids = {text: i for i, text in state.texts.items() if text in wanted}
    if len(ids) < len(wanted) or len(key) != table.layout.keys:
        return None
    same = table.live & (table.keys == np.array([ids[text] for text in key], dtype=np.uint32)).all(axis=1)
    return int(same.argmax()) if same.any() else None
