"""Metrics: what a rule's word, `cpu` or `table.column`, means in the tables that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from gobs_core import Column, Kind, Table, Unit
from gobs_core.expression import Expression, parse_expression
from gobs_server.alerts.rules.rule import RuleFields, Target

NODE_MEMORY = "node_memory"
"""Stands in an expression for the memory of the whole node, in bytes."""


@dataclass(frozen=True)
class Metric:
    """A figure of a table, for each of its rows or for all of them together."""

    name: str
    """As the rule has it."""
    table: str
    first: Expression
    otherwise: Expression | None
    """What counts where `first` is not known."""
    total: bool
    """Whether it is one figure, over the rows that the table counts in a total."""
    unit: Unit
    rate: bool
    """Whether it is shown per second."""
    columns: frozenset[str]
    """What it is computed from."""


@dataclass(frozen=True)
class Friendly:
    """A metric under a name that people know."""

    help: str
    ways: tuple[Metric, ...]
    """The first whose table and columns are there counts."""


def _metric(
    name: str, table: str, first: str, otherwise: str = "", *, total: bool, unit: Unit, rate: bool = False
) -> Metric:
    parsed = [parse_expression(text) for text in (first, otherwise) if text]
    columns = frozenset(name for one in parsed for name in one.levels | one.rates) - {NODE_MEMORY}
    return Metric(name, table, parsed[0], parsed[1] if otherwise else None, total, unit, rate, columns)


def _node(name: str, table: str, text: str, unit: Unit, help: str, *, rate: bool = False) -> tuple[str, Friendly]:  # noqa: A002  as in tables
    return name, Friendly(help, (_metric(name, table, text, total=True, unit=unit, rate=rate),))


def _rows(name: str, text: str, unit: Unit, help: str, *, rate: bool = False) -> tuple[str, Friendly]:  # noqa: A002  as above
    ways = tuple(_metric(name, table, text, total=False, unit=unit, rate=rate) for table in _POD_TABLES)
    return name, Friendly(help, ways)


def _memory_ways() -> tuple[Metric, ...]:
    used = ("memory_working_set", "memory_current", "memory_rss")
    return tuple(
        _metric("memory", table, *texts, total=False, unit=Unit.PERCENT)
        for table in _POD_TABLES
        for column in used
        for texts in (
            (f"100 * {column} / memory_limit", f"100 * {column} / {NODE_MEMORY}"),
            (f"100 * {column} / {NODE_MEMORY}", ""),
        )
    )


_POD_TABLES = ("pod", "container")
_RECEIVE, _TRANSMIT = "rate(receive_bytes)", "rate(transmit_bytes)"
_READ, _WRITE = "rate(read_bytes)", "rate(write_bytes)"
_IN_BYTES = {"unit": Unit.BYTES, "rate": True}
NODE_METRICS: Mapping[str, Friendly] = dict(
    (
        _node("cpu", "cpu", "busy", Unit.PERCENT, "Busy CPU time, of all CPUs together"),
        _node("memory", "memory", "used_percent", Unit.PERCENT, "Memory that could not be had without swapping"),
        _node("swap", "memory", "swap_used_percent", Unit.PERCENT, "Used swap space"),
        _node("network", "net", f"{_RECEIVE} + {_TRANSMIT}", Unit.BYTES, "Received and sent", rate=True),
        _node("network_receive", "net", _RECEIVE, Unit.BYTES, "Received", rate=True),
        _node("network_transmit", "net", _TRANSMIT, Unit.BYTES, "Sent", rate=True),
        _node("disk", "disk", f"{_READ} + {_WRITE}", Unit.BYTES, "Read and written", rate=True),
        _node("disk_read", "disk", _READ, Unit.BYTES, "Read", rate=True),
        _node("disk_write", "disk", _WRITE, Unit.BYTES, "Written", rate=True),
        _node("load", "load", "load1", Unit.NONE, "Load average of the last minute"),
        _node("load5", "load", "load5", Unit.NONE, "Load average of the last 5 minutes"),
        _node("load15", "load", "load15", Unit.NONE, "Load average of the last 15 minutes"),
    )
)
POD_METRICS: Mapping[str, Friendly] = dict(
    (
        _rows("cpu", "cpu", Unit.PERCENT, "CPU use, of one core: 150 % is one and a half cores"),
        ("memory", Friendly("Memory used, of its limit, or of the node's memory where it has none", _memory_ways())),
        _rows("network", f"{_RECEIVE} + {_TRANSMIT}", Unit.BYTES, "Received and sent", rate=True),
        _rows("network_receive", _RECEIVE, Unit.BYTES, "Received", rate=True),
        _rows("network_transmit", _TRANSMIT, Unit.BYTES, "Sent", rate=True),
        _rows("disk", f"{_READ} + {_WRITE}", Unit.BYTES, "Read and written", rate=True),
        _rows("disk_read", _READ, Unit.BYTES, "Read", rate=True),
        _rows("disk_write", _WRITE, Unit.BYTES, "Written", rate=True),
    )
)
_FRIENDLY: Mapping[Target, Mapping[str, Friendly]] = {"node": NODE_METRICS, "pod": POD_METRICS, "row": {}}


def friendly(target: Target) -> Mapping[str, Friendly]:
    """The friendly names a target has."""
    return _FRIENDLY[target]


def tables_of(rule: RuleFields) -> tuple[str, ...]:
    """The tables a rule's metric may be in, in the order in which they are tried.

    `absent` needs no metric: of rows it names the table, and pods have one.
    """
    known = _FRIENDLY[rule.target].get(rule.metric)
    if known is not None:
        container = rule.target == "pod" and rule.container != "*"
        names = dict.fromkeys(way.table for way in known.ways)
        return tuple(name for name in names if name != "pod") if container else tuple(names)[:1]
    if not rule.metric:
        return (_POD_TABLES[rule.container != "*"],) if rule.target == "pod" else ()
    return (rule.metric.partition(".")[0],) if "." in rule.metric or rule.target == "row" else ()


def metric_in(rule: RuleFields, table: Table) -> Metric | None:
    """What the rule's metric is in that table; None: it is not there."""
    known = _FRIENDLY[rule.target].get(rule.metric)
    if known is not None:
        return next((way for way in known.ways if way.table == table.name and _fits(way, table)), None)
    name, dot, column = rule.metric.partition(".")
    if not dot or name != table.name:
        return None
    found = next((one for one in table.columns if one.name == column and one.numeric), None)
    return None if found is None else _of_column(rule.metric, name, found, rule.value, rule.target == "node")


