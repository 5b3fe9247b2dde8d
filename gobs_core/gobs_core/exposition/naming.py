"""What a table's columns are called by Prometheus, OpenMetrics and OTLP: from the declaration alone, and no name twice.

`gobs_<table>_<column>`, then the unit, then `_total` for a counter: `gobs_cpu_busy_seconds_total`. Derived columns that
need a rate are left out, since whoever scrapes makes rates from the counters. Texts that are not private become one
family `gobs_<table>` of the type info.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from gobs_core.table import Column, Kind, Table
from gobs_core.units import UNIT_NAMES

PREFIX = "gobs"
NODE = "node"
"""The label that says which node a series is of."""
Type = Literal["counter", "gauge", "info"]
_SUFFIXES = ("_total", "_created", "_count", "_sum", "_bucket", "_gcount", "_gsum", "_info")
"""Endings that mean something to OpenMetrics, and that no gauge may have."""
_MEANT = (NODE, "le", "quantile")
"""Labels that mean something else already."""


class Family(NamedTuple):
    """What is exposed of one column, or of all texts of a table."""

    name: str
    """Without the `_total` or `_info` that its samples have."""
    type: Type
    unit: str
    """The suffix of its name that is its unit; empty: none."""
    help: str
    column: Column | None
    """None: the table's texts."""

    @property
    def sample(self) -> str:
        """What its samples are called."""
        return {"counter": f"{self.name}_total", "gauge": self.name, "info": f"{self.name}_info"}[self.type]


class Families:
    """The families of some tables, none of which has the name of another's, in whatever order the tables are given."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._taken: set[str] = set()
        self._known = {table.name: tuple(self._made(table)) for table in sorted(tables, key=lambda one: one.name)}

    def of(self, table: Table) -> tuple[Family, ...]:
        """The families of one of them: its texts first, if it has any, then its columns in their order."""
        return self._known.get(table.name, ())

    def _made(self, table: Table) -> Iterator[Family]:
        for wanted in _wanted(table):
            family, number = wanted, 1
            while not self._taken.isdisjoint(_names(family)):
                number += 1
                family = _renamed(wanted, number)
            self._taken.update(_names(family))
            yield family


def label_names(table: Table, columns: Iterable[Column]) -> dict[str, str]:
    """Column -> label; one that means something else to those who scrape has `key_` before it."""
    names: dict[str, str] = {}
    for column in columns:
        label = column.name
        while label in _MEANT or label in names.values():
            label = f"key_{label}"
        names[column.name] = label
    return names


def texts(table: Table) -> list[Column]:
    """The info columns that everybody may see."""
    return [column for column in table.cells if column.kind is Kind.INFO and not column.private]


def _wanted(table: Table) -> Iterator[Family]:
    if texts(table):
        yield Family(f"{PREFIX}_{table.name}", "info", "", f"{table.help}: what is known of each row.", None)
    for column in table.columns:
        if column.kind is Kind.COUNTER:
            yield _family(table, column, "counter", column.name.removesuffix("_total"))
        elif column.kind is Kind.GAUGE or (column.expression is not None and not column.expression.rates):
            yield _family(table, column, "gauge", column.name)


def _family(table: Table, column: Column, type_: Type, short: str) -> Family:
    name, unit = f"{PREFIX}_{table.name}_{short}", UNIT_NAMES[column.unit].prometheus
    if unit and not name.endswith(f"_{unit}"):
        name = f"{name}_{unit}"
    if type_ == "gauge" and name.endswith(_SUFFIXES):
        name = f"{name}_level"
    return Family(name, type_, unit, column.help, column)


def _renamed(family: Family, number: int) -> Family:
    stem = family.name.removesuffix(f"_{family.unit}") if family.unit else family.name
    return family._replace(name=f"{stem}_{number}" + (f"_{family.unit}" if family.unit else ""))


def _names(family: Family) -> set[str]:
    """What nothing else may be called then."""
    return {family.name, family.sample}


def dotted(table: Table, column: Column | None) -> str:
    """What OTLP calls a column: `gobs.<table>.<column>`; a table's texts are `gobs.<table>.info`."""
    return f"{PREFIX}.{table.name}.{column.name if column is not None else 'info'}"
