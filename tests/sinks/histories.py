"""Random lives of tables: rows come, go, move, change, are unknown, real, huge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from gobs_core import Cell, Column, Frame, Reading, RowValues, Table, counter, gauge, info, key
from gobs_proto.limits import MAX_INTEGER

INTEGERS: tuple[Cell, ...] = (None, 0, 1, -1, 63, 64, 300, -70_000, 2**40, MAX_INTEGER, -MAX_INTEGER)
REALS: tuple[Cell, ...] = (None, 0.0, -0.0, 3, 1.5, -1e300, 5e-324, math.nan)
TEXTS: tuple[Cell, ...] = (None, "", "sleeping", "running", "üñí\u2028", "a", "p1")
KEYS = tuple((pod, pid) for pod in ("p1", "p2", "") for pid in "abcd")

MIXED = Table(
    "mixed",
    "All kinds of cells between each other.",
    (
        key("pod", ""),
        key("pid", ""),
        counter("a", ""),
        gauge("b", ""),
        info("c", ""),
        gauge("d", "", scale=4096),
        gauge("e", ""),
        counter("f", ""),
    ),
)
ALONE = Table("alone", "One row without a key.", (gauge("x", "", scale=0.01), info("y", "")))
REAL = Table("real", "Only numbers without a scale.", (key("k", ""), gauge("v", "")))
TABLES = (MIXED, ALONE, REAL)

_EDITS = st.lists(st.tuples(st.integers(0, len(KEYS) - 1), st.integers(0, 8), st.integers(0, 10)), max_size=12)
_STEPS = st.tuples(_EDITS, _EDITS, st.booleans(), st.integers(1, 3), st.integers(0, 7), st.booleans())


def histories(most: int = 10) -> st.SearchStrategy[list[tuple[Frame, bool]]]:
    """Frames in order, each with whether a keyframe is asked for."""
    return st.lists(_STEPS, min_size=1, max_size=most).map(_frames)


def _frames(steps: Sequence[tuple[Any, ...]]) -> list[tuple[Frame, bool]]:
    frames = []
    sequence = 0
    states: list[dict[Any, RowValues]] = [{}, {}, {}]
    for edits, others, keyframe, gap, read, turned in steps:
        _edit(states[0], MIXED, KEYS, edits)
        _edit(states[1], ALONE, ((),), others)
        _edit(states[2], REAL, [(pid,) for _, pid in KEYS[:4]], others)
        sequence += gap
        now = sequence * 10**9
        found = []
        for at, (table, state) in enumerate(zip(TABLES, states, strict=True)):
            if read >> at & 1:
                rows = list(state.values())
                found.append(Reading(table, rows[::-1] if turned else rows, now + at * 1000))
        frames.append((Frame(sequence, 10**18 + now, now, tuple(found)), keyframe))
    return frames


def _edit(
    state: dict[Any, RowValues], table: Table, keys: Sequence[Any], edits: Sequence[tuple[int, int, int]]
) -> None:
    """Remove a row, put a new one, or set one cell; a row that is not edited stays the same object."""
    for number, what, value in edits:
        key = keys[number % len(keys)]
        if what == 0:
            state.pop(key, None)
        elif what == 1 or key not in state:
            state[key] = (*key, *(_value(column, value + at) for at, column in enumerate(table.cells)))
        else:
            row = list(state[key])
            place = what % len(table.cells)
            row[len(key) + place] = _value(table.cells[place], value)
            state[key] = tuple(row)


def _value(column: Column, number: int) -> Cell:
    pool = TEXTS if not column.numeric else INTEGERS if column.integral else REALS
    return pool[number % len(pool)]


def expected(table: Table, rows: Sequence[RowValues]) -> dict[tuple[str, ...], tuple[Cell, ...]]:
    """What a peer has to show for a reading."""
    keys = len(table.keys)
    return {tuple(map(str, row[:keys])): tuple(map(_cell, table.cells, row[keys:])) for row in rows}


def _cell(column: Column, value: Cell) -> Cell:
    if column.kind == "info":
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return value if column.integral else float(value)