def judged(metric: Metric, table: Table) -> Column | None:
    """The column whose values, as they are shown, a metric is; None: it is computed of several, or otherwise."""
    if metric.otherwise is not None or len(metric.columns) != 1:
        return None
    [name] = metric.columns
    column = table.column(name)
    return column if metric == _of_column(metric.name, table.name, column, "auto", metric.total) else None


def nearest(name: str, target: Target, tables: Iterable[Table]) -> list[str]:
    """The names of metrics that look most like this one."""
    known = [*_FRIENDLY[target], *(f"{t.name}.{c.name}" for t in tables for c in t.columns if c.numeric)]
    table, dot, column = name.partition(".")
    own = [full.partition(".")[2] for full in known if dot and full.partition(".")[0] == table]
    longer = [f"{table}.{one}" for one in own if column.startswith(f"{one}_") or one.startswith(f"{column}_")]
    by_column = [full for full in known if full.partition(".")[2] == name.rpartition(".")[2]]
    close = get_close_matches(name, known, n=4, cutoff=0.5)
    return list(dict.fromkeys([*longer[:2], *by_column[:3], *close]))[:5] or list(_FRIENDLY[target])[:5]


@lru_cache(maxsize=4096)
def _of_column(metric: str, table: str, column: Column, value: str, total: bool) -> Metric:
    rate = column.kind is Kind.COUNTER and value != "level"
    text = f"rate({column.name})" if rate else column.name
    if rate and column.unit is Unit.SECONDS:
        return _metric(metric, table, f"100 * {text}", total=total, unit=Unit.PERCENT)
    return _metric(metric, table, text, total=total, unit=column.unit, rate=rate)


def _fits(way: Metric, table: Table) -> bool:
    return way.columns <= {column.name for column in table.columns if column.numeric}


_OF_TABLE = {"cpu": "cpu", "load": "cpu", "memory": "memory", "disk": "disk"}
"""What a table of the node is about, where processes may have a part in it."""
_OF_PROCESS = {
    "cpu": _metric("cpu", "process", "cpu", total=False, unit=Unit.PERCENT),
    "memory": _metric("memory", "process", "vm_rss", total=False, unit=Unit.BYTES),
    "swap": _metric("swap", "process", "vm_swap", total=False, unit=Unit.BYTES),
    "disk": _metric("disk", "process", f"{_READ} + {_WRITE}", total=False, unit=Unit.BYTES, rate=True),
    "disk_read": _metric("disk_read", "process", _READ, total=False, unit=Unit.BYTES, rate=True),
    "disk_write": _metric("disk_write", "process", _WRITE, total=False, unit=Unit.BYTES, rate=True),
}


def process_metric(metric: str, table: str, process: Table) -> Metric | None:
    """What of each process goes into a metric of that table; None: nothing that could be told."""
    name, dot, column = metric.partition(".")
    if dot and table in ("process", "pod", "container"):
        same = next((one for one in process.columns if one.name == column and one.numeric), None)
        if same is not None:
            return _of_column(f"process.{column}", "process", same, "auto", False)
        name = next((word for word in ("swap", "memory", "cpu") if word in column), "")
    elif dot:
        name = "swap" if "swap" in column else _OF_TABLE.get(table, "")
    found = _OF_PROCESS.get(name)
    return found if found is not None and _fits(found, process) else None
