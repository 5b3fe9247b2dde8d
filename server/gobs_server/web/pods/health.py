"""Whether a pod is as it should be, and how its state is called: as `kubectl get pods` would, in one word."""

from __future__ import annotations

from datetime import datetime
from math import isnan

OK, UNHEALTHY = "ok", "unhealthy"
_DONE = frozenset({"Succeeded", "Completed"})
_STARTING = frozenset({"ContainerCreating", "PodInitializing", "Pending"})
_ENDING = frozenset({"Terminating", "Deleted"})
SLOW_START = 120.0
"""Seconds a pod may take until it is ready before that is worth a look."""


def status(phase: str | None, reason: str | None) -> str | None:
    """Return its state in one word; None: nobody has told of it."""
    return reason or phase or None


def health(state: str | None, phase: str | None, ready: float, wanted: float, age: float) -> str | None:
    """Return OK or UNHEALTHY, given its status, containers and seconds since it began; None: not known."""
    if state is None:
        return None
    if state in _DONE or state in _ENDING:
        return OK
    young = age < SLOW_START
    if state in _STARTING:
        return OK if young else UNHEALTHY
    if phase != "Running" or state != "Running":
        return UNHEALTHY
    if isnan(ready) or isnan(wanted) or ready >= wanted or young:
        return OK
    return UNHEALTHY


def began(started: str | None) -> float:
    """Return when it was taken up, in seconds since 1970; NaN: not known."""
    try:
        return datetime.fromisoformat(started or "").timestamp()
    except (ValueError, OverflowError):
        return float("nan")
