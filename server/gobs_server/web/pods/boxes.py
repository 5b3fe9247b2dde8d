"""The containers of one pod, as its page lists them: state, how often and why they ended, what they use of limits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gobs_core import Unit
from gobs_server.tables import View
from gobs_server.web.format import cell
from gobs_server.web.links import link
from gobs_server.web.looking import Looking
from gobs_server.web.pods.cells import level_of, text_of
from gobs_server.web.pods.shown import Number, number
from gobs_server.web.text import visible

_ORDER = ("container", "sidecar", "init", "ephemeral")
_NUMBERS = (
    ("cpu", "CPU", Unit.PERCENT),
    ("cpu_of_limit", "of limit", Unit.PERCENT),
    ("throttled", "throttled", Unit.PERCENT),
    ("working_set", "memory", Unit.BYTES),
    ("memory_of_limit", "of limit", Unit.PERCENT),
    ("oom_kill", "OOM kills", Unit.NONE),
    ("pids", "pids", Unit.ITEMS),
)
HEADINGS = tuple((label, "%" if unit is Unit.PERCENT else "") for _, label, unit in _NUMBERS)
MOST = 100


class Box(NamedTuple):
    """One container, ready to be shown."""

    path: str
    name: str
    role: str
    image: str
    state: str
    ill: bool
    restarts: str
    last: str
    """How it ended the time before; empty: it has not, or nobody tells."""
    limits: str
    """Requests and limits as they were written."""
    numbers: list[Number]


def boxes(node: str, view: View, workload: str, looking: Looking | None = None) -> list[Box]:
    """Return the containers of a workload in a reading of all, those that do its work first."""
    texts = view.infos
    kinds = texts.get("type", [])
    rows = [row for row, key in enumerate(view.keys) if key[0] == workload]
    rows.sort(key=lambda row: (_rank(kinds[row]) if kinds else 0, text_of(view, "name", row), view.keys[row]))
    return [_box(node, view, row, looking) for row in rows[:MOST]]


def _rank(kind: str | None) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _box(node: str, view: View, row: int, looking: Looking | None) -> Box:
    kind, state, reason = (text_of(view, name, row) for name in ("type", "state", "reason"))
    ready, last = text_of(view, "ready", row), text_of(view, "last_reason", row)
    code = level_of(view, "last_exit_code", row)
    ended = ", ".join(filter(None, [last, "" if np.isnan(code) else f"exit code {code:.0f}"])) if last else ""
    fine = (state == "running" and ready != "no") or (state == "terminated" and reason == "Completed") or not state
    restarts = level_of(view, "restarts", row)
    unnamed = "its sandbox, or one the pod does not list" if kind == "unlisted" else view.keys[row][-1][:12]
    return Box(
        path=link(node, view.table, view.keys[row], looking),
        name=visible(text_of(view, "name", row) or unnamed),
        role=visible(kind),
        image=visible(text_of(view, "image", row)),
        state=visible(": ".join(filter(None, [state, reason])) or "not told"),
        ill=not fine,
        restarts=cell(restarts, Unit.ITEMS),
        last=visible(ended),
        limits=visible(text_of(view, "resources", row)),
        numbers=[number(unit, level_of(view, name, row), rate=False) for name, _, unit in _NUMBERS],
    )
