"""What a server makes of two readings of a row, in the plainest way: scaled values, rates, derived columns."""

from __future__ import annotations

import math
from collections.abc import Callable

from gobs_core import Cell, Kind, RowValues, Table

NAN = math.nan


def shown_value(table: Table, name: str, cell: Cell) -> float:
    """Return the value that is shown for a numeric cell; NaN: not known."""
    if cell is None or isinstance(cell, str):
        return NAN
    scale = table.column(name).scale
    return float(cell) if scale is None else cell * scale


def derived_values(table: Table, before: RowValues | None, after: RowValues, *, seconds: float) -> dict[str, float]:
    """Return the derived columns of a row from two readings of it; without a first one no rate is known."""

    def at(row: RowValues | None) -> Callable[[str], float]:
        cells = dict(zip((column.name for column in table.stored), row or (), strict=False))
        return lambda name: shown_value(table, name, cells.get(name))

    level, earlier = at(after), at(before)

    def rate(name: str) -> float:
        grown = level(name) - earlier(name)
        return grown / seconds if grown >= 0 else NAN

    found = {}
    for column in table.columns:
        if column.kind is Kind.DERIVED and column.expression is not None:
            try:
                found[column.name] = column.expression.evaluate(level, rate)
            except ZeroDivisionError:
                found[column.name] = NAN
    return found
