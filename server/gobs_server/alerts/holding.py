"""The workers of the server: which conditions and notifiers have one, and what theirs use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

import msgspec

from gobs_core import PluginConfig, PluginState
from gobs_core.apart import Apart
from gobs_core.plugins import Plugins
from gobs_core.plugins.placing import WORKER, runs_in
from gobs_core.settings.sections import WorkerSettings

if TYPE_CHECKING:
    from gobs_core.workers.worker import Worker


class Extensions(NamedTuple):
    """The plugins that run in the server, the settings that some were given, by kind and name, and those of workers."""

    plugins: Plugins = Plugins()
    configs: Mapping[tuple[str, str], PluginConfig] = MappingProxyType({})
    workers: WorkerSettings = WorkerSettings()


@dataclass(slots=True)
class Tally:
    """What became of a plugin's calls since the server began."""

    runs: int = 0
    failures: int = 0


class Holding:
    """Makes workers. Lives as long as the server; what it made is closed by those who asked for it."""

    def __init__(self, plugins: Plugins, settings: WorkerSettings | None = None) -> None:
        self._plugins = plugins
        self._settings = settings or WorkerSettings()
        self._apart = Apart(self._settings, plugins)
        self._made: dict[tuple[str, str], WeakSet[Worker]] = {}

    def worker(self, kind: str, name: str, config: object, about: Mapping[str, Any] | None = None) -> Worker | None:
        """A worker for a plugin; None for one that runs inside."""
        if not self._apart.holds(kind, name):
            return None
        made = self._apart.worker(kind, name, config, about or {})
        self._made.setdefault((kind, name), WeakSet()).add(made)
        return made

    def watch(self) -> None:
        """Look at what they use."""
        for workers in self._made.values():
            for worker in list(workers):
                worker.watch()

    def state(
        self, kind: str, name: str, state: str, error: str, tally: Tally | None = None, trace: str | None = None
    ) -> PluginState:
        """How a plugin fares: of several workers of one plugin, what they use together.

        `trace` is what belongs to `error`; without it, what any of its workers said last.
        """
        tally = tally or Tally()
        workers = list(self._made.get((kind, name), ()))
        where = runs_in(self._settings, self._plugins, kind, name)
        told = self._plugins.state(kind, name, state, error)
        found = msgspec.structs.replace(told, runs_in=where, runs=tally.runs, failures=tally.failures)
        if where != WORKER:
            return found
        pids = [worker.pid for worker in workers if worker.pid is not None]
        if trace is None:
            trace = next((worker.trace for worker in workers if worker.trace), "") if error else ""
        used = [one.memory for worker in workers if (one := worker.figures()) is not None]
        return msgspec.structs.replace(
            found,
            pid=pids[0] if len(pids) == 1 else None,
            memory=sum(used) if used else None,
            restarts=sum(max(worker.starts - 1, 0) for worker in workers),
            trace=trace,
        )
