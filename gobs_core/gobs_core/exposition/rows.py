"""From the rows an agent has read to the samples of each family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gobs_core.exposition.naming import NODE, Families, label_names, texts
from gobs_core.exposition.text import Exposition, label_text
from gobs_core.frame import Reading
from gobs_core.shown import derived, levels, shown
from gobs_core.table import Column, Kind, RowValues, Table


def expose(out: Exposition, node: str, readings: Iterable[Reading], families: Families) -> None:
    """Add all that these readings hold, small tables first, so that a large one leaves out its own rows."""
    for reading in sorted(readings, key=lambda read: (len(read.rows), read.table.name)):
        table = reading.table
        known = families.of(table)
        fits = out.room(node, table.name, len(reading.rows), len(known))
        rows = reading.rows[:fits]
        keys = _labels(table, node, rows, ())
        for family in known:
            out.head(family)
            column = family.column
            if column is None:
                out.add(family, _labels(table, node, rows, texts(table)), [1] * len(rows))
            elif column.kind is Kind.DERIVED:
                out.add(family, keys, [_derived(table, column, row) for row in rows])
            else:
                place = table.stored.index(column)
                out.add(family, keys, [shown(column, row[place]) for row in rows])  # type: ignore[misc]  # numeric


def _labels(table: Table, node: str, rows: Sequence[RowValues], more: Sequence[Column]) -> list[str]:
    names = label_names(table, (*table.keys, *more))
    places = [(names[column.name], table.stored.index(column)) for column in (*table.keys, *more)]
    first = (NODE, node)
    return [label_text((first, *((name, str(row[at])) for name, at in places if row[at]))) for row in rows]


def _derived(table: Table, column: Column, row: RowValues) -> float | None:
    value = derived(table, levels(table, row), {})[column.name]
    return value if isinstance(value, int | float) else None
