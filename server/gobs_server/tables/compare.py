"""Rates across a restatement: comparing two whole states of a table row by row, by key."""

from __future__ import annotations

import numpy as np

from gobs_server.tables.rates import NO_RATES, Index, Rates, unknown
from gobs_server.tables.state import TableState


def rates_between(old: TableState, new: TableState) -> Rates:
    """What changed in the counters of `new` since `old`, a state of the same run."""
    if old.read_ns < 0:
        return NO_RATES
    before = _partners(old, new)
    if new.read_ns <= old.read_ns:
        same = new.read_ns == old.read_ns and np.array_equal(before, new.slots) and old.rows == new.rows
        return old.rates if same else NO_RATES
    layout = new.layout
    known = before >= 0
    slots = new.slots[known]
    earlier, later = old.matrix[before[known]], new.matrix[slots]
    blank = (unknown(layout, earlier) & layout.counter).reshape(-1)
    integral = layout.counter & layout.integral
    deltas = np.where(integral, later - earlier, 0).reshape(-1)
    changed = deltas != 0
    real = np.broadcast_to(layout.counter & layout.real, later.shape).reshape(-1)
    real_deltas = (later.view(np.float64) - earlier.view(np.float64)).reshape(-1)
    index = (slots[:, None] * layout.width + np.arange(layout.width)).reshape(-1).astype(np.int32)
    return Rates(
        (new.read_ns - old.read_ns) / 1e9,
        index[changed],
        deltas[changed],
        index[real],
        real_deltas[real],
        index[blank],
        new.slots[~known],
    )


def _partners(old: TableState, new: TableState) -> Index:
    """For every live row of `new` the slot of the row with the same key in `old`, or -1."""
    slots = new.slots
    keys = new.keys[slots]
    if old.capacity and len(slots) and slots[-1] < old.capacity:
        same = old.live[slots] & (old.keys[slots] == keys).all(axis=1)
        if same.all():
            return slots
    places = {key: slot for slot, key in zip(old.slots.tolist(), map(bytes, old.keys[old.slots]), strict=True)}
    return np.array([places.get(bytes(key), -1) for key in keys], dtype=np.int64)
