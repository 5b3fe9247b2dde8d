"""The few numbers a node is summed up in: which cell each comes from, and what to say where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan, nan
from typing import NamedTuple

from gobs_core import Column, Kind, Table
from gobs_server.live import Live, Node
from gobs_server.reasons import reasons
from gobs_server.web.format import UNKNOWN, exact, full, last_read
from gobs_server.web.text import visible


@dataclass(frozen=True, slots=True)
class Headline:
    """One number: the total of a column over its table."""

    label: str
    table: str
    column: str
    bar: bool = False
    """Whether it is a share of a whole, drawn as a bar too."""


class Value(NamedTuple):
    """One number of one node, ready to be shown."""

    label: str
    text: str
    title: str
    bar: float | None
    """Percent of the bar that is full; None: no bar."""


HEADLINES = (
    Headline("CPU", "cpu", "busy", bar=True),
    Headline("Memory", "memory", "used_percent", bar=True),
    Headline("Net in", "net", "receive_bytes"),
    Headline("Net out", "net", "transmit_bytes"),
    Headline("Disk read", "disk", "read_bytes"),
    Headline("Disk write", "disk", "write_bytes"),
    Headline("Load", "load", "load1"),
    Headline("Tasks", "load", "tasks"),
)


def in_order(tables: Iterable[str]) -> list[str]:
    """Return the names of tables as a page lists them: those the headlines come from first, then by name."""
    first = list(dict.fromkeys(headline.table for headline in HEADLINES))
    return sorted(tables, key=lambda name: (first.index(name) if name in first else len(first), name))


def headlines(live: Live, node: Node) -> list[Value]:
    """Return the numbers of a node, in the order of HEADLINES."""
    return [_value(live, node, headline) for headline in HEADLINES]


def _value(store: Live, node: Node, headline: Headline) -> Value:
    live = node.tables.get(headline.table)
    if live is None:
        return _unknown(headline, f"this node sends no table {headline.table!r}")
    if (age := store.overdue(node, live)) is not None:
        return _unknown(headline, f"table {headline.table!r} was {last_read(age)}")
    column = _column(live.table, headline.column)
    value = nan if column is None else live.total(column)
    if column is None or isnan(value):
        return _unknown(headline, reasons(node, headline.table).get(headline.column, "not known yet"))
    rate = column.kind is Kind.COUNTER
    title = exact(value, column.unit, rate)
    return Value(headline.label, full(value, column.unit, rate), title, _bar(value) if headline.bar else None)


def _column(table: Table, name: str) -> Column | None:
    """Return the column of that name, if it has numbers."""
    for column in table.columns:
        if column.name == name:
            return column if column.numeric else None
    return None


def _unknown(headline: Headline, reason: str) -> Value:
    return Value(headline.label, UNKNOWN, visible(reason), 0.0 if headline.bar else None)


def _bar(percent: float) -> float:
    """Return how much of a bar is full; only the drawing ends at its edges, the number beside it does not."""
    return round(min(max(percent, 0.0), 100.0), 1)
