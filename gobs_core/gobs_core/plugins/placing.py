"""Where a plugin's code runs: inside the program, or, where it did not come with Gobservability, in a worker."""

from __future__ import annotations

from gobs_core.plugins.registry import Plugins
from gobs_core.settings.sections import WorkerSettings

LOOP, THREAD, WORKER = "loop", "thread", "worker"
INSIDE = {
    "collector": THREAD,
    "sink": LOOP,
    "inventory": THREAD,
    "profiler": LOOP,
    "condition": LOOP,
    "notifier": LOOP,
}
"""Kind -> where one runs that runs inside."""
APART = frozenset({"collector", "condition", "inventory", "notifier", "profiler", "sink"})
"""Kinds that a worker can hold."""


def apart(settings: WorkerSettings, plugins: Plugins, kind: str, name: str) -> bool:
    """Whether a plugin runs in a worker."""
    origin = plugins.origin(kind, name)
    trusted = name in settings.inside or origin.entry_point in settings.inside
    return settings.foreign and origin.foreign and kind in APART and not trusted


def runs_in(settings: WorkerSettings, plugins: Plugins, kind: str, name: str) -> str:
    """Where its code runs, as it is shown."""
    return WORKER if apart(settings, plugins, kind, name) else INSIDE[kind]
