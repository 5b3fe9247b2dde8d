"""From the rows an agent has read to the samples of each family."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from gobs_core.exposition.naming import NODE, Families, Family, label_names, texts
from gobs_core.exposition.text import Exposition, label_text
from gobs_core.frame import Reading
from gobs_core.shown import derived, levels, shown
from gobs_core.table import Column, Kind, RowValues, Table

Labels: TypeAlias = tuple[tuple[str, str], ...]


class Sample(NamedTuple):
    """One value of one series."""

    name: str
    labels: Labels
    value: float


def expose(out: Exposition, node: str, readings: Iterable[Reading], families: Families) -> None:
    """Add all that these readings hold, small tables first, so that a large one leaves out its own rows."""
    for reading in sorted(readings, key=lambda read: (len(read.rows), read.table.name)):
        table = reading.table
        known = families.of(table)
        fits = out.room(node, table.name, len(reading.rows), len(known))
        for family, labels, values in _columns(table, node, reading.rows[:fits], known):
            out.head(family)
            out.add(family, [label_text(one) for one in labels], values)


def samples(node: str, readings: Iterable[Reading], families: Families, *, rows: int) -> Iterator[Sample]:
    """All that these readings hold, at most so many rows of each table; what is not known is not there."""
    for table, found, _ in readings:
        for family, labels, values in _columns(table, node, found[:rows], families.of(table)):
            for at, value in zip(labels, values, strict=True):
                if value is not None and value == value:  # noqa: PLR0124  only NaN differs from itself
                    yield Sample(family.sample, at, value)


def _columns(
    table: Table, node: str, rows: Sequence[RowValues], known: Iterable[Family]
) -> Iterator[tuple[Family, list[Labels], list[float | None]]]:
    keys = _labels(table, node, rows, ())
    for family in known:
        column = family.column
        if column is None:
            yield family, _labels(table, node, rows, texts(table)), [1] * len(rows)
        elif column.kind is Kind.DERIVED:
            yield family, keys, [_derived(table, column, row) for row in rows]
        else:
            place = table.stored.index(column)
            yield family, keys, [shown(column, row[place]) for row in rows]  # type: ignore[misc]  # numeric


def _labels(table: Table, node: str, rows: Sequence[RowValues], more: Sequence[Column]) -> list[Labels]:
    names = label_names(table, (*table.keys, *more))
    places = [(names[column.name], table.stored.index(column)) for column in (*table.keys, *more)]
    first = (NODE, node)
    return [(first, *((name, str(row[at])) for name, at in places if row[at])) for row in rows]


def _derived(table: Table, column: Column, row: RowValues) -> float | None:
    value = derived(table, levels(table, row), {})[column.name]
    return value if isinstance(value, int | float) else None
