"""The processes of one workload, those that use most of a CPU first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gobs_core import Column
from gobs_server.live import LiveTable, View
from gobs_server.privacy import seen
from gobs_server.web.format import full
from gobs_server.web.links import link
from gobs_server.web.text import visible

MOST = 200
_SHOWN = ("cpu", "vm_rss", "read_bytes", "write_bytes", "threads", "open_fds")


class Member(NamedTuple):
    """One process."""

    path: str
    key: str
    name: str
    values: list[str]


@dataclass(frozen=True, slots=True)
class Members:
    """The processes of one workload."""

    headings: list[str]
    rows: list[Member]
    count: int


def members(node: str, processes: LiveTable, workload: str) -> Members | None:
    """Return them; None where processes do not tell what they belong to."""
    view = seen(processes.view())
    workloads = view.infos.get("workload")
    if workloads is None:
        return None
    rows = [row for row, text in enumerate(workloads) if text == workload]
    columns = [column for column in view.table.columns if column.name in _SHOWN and column.numeric]
    columns.sort(key=lambda column: _SHOWN.index(column.name))
    if columns:
        values = view.numbers(columns[0])
        rows.sort(key=lambda row: (bool(np.isnan(values[row])), -values[row]))
    shown = [_member(node, view, row, columns) for row in rows[:MOST]]
    return Members([column.name.replace("_", " ") for column in columns], shown, len(rows))


def _member(node: str, view: View, row: int, columns: list[Column]) -> Member:
    names = view.infos.get("comm")
    name = None if names is None else names[row]
    values = [full(float(view.numbers(column)[row]), column.unit, column.kind == "counter") for column in columns]
    key = view.keys[row]
    return Member(link(node, view.table, key), visible(key[0]), visible(name or "not known"), values)
