"""The numbers a node is summed up in: which cell each comes from, and what to say where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isnan, nan
from typing import NamedTuple

from gobs_core import Column, Table, Unit
from gobs_server.live import Live, Node, View
from gobs_server.reasons import reasons
from gobs_server.web.format import UNKNOWN, cell, exact, full, last_read
from gobs_server.web.text import visible


@dataclass(frozen=True, slots=True)
class Headline:
    """One number: the total of a column over its table, or the column's value in the row with `key`."""

    name: str
    label: str
    table: str
    column: str
    unit: Unit = Unit.NONE
    rate: bool = False
    key: tuple[str, ...] | None = None
    bar: bool = False
    """Whether it is a share of a whole, drawn as a bar too."""
    help: str = ""


class Value(NamedTuple):
    """One number of one node, ready to be shown."""

    label: str
    text: str
    title: str
    bar: float | None
    """Percent of the bar that is full; None: no bar."""


SHARES = ("user", "nice", "system", "irq", "softirq", "steal", "iowait")
"""The parts of a CPU's time that a bar shows; all but the last are work."""
_SHARE_HELP = {
    "user": "in user mode",
    "nice": "in user mode at low priority",
    "system": "in the kernel",
    "irq": "in interrupts",
    "softirq": "in soft interrupts",
    "steal": "given to other machines by the hypervisor",
    "iowait": "idle while a task waited for a disk; not counted as busy",
}


def _pressure(resource: str) -> Headline:
    return Headline(
        f"{resource}_pressure",
        f"{resource if resource != 'cpu' else 'CPU'} pressure",
        "pressure",
        "some_avg10",
        Unit.PERCENT,
        key=(resource,),
        help=f"Share of the last 10 seconds in which some task waited for {resource}",
    )


HEADLINES = (
    Headline("cpu", "CPU", "cpu", "busy", Unit.PERCENT, bar=True, help="Share of the time of all CPUs at work"),
    *(
        Headline(
            name, name, "cpu", f"{name}_percent", Unit.PERCENT, help=f"Share of the CPUs' time {_SHARE_HELP[name]}"
        )
        for name in SHARES
    ),
    Headline("memory", "Memory", "memory", "used_percent", Unit.PERCENT, bar=True, help="Memory used, of all there is"),
    Headline("memory_used", "used", "memory", "used", Unit.BYTES, help="What could not be had without swapping"),
    Headline("memory_free", "free", "memory", "free", Unit.BYTES, help="Memory nobody uses, not even as a cache"),
    Headline("memory_total", "total", "memory", "total", Unit.BYTES, help="Memory there is"),
    Headline("net_in", "Net in", "net", "receive_bytes", Unit.BYTES, rate=True, help="Received, physical interfaces"),
    Headline("net_out", "Net out", "net", "transmit_bytes", Unit.BYTES, rate=True, help="Sent, physical interfaces"),
    Headline("disk_read", "Disk read", "disk", "read_bytes", Unit.BYTES, rate=True, help="Read from disks"),
    Headline("disk_write", "Disk write", "disk", "write_bytes", Unit.BYTES, rate=True, help="Written to disks"),
    Headline("load", "Load", "load", "load1", help="Tasks that run or want to, over one minute"),
    Headline("tasks", "Tasks", "load", "tasks", Unit.ITEMS, help="All threads of all processes"),
    *(_pressure(resource) for resource in ("cpu", "memory", "io")),
)
PLACES = {headline.name: place for place, headline in enumerate(HEADLINES)}
"""Name -> place in HEADLINES."""
_AT_A_GLANCE = ("cpu", "memory", "net_in", "net_out", "disk_read", "disk_write", "load", "tasks")


def in_order(tables: Iterable[str]) -> list[str]:
    """Return the names of tables as a page lists them: those the headlines come from first, then by name."""
    first = list(dict.fromkeys(headline.table for headline in HEADLINES))
    return sorted(tables, key=lambda name: (first.index(name) if name in first else len(first), name))


def headlines(live: Live, node: Node) -> list[Value]:
    """Return the numbers at the head of one node's page."""
    return [value_of(live, node, HEADLINES[PLACES[name]]) for name in _AT_A_GLANCE]


def past_headlines(views: Mapping[str, View]) -> list[Value]:
    """Return the same numbers of tables as they were."""
    found = []
    for name in _AT_A_GLANCE:
        headline = HEADLINES[PLACES[name]]
        value = value_then(views, headline)
        found.append(shown(headline, value, "nothing is kept of it of that moment" if isnan(value) else ""))
    return found


def value_then(views: Mapping[str, View], headline: Headline) -> float:
    """Return one of them out of tables as they were; NaN: it is not known."""
    view = views.get(headline.table)
    column = None if view is None else _column(view.table, headline.column)
    if view is None or column is None or column.unit is not headline.unit:
        return nan
    if headline.key is None:
        return view.total(column)
    row = view.find(headline.key)
    return nan if row is None else float(view.numbers(column)[row])


def value_of(live: Live, node: Node, headline: Headline) -> Value:
    """Return one of them that is a total, ready to be shown."""
    table = node.tables.get(headline.table)
    column = None if table is None else _column(table.table, headline.column)
    late = table is not None and live.overdue(node, table) is not None
    value = nan if table is None or column is None or late else table.total(column)
    return shown(headline, value, "" if not isnan(value) else why_unknown(live, node, headline))


def shown(headline: Headline, value: float, reason: str = "", *, alone: bool = True) -> Value:
    """Return a value as it is shown, with its unit where it stands `alone`; `reason` is why it is not known."""
    if isnan(value):
        return Value(headline.label, UNKNOWN, visible(reason), 0.0 if headline.bar else None)
    text = (full if alone else cell)(value, headline.unit, headline.rate)
    title = exact(value, headline.unit, headline.rate)
    return Value(headline.label, text, title, bar(value) if headline.bar else None)


def why_unknown(live: Live, node: Node, headline: Headline) -> str:
    """Return why a node does not tell a number."""
    table = node.tables.get(headline.table)
    if table is None:
        return f"this node sends no table {headline.table!r}"
    if (age := live.overdue(node, table)) is not None:
        return f"table {headline.table!r} was {last_read(age)}"
    if _column(table.table, headline.column) is None:
        return f"table {headline.table!r} of this node has no column {headline.column!r}"
    return reasons(node, headline.table).get(headline.column, "not known yet")


def bar(percent: float) -> float:
    """Return how much of a bar is full; only the drawing ends at its edges, the number beside it does not."""
    return round(min(max(percent, 0.0), 100.0), 1)


def _column(table: Table, name: str) -> Column | None:
    """Return the column of that name, if it has numbers as the headline says they are."""
    for column in table.columns:
        if column.name == name:
            return column if column.numeric else None
    return None
