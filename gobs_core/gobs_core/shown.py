"""From the integers that travel to the values people see, for one row at a time: levels, rates, derived columns.

The server does the same for whole columns at once; this is for the command line and for tests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

from gobs_core.table import Cell, Column, Kind, RowValues, Table

Shown: TypeAlias = "dict[str, Cell]"
"""Column name -> value as shown; None where it is not known."""


def shown(column: Column, cell: Cell) -> Cell:
    """One cell as it is shown: times its scale, None where it is not known."""
    if cell is None or isinstance(cell, str):
        return cell
    value = cell if column.scale is None or column.scale == 1 else cell * column.scale
    return value if math.isfinite(value) else None


def levels(table: Table, row: RowValues) -> Shown:
    """All stored columns of a row as they are shown."""
    return {column.name: shown(column, cell) for column, cell in zip(table.stored, row, strict=True)}


def rates(table: Table, before: RowValues | None, after: RowValues, seconds: float) -> Shown:
    """What a row's counters grew by per second; not known for a new row, and for a counter that fell."""
    found: Shown = {}
    for place, column in enumerate(table.stored):
        if column.kind is Kind.COUNTER:
            old, new = (None if before is None else shown(column, before[place])), shown(column, after[place])
            known = isinstance(old, int | float) and isinstance(new, int | float) and new >= old and seconds > 0
            found[column.name] = (new - old) / seconds if known else None  # type: ignore[operator]
    return found


def derived(table: Table, level: Shown, rate: Shown) -> Shown:
    """The derived columns of a row, from its levels and rates; not known where anything they need is not."""
    found: Shown = {}
    for column in table.columns:
        if column.expression is not None:
            try:
                value = column.expression.evaluate(lambda name: _number(level, name), lambda name: _number(rate, name))
                found[column.name] = value if math.isfinite(value) else None
            except (ZeroDivisionError, OverflowError):
                found[column.name] = None
    return found


def key_of(table: Table, row: RowValues) -> tuple[str, ...]:
    """The key of a row."""
    return tuple(str(cell) for cell in row[: len(table.keys)])


def _number(values: Mapping[str, Cell], name: str) -> float:
    value = values.get(name)
    return float(value) if isinstance(value, int | float) else math.nan
