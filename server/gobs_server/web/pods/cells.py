"""One cell of a view that may lack the column: an agent of another version, or another plugin, may have made it."""

from __future__ import annotations

from math import nan

from gobs_server.tables import View


def text_of(view: View, name: str, row: int) -> str:
    """Return a text of a row; empty where it is not known, or there is no such column."""
    column = view.infos.get(name)
    return (column[row] if column is not None else "") or ""


def level_of(view: View, name: str, row: int) -> float:
    """Return a number of a row, of a counter what it has counted; NaN where that is not known or not there."""
    known = any(column.name == name and column.numeric for column in view.table.columns)
    return float(view.level(name)[row]) if known else nan
