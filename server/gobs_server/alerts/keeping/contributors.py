"""Contributors: which processes had the largest part in a value at the moment an alert fired."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gobs_core import Contributor, Table, Unit
from gobs_server.alerts.judging.events import Fired
from gobs_server.alerts.judging.figures import of_rows
from gobs_server.alerts.rules.metrics import Metric, process_metric
from gobs_server.history import History
from gobs_server.tables import View
from gobs_server.tables.values import Numbers

MOST = 5
BEFORE = 600.0
"""Seconds before, for the change since then."""
_TEXT = 200
Shown = Callable[[float, Unit, bool], str]
"""A value as people read it, with its unit."""


class Contributors:
    """Finds them. Lives as long as the server; works from memory alone."""

    def __init__(self, history: History, shown: Shown) -> None:
        self._history = history
        self._shown = shown

    def of(self, fired: Fired, metric: str, before: dict[str, View | None]) -> list[Contributor]:
        """The largest first; none where no process can be told to have a part in the metric.

        `before` remembers, for those asked about together, each node's processes as they were ten minutes ago.
        """
        sight = fired.sight
        view = sight.process if sight is not None else None
        found = process_metric(metric, fired.table, view.table) if view is not None else None
        if sight is None or view is None or found is None:
            return []
        values = of_rows(found, view, float("nan"))
        inside = self._inside(fired, view)
        total = float(np.nansum(values[inside]))
        known = np.flatnonzero(inside & (values > 0))
        rows = known[np.argsort(-values[known])[:MOST]].tolist()
        if rows and fired.lane.node not in before:
            before[fired.lane.node] = self._history.at(fired.lane.node, "process", sight.wall - BEFORE)
        past = before.get(fired.lane.node)
        return [self._one(view, row, values, total, found, past) for row in rows]

    def _inside(self, fired: Fired, view: View) -> np.ndarray:
        """Which processes belong to what the alert is about."""
        everything = np.ones(len(view.keys), dtype=bool)
        names = {column.name for column in view.table.columns}
        if fired.table == "process":
            return np.array([key == fired.lane.key for key in view.keys], dtype=bool)
        for own, theirs in (("container_id", "container"), ("workload", "workload")):
            wanted = fired.texts.get(own)
            if wanted and theirs in names and fired.table in ("pod", "container"):
                return np.array([text == wanted for text in view.infos.get(theirs, [])] or everything, dtype=bool)
        return everything

    def _one(
        self, view: View, row: int, values: Numbers, total: float, metric: Metric, past: View | None
    ) -> Contributor:
        value = float(values[row])
        change = self._change(view.keys[row], value, metric, past)
        shown = self._shown(abs(change), metric.unit, metric.rate) if change is not None else ""
        text = _text(view, row)
        return Contributor(
            namespace=text("namespace"),
            pod=text("pod") or text("pod_name") or _workload(text("kind"), text("workload")),
            container=text("container_name") or text("container"),
            pid=_key(view.table, view.keys[row], "pid"),
            command=text("cmdline") or text("comm"),
            value=value,
            text=self._shown(value, metric.unit, metric.rate),
            share=100 * value / total if total > 0 else None,
            change=change,
            change_text=""
            if change is None
            else shown
            if shown.startswith("<")
            else f"{'-' if change < 0 else '+'}{shown}",
        )

    def _change(self, key: tuple[str, ...], value: float, metric: Metric, past: View | None) -> float | None:
        row = past.find(key) if past is not None else None
        if past is None or row is None:
            return None
        before = float(of_rows(metric, past, float("nan"))[row])
        return value - before if np.isfinite(before) else None


def _workload(kind: str, name: str) -> str:
    """What a process belongs to that no inventory has a name for: `user 1000`, or a pod's own id."""
    if kind in ("", "pod", "container"):
        return name
    return kind if name in ("", kind) else f"{kind} {name}"


def _text(view: View, row: int) -> Callable[[str], str]:
    def text(name: str) -> str:
        texts = view.infos.get(name)
        return (texts[row] or "")[:_TEXT] if texts else ""

    return text


def _key(table: Table, key: tuple[str, ...], name: str) -> str:
    return next((text for column, text in zip(table.keys, key, strict=True) if column.name == name), "")
