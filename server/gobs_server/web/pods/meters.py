"""What a pod uses of its CPUs and memory, beside what it is promised and what it may use: as words and as a bar."""

from __future__ import annotations

from math import isnan
from typing import NamedTuple

from gobs_core import Unit
from gobs_server.tables import View
from gobs_server.web.format import UNKNOWN, cell, exact, full
from gobs_server.web.pods.cells import level_of

_NO_LIMIT = "no limit"


class Meter(NamedTuple):
    """One of them, ready to be shown."""

    label: str
    text: str
    title: str
    told: str
    """The request and the limit, in words."""
    bar: float
    """Percent of the bar that is full; the bar is as long as the largest of use, request and limit."""
    request: float | None
    """Where on the bar the request is, in percent."""
    limit: float | None
    over: bool
    """Whether it is nearer to its limit than is good."""


def meters(view: View, row: int) -> list[Meter]:
    """Return CPU and memory of a row of `pod`."""
    cores = level_of(view, "cpu", row) / 100
    cpu = [cores, level_of(view, "cpu_request", row), level_of(view, "cpu_limit", row)]
    memory = [level_of(view, f"memory_{name}", row) for name in ("working_set", "request", "limit")]
    return [
        _meter("CPU", [*cpu], f"{cell(cores, Unit.NONE)} cores", [f"{cell(one, Unit.NONE)} cores" for one in cpu[1:]],
               "" if isnan(cores) else f"{cores:.6g} cores"),
        _meter("Memory", memory, full(memory[0], Unit.BYTES), [full(one, Unit.BYTES) for one in memory[1:]],
               exact(memory[0], Unit.BYTES)),
    ]  # fmt: skip


def _meter(label: str, values: list[float], text: str, bounds: list[str], title: str) -> Meter:
    used, request, limit = values
    whole = max((one for one in values if not isnan(one)), default=0.0)

    def place(value: float) -> float | None:
        return None if isnan(value) or whole <= 0 else round(100 * value / whole, 1)

    promised = f"{bounds[0]} promised" if not isnan(request) else "nothing promised"
    most = f"{bounds[1]} at most" if not isnan(limit) else _NO_LIMIT
    return Meter(
        label=label,
        text=UNKNOWN if isnan(used) else text,
        title=title if not isnan(used) else "not known now",
        told=f"{promised}, {most}",
        bar=place(used) or 0.0,
        request=place(request),
        limit=place(limit),
        over=not isnan(limit) and not isnan(used) and used >= 0.9 * limit,
    )
