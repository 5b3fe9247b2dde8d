"""Rates across a restatement: comparing two whole states of a table row by row, by key."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gobs_server.tables.change import Places
from gobs_server.tables.rates import NO_RATES, Rates, unknown
from gobs_server.tables.state import TableState
from gobs_server.tables.values import Cells


def rates_between(old: TableState, new: TableState) -> Rates:
    """What changed in `new` since `old`, a state of the same run."""
    if old.read_ns < 0:
        return NO_RATES
    if new.read_ns <= old.read_ns:
        return _moved(old, new) if new.read_ns == old.read_ns else NO_RATES
    seconds = (new.read_ns - old.read_ns) / 1e9
    if new.rows == new.capacity == old.capacity and _same_rows(old, new):
        return _changes(seconds, new, old.matrix, new.matrix, None, ())
    before = _partners(old, new)
    known = before >= 0
    slots = new.slots[known]
    return _changes(seconds, new, old.matrix[before[known]], new.matrix[slots], slots, new.slots[~known])


def _changes(
    seconds: float, new: TableState, earlier: Cells, later: Cells, slots: Cells | None, fresh: Places
) -> Rates:
    """The changes from one matrix to another, line by line; `slots` says which line is which row, None: its number."""
    layout = new.layout
    deltas = (later - earlier).reshape(-1)
    changed = np.flatnonzero(deltas)
    real = changed[layout.real[changed % layout.width]] if layout.has_real else changed[:0]
    with np.errstate(over="ignore"):  # a rate beyond all numbers is not known
        real_deltas = later.reshape(-1).view(np.float64)[real] - earlier.reshape(-1).view(np.float64)[real]
    counters = changed if layout.counter.all() else changed[layout.counter[changed % layout.width]]
    blank = np.flatnonzero(unknown(layout, earlier))
    deltas = deltas[counters]
    if slots is not None:
        counters, real, blank = (
            slots[lines // layout.width] * layout.width + lines % layout.width for lines in (counters, real, blank)
        )
    return Rates(seconds, counters.astype(np.int32), deltas, real, real_deltas, blank, fresh)


def _moved(old: TableState, new: TableState) -> Rates:
    """The rates of `old`, whose reading `new` only restates, with the rows where they are now."""
    if _same_rows(old, new):
        return old.rates
    width = new.layout.width
    before = _partners(old, new)
    places = np.full(old.capacity, -1)
    places[before[before >= 0]] = new.slots[before >= 0]
    seconds, where, deltas, real_where, real_deltas, blank, fresh = old.rates

    def cells(numbers: Places) -> tuple[Cells, NDArray[np.bool_]]:
        found = np.asarray(numbers, dtype=np.int64)
        slots = places[found // width]
        return slots * width + found % width, slots >= 0

    (where, kept), (real_where, real_kept), (blank, known) = cells(where), cells(real_where), cells(blank)
    new_rows = places[np.asarray(fresh, dtype=np.int64)]
    where, deltas = where[kept], np.asarray(deltas, dtype=np.int64)[kept]
    ascending = where.argsort()
    return Rates(
        seconds,
        where[ascending],
        deltas[ascending],
        real_where[real_kept],
        real_deltas[real_kept],
        blank[known],
        np.concatenate((new_rows[new_rows >= 0], new.slots[before < 0])),
    )


def _same_rows(old: TableState, new: TableState) -> bool:
    return np.array_equal(old.live, new.live) and np.array_equal(old.keys[old.live], new.keys[new.live])


def _partners(old: TableState, new: TableState) -> Cells:
    """For every live row of `new` the slot of the row with the same key in `old`, or -1."""
    slots = new.slots
    keys = new.keys[slots]
    if old.capacity and len(slots) and slots[-1] < old.capacity:
        same = old.live[slots] & (old.keys[slots] == keys).all(axis=1)
        if same.all():
            return slots
    places = {key: slot for slot, key in zip(old.slots.tolist(), map(bytes, old.keys[old.slots]), strict=True)}
    return np.array([places.get(bytes(key), -1) for key in keys], dtype=np.int64)
