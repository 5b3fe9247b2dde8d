"""Where a plugin's code runs: inside the program, or, where it did not come with Gobservability, in a worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from gobs_core.plugins.registry import KINDS, SERVER_KINDS, Plugins
from gobs_core.settings.sections import WorkerSettings
from gobs_core.state import PluginState

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
_ELSEWHERE = {
    "agent": "runs in agents; how it fares there is told of each node",
    "server": "runs in the server; how it fares is told there",
}


def apart(settings: WorkerSettings, plugins: Plugins, kind: str, name: str) -> bool:
    """Whether a plugin runs in a worker."""
    origin = plugins.origin(kind, name)
    trusted = name in settings.inside or origin.entry_point in settings.inside
    return settings.foreign and origin.foreign and kind in APART and not trusted


def runs_in(settings: WorkerSettings, plugins: Plugins, kind: str, name: str) -> str:
    """Where its code runs, as it is shown."""
    return WORKER if apart(settings, plugins, kind, name) else INSIDE[kind]


def told_in(program: str, states: Iterable[PluginState]) -> Iterator[PluginState]:
    """Plugins as they are told in `agent` or `server`: what is loaded there and runs in the other one is off."""
    for state in states:
        where = "server" if state.kind in SERVER_KINDS else "agent"
        if state.state == "ok" and where != program and state.kind in KINDS:
            yield msgspec.structs.replace(state, state="off", error=_ELSEWHERE[where], runs_in="")
        else:
            yield state
