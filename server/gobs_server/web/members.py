"""The processes of one workload, those that use most of a CPU first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gobs_core import Column
from gobs_server.live import View
from gobs_server.web.format import exact, full
from gobs_server.web.links import link
from gobs_server.web.looking import Looking
from gobs_server.web.text import visible

MOST = 200
_SHOWN = ("cpu", "vm_rss", "read_bytes", "write_bytes", "threads", "open_fds")


class Member(NamedTuple):
    """One process."""

    path: str
    key: str
    name: str
    values: list[tuple[str, str]]
    """As they are shown, and exactly."""


@dataclass(frozen=True, slots=True)
class Members:
    """The processes of one workload."""

    headings: list[str]
    rows: list[Member]
    count: int


def members(node: str, view: View, workload: str, looking: Looking | None = None) -> Members | None:
    """Return them, of a reading of all processes; None where those do not tell what they belong to."""
    workloads = view.infos.get("workload")
    if workloads is None:
        return None
    rows = [row for row, text in enumerate(workloads) if text == workload]
    columns = [column for column in view.table.columns if column.name in _SHOWN and column.numeric]
    columns.sort(key=lambda column: _SHOWN.index(column.name))
    if columns:
        values = view.numbers(columns[0])
        rows.sort(key=lambda row: (bool(np.isnan(values[row])), -values[row]))
    shown = [_member(node, view, row, columns, looking) for row in rows[:MOST]]
    return Members([column.name.replace("_", " ") for column in columns], shown, len(rows))


def _member(node: str, view: View, row: int, columns: list[Column], looking: Looking | None) -> Member:
    names = view.infos.get("comm")
    name = None if names is None else names[row]
    key, values = view.keys[row], []
    for column in columns:
        number, rate = float(view.numbers(column)[row]), column.kind == "counter"
        values.append((full(number, column.unit, rate), exact(number, column.unit, rate)))
    return Member(link(node, view.table, key, looking), visible(key[0]), visible(name or "not known"), values)
