"""What has happened to a pod in the time that is kept: restarts with their reasons, and when it was not ready."""

from __future__ import annotations

from math import isnan
from typing import NamedTuple

import numpy as np

from gobs_server.history import Past, TooMuch, Wanted
from gobs_server.tables import View
from gobs_server.web.text import visible

MOST = 30
"""Changes that are shown, the newest first."""
_LOOKED_AT = 8
"""Restarts that are looked into for their reasons, the newest first: each decodes a minute of the past."""


class Change(NamedTuple):
    """One thing that happened."""

    at: float
    """Seconds since 1970."""
    text: str
    bad: bool


def changes(past: Past, workload: str) -> list[Change]:
    """Return what happened, the newest first. Decodes what is kept: call it beside the event loop."""
    span = past.span()
    if span is None:
        return []
    names = ("restarts", "containers_ready", "containers_wanted")
    try:
        found = past.lines([Wanted("pod", name, (workload,), rate=False) for name in names], *span).get("pod")
    except (KeyError, TooMuch):
        return []
    if found is None or not len(found.times):
        return []
    times = found.times.tolist()
    restarts, ready, wanted = (line.tolist() for line in found.values)
    seen = [*_restarts(past, workload, times, restarts), *_ready(times, ready, wanted)]
    known = np.flatnonzero(~np.isnan(found.values[0]) | ~np.isnan(found.values[1]))
    if len(known) and times[known[0]] > span[0] + 1:
        seen.append(Change(times[known[0]], "it was first seen here", bad=False))
    return sorted(seen, reverse=True)[:MOST]


def _restarts(past: Past, workload: str, times: list[float], counts: list[float]) -> list[Change]:
    steps = []
    before = float("nan")
    for at, count in zip(times, counts, strict=True):
        if not isnan(count):
            if count > before:
                steps.append((at, int(count - before)))
            before = count
    found = []
    for place, (at, more) in enumerate(reversed(steps)):
        why = _why(past.at("container", at), workload) if place < _LOOKED_AT else ""
        times_ = "restarted" if more == 1 else f"restarted {more} times"
        found.append(Change(at, f"{times_}{why and ': '}{why}", bad=True))
    return found


def _why(view: View | None, workload: str) -> str:
    """Return how the containers of a pod that were restarted had ended, as the reading after it tells."""
    if view is None:
        return ""
    infos = view.public.infos
    told = []
    for row, key in enumerate(view.keys):
        reason = (infos.get("last_reason") or [None] * len(view.keys))[row]
        if key[0] == workload and reason:
            name = (infos.get("name") or [None] * len(view.keys))[row] or "a container"
            code = float(view.level("last_exit_code")[row]) if "last_exit_code" in view.values else float("nan")
            told.append(visible(f"{name} {reason}" + ("" if isnan(code) else f", exit code {code:.0f}")))
    return "; ".join(told[:4])


def _ready(times: list[float], ready: list[float], wanted: list[float]) -> list[Change]:
    found = []
    before: bool | None = None
    for at, has, should in zip(times, ready, wanted, strict=True):
        if isnan(has) or isnan(should):
            continue
        now = has >= should
        if before is not None and now != before:
            text = "ready again" if now else "not ready"
            found.append(Change(at, f"{text}: {has:.0f} of {should:.0f} containers are", bad=not now))
        before = now
    return found
