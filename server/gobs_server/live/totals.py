"""Totals of many nodes at once, whatever each of them declares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gobs_core import Column
from gobs_server.live.node import LiveTable
from gobs_server.tables import totals_together
from gobs_server.tables.layout import Layout
from gobs_server.tables.values import Numbers


def totals_of(tables: Sequence[LiveTable], names: Sequence[str], key: tuple[str, ...] | None = None) -> Numbers:
    """A line for each table, and of each of the columns named its total, or its value in the row with that key.

    NaN is "not known", also where a table has no such column, or none with numbers.
    """
    found = np.full((len(tables), len(names)), np.nan)
    alike: dict[Layout, list[int]] = {}
    for line, table in enumerate(tables):
        alike.setdefault(table.layout, []).append(line)
    for layout, lines in alike.items():
        places = {place: column for place, name in enumerate(names) if (column := _numeric(layout, name))}
        if places:
            some = [tables[line].counted(key) for line in lines]
            found[np.ix_(lines, list(places))] = totals_together(layout, some, list(places.values()))
    return found


def _numeric(layout: Layout, name: str) -> Column | None:
    for column in layout.table.columns:
        if column.name == name:
            return column if column.numeric else None
    return None
