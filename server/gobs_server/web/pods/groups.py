"""Pods taken together by a text they share: how many, how they fare, and what they use of what they are promised."""

from __future__ import annotations

import numpy as np

from gobs_core import Unit
from gobs_server.web.lists import Field, Rows, Sheet
from gobs_server.web.lists.sheet import Numbers, Texts
from gobs_server.web.pods.health import UNHEALTHY
from gobs_server.web.pods.sheet import PodSheet

_PERCENT, _BYTES = Unit.PERCENT, Unit.BYTES
_SHARES = {
    "cpu_of_request": ("cpu", "cpu_request", 1.0),
    "cpu_of_limit": ("cpu", "cpu_limit", 1.0),
    "memory_of_request": ("memory", "memory_request", 100.0),
    "memory_of_limit": ("memory", "memory_limit", 100.0),
}
"""What of each share is used, of what, and what makes it percent: CPU use is in percent of a core already."""


def _number(name: str, label: str, unit: Unit = Unit.NONE, help_: str = "", *, rate: bool = False) -> Field:
    return Field(name, label, "number", unit, rate, help_)


COUNTED = (
    _number("pods", "pods", Unit.ITEMS, "Pods that are taken together"),
    _number("unhealthy", "unhealthy", Unit.ITEMS, "Those of them that are not as they should be"),
    _number("ready", "ready", Unit.ITEMS, "Their containers that are ready"),
    _number("wanted", "containers", Unit.ITEMS, "Containers there should be"),
    _number("restarts", "restarts", Unit.ITEMS, "Restarts of their containers"),
    _number("cpu", "CPU", _PERCENT, "CPU use, of one core"),
    _number("cpu_of_request", "of request", _PERCENT, "CPU use of those that are promised some, of what they are"),
    _number("cpu_of_limit", "of limit", _PERCENT, "CPU use of those that have a limit, of their limits"),
    _number("memory", "Memory", _BYTES, "Memory that counts against their limits"),
    _number("memory_of_request", "of request", _PERCENT, "Memory of those that are promised some, of what they are"),
    _number("memory_of_limit", "of limit", _PERCENT, "Memory of those that have a limit, of their limits"),
    _number("net_in", "Net in", _BYTES, "Received; without those in their node's own network", rate=True),
    _number("net_out", "Net out", _BYTES, "Sent; without those in their node's own network", rate=True),
    _number("disk_read", "Disk read", _BYTES, "Read from storage", rate=True),
    _number("disk_write", "Disk write", _BYTES, "Written to storage", rate=True),
)


def grouped(pods: PodSheet, rows: Rows, field: Field) -> Sheet:
    """Return a sheet with one row for each text that these pods have in a field; what nobody has told is one too."""
    texts = pods.texts(field.name)
    places: dict[str | None, int] = {}
    group = np.array([places.setdefault(texts[row], len(places)) for row in rows.tolist()], dtype=np.intp)
    return Sheet(
        [Field("group", field.label, "key", help=field.help), *COUNTED],
        len(places),
        lambda _name: list[str | None](places),
        _Sums(pods, rows, group, len(places)).numbers,
    )


class _Sums:
    """The numbers of one grouping; a sum is of what is known, and not known where nothing is."""

    def __init__(self, pods: PodSheet, rows: Rows, group: Rows, count: int) -> None:
        self._pods, self._rows, self._group, self._count = pods, rows, group, count

    def numbers(self, name: str) -> Numbers:
        if name == "pods":
            return self._sum(np.ones(len(self._rows)))
        if name == "unhealthy":
            return self._sum(self._ill(self._pods.texts("health")))
        if name in _SHARES:
            used, of, factor = _SHARES[name]
            return self._share(self._of(used), self._of(of)) * factor
        return self._sum(self._of(name))

    def _of(self, name: str) -> Numbers:
        return self._pods.numbers(name)[self._rows]

    def _ill(self, health: Texts) -> Numbers:
        known = {UNHEALTHY: 1.0, None: np.nan}
        return np.array([known.get(health[row], 0.0) for row in self._rows.tolist()])

    def _share(self, used: Numbers, of: Numbers) -> Numbers:
        """Return used over what there is, of the pods that tell both alone: the others would make it look fuller."""
        both = ~(np.isnan(used) | np.isnan(of))
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self._sum(np.where(both, used, np.nan)) / self._sum(np.where(both, of, np.nan))
        found[~np.isfinite(found)] = np.nan
        return found

    def _sum(self, values: Numbers) -> Numbers:
        known = ~np.isnan(values)
        count = np.bincount(self._group[known], minlength=self._count)
        total = np.bincount(self._group[known], values[known], self._count).astype(np.float64)
        total[count == 0] = np.nan
        return total
