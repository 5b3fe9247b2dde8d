"""Totals of many nodes at once, whatever each of them declares."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gobs_core import Column
from gobs_server.live.node import LiveTable
from gobs_server.tables import totals_together
from gobs_server.tables.layout import Layout
from gobs_server.tables.values import Numbers

Key = tuple[str, ...]


def totals_of(
    tables: Sequence[LiveTable], names: Sequence[str], *, fits: Callable[[Column], bool] | None = None
) -> Numbers:
    """A line for each table, with the total of each of the columns named.

    NaN is "not known", also where a table has no such column, none with numbers, or one that is not what `fits`.
    """
    return _found(tables, names, None, fits)[:, 0]


def rows_of(
    tables: Sequence[LiveTable],
    names: Sequence[str],
    keys: tuple[Key, ...],
    *,
    fits: Callable[[Column], bool] | None = None,
) -> Numbers:
    """The same of single rows: for each table, and in it for each key, a line with the columns named."""
    return _found(tables, names, keys, fits)


def _found(
    tables: Sequence[LiveTable],
    names: Sequence[str],
    keys: tuple[Key, ...] | None,
    fits: Callable[[Column], bool] | None,
) -> Numbers:
    groups = 1 if keys is None else len(keys)
    found = np.full((len(tables), groups, len(names)), np.nan)
    alike: dict[Layout, list[int]] = {}
    for line, table in enumerate(tables):
        alike.setdefault(table.layout, []).append(line)
    for layout, lines in alike.items():
        columns = enumerate(_numeric(layout, name) for name in names)
        places = {place: column for place, column in columns if column and (fits is None or fits(column))}
        if places:
            some = [tables[line].chosen(keys) for line in lines]
            values = totals_together(layout, some, list(places.values())).reshape(len(lines), groups, -1)
            found[np.ix_(lines, range(groups), list(places))] = values
    return found


def _numeric(layout: Layout, name: str) -> Column | None:
    for column in layout.table.columns:
        if column.name == name:
            return column if column.numeric else None
    return None
