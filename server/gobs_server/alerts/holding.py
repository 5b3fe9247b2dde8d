"""The workers of the server: which conditions and notifiers have one, and what theirs use."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

import msgspec

from gobs_core import GobsError, NotifierConfig, PluginConfig, PluginState, Rejected, TryLater, Unusable
from gobs_core.apart import Apart
from gobs_core.plugins import Plugins
from gobs_core.plugins.places import place_told, written
from gobs_core.plugins.placing import WORKER, runs_in
from gobs_core.settings.sections import WorkerSettings
from gobs_core.state import MAX_TRACE
from gobs_core.suggest import did_you_mean
from gobs_core.text import one_line

if TYPE_CHECKING:
    from gobs_core.workers.worker import Worker
    from gobs_server.alerts.records import ChannelSettings


class Extensions(NamedTuple):
    """The plugins that run in the server, the settings that some were given, by kind and name, and those of workers."""

    plugins: Plugins = Plugins()
    configs: Mapping[tuple[str, str], PluginConfig] = MappingProxyType({})
    workers: WorkerSettings = WorkerSettings()
    unfit: Mapping[str, str] = MappingProxyType({})
    """Notifier -> what is wrong with its section of the settings."""
    named: frozenset[str] = frozenset()
    """The notifiers that have a section in the settings, loaded or not."""

    def channels(self) -> dict[str, NotifierConfig]:
        """The channels the settings make: notifiers that were given any."""
        return {
            name: config
            for (kind, name), config in self.configs.items()
            if kind == "notifier" and isinstance(config, NotifierConfig) and name in self.plugins.notifiers
        }

    def broken(self, channels: Iterable[ChannelSettings]) -> set[str]:
        """The notifiers that the settings would make a channel of, and cannot; `channels` are those there were."""
        known = {state.name for state in self.plugins.failed}
        known |= {one.kind for one in channels if one.origin == "settings"}
        return {*((self.named & known) - self.plugins.notifiers.keys()), *self.unfit}


def why_missing(plugins: Plugins, kind: str, name: str) -> str:
    """Why there is no plugin of that kind and name, as far as anybody knows; in one line."""
    for one in plugins.failed:
        if one.name == name and one.kind in (kind, "plugin"):
            return f"the {kind} {name} is {one.state}: {_last_line(one.error)}"
    broken = [f"{one.name}: {_last_line(one.error)}" for one in plugins.failed if one.state == "broken"]
    hint = f"; these plugins could not be loaded: {', '.join(broken[:3])}" if broken else ""
    return f"there is no {kind} {name} here{did_you_mean(name, plugins.of_kind(kind))}{hint}"


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return one_line(lines[-1]) if lines else "nobody knows why"


def placed(said: str, trace: str) -> str:
    """What an error says, and where its author's code was, where the traceback or the stack tells."""
    return f"{said}{written(place_told(trace))}"


@dataclass(slots=True)
class Tally:
    """What became of a plugin's calls since the server began."""

    runs: int = 0
    failures: int = 0
    duration: float | None = None
    """Seconds that the last one took; None: none was timed."""
    succeeded: float | None = None
    """When one last did its work, in seconds since 1970."""
    cpu: float | None = None
    """Seconds of CPU time of the last one; None: nobody can tell."""
    rows: int | None = None
    """What the last one was about: rows that were judged, alerts that were told."""
    errors: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Whose last call failed, of a notifier a channel's -> in one line and with its traceback, without secrets."""

    def worked(self, seconds: float, rows: int, who: str = "", cpu: float | None = None) -> None:
        """Note how a call ended that did its work."""
        self.duration, self.succeeded, self.rows, self.cpu = seconds, time.time(), rows, cpu
        self.errors.pop(who, None)

    def failed(self, error: BaseException, clean: Callable[[str], str], who: str = "") -> None:
        """Note what a call raised; `clean` takes secrets out."""
        self.failures += 1
        trace = trace_of(error)
        self.errors[who] = one_line(clean(said_by(error, trace))), clean(trace)[-MAX_TRACE:]


def trace_of(error: BaseException) -> str:
    """Where an error came from: in its worker, where it has one that told; else here."""
    return getattr(error, "trace", "") or "".join(traceback.format_exception(error))


def said_by(error: BaseException, trace: str = "") -> str:
    """What an error says: the texts of our own are complete; of others with its type and its place."""
    if isinstance(error, (TryLater, Rejected, Unusable)):
        return str(error)
    own = isinstance(error, GobsError) or (isinstance(error, TimeoutError) and str(error))
    said = str(error) if own else f"{type(error).__name__}: {error}".rstrip(": ")
    return placed(said, trace or trace_of(error))


class _Spent(NamedTuple):
    """What the workers of a plugin have used."""

    lives: int
    runs: int
    cpu: float


class Holding:
    """Makes workers. Lives as long as the server; what it made is closed by those who asked for it."""

    def __init__(
        self, plugins: Plugins, settings: WorkerSettings | None = None, redact: Callable[[str], str] = str
    ) -> None:
        self._plugins = plugins
        self.redact = redact
        """Takes the settings' secrets out of a text."""
        self._settings = settings or WorkerSettings()
        self._apart = Apart(self._settings, plugins)
        self._made: dict[tuple[str, str], WeakSet[Worker]] = {}
        self._spent: dict[tuple[str, str], tuple[_Spent, float | None]] = {}

    def worker(self, kind: str, name: str, config: object, about: Mapping[str, Any] | None = None) -> Worker | None:
        """A worker for a plugin; None for one that runs inside."""
        if not self._apart.holds(kind, name):
            return None
        made = self._apart.worker(kind, name, config, about or {})
        self._made.setdefault((kind, name), WeakSet()).add(made)
        return made

    def why_missing(self, kind: str, name: str) -> str:
        """Why there is no plugin of that kind and name."""
        return self.redact(why_missing(self._plugins, kind, name))

    def watch(self) -> None:
        """Look at what they use."""
        for workers in self._made.values():
            for worker in list(workers):
                worker.watch()

    def state(
        self,
        kind: str,
        name: str,
        state: str,
        error: str,
        tally: Tally | None = None,
        trace: str | None = None,
        printed: str | None = None,
    ) -> PluginState:
        """How a plugin fares: of several workers of one plugin, what they use together.

        `trace` is what belongs to `error`; without it, what any of its workers said last. `printed` likewise.
        """
        tally = tally or Tally()
        workers = list(self._made.get((kind, name), ()))
        where = runs_in(self._settings, self._plugins, kind, name)
        told = self._plugins.state(kind, name, state, error)
        found = msgspec.structs.replace(
            told,
            runs_in=where,
            runs=tally.runs,
            failures=tally.failures,
            duration=tally.duration,
            succeeded=tally.succeeded,
            rows=tally.rows,
            cpu=tally.cpu,
            trace=trace or "",
        )
        if where != WORKER:
            return found
        pids = [worker.pid for worker in workers if worker.pid is not None]
        if trace is None:
            trace = self.redact(next((worker.trace for worker in workers if worker.trace), "")) if error else ""
        if printed is None:
            printed = next(filter(None, (worker.printed(self.redact) for worker in workers)), "")
        used = [one for worker in workers if (one := worker.figures()) is not None]
        lives = sum(worker.starts for worker in workers)
        return msgspec.structs.replace(
            found,
            pid=pids[0] if len(pids) == 1 else None,
            memory=sum(one.memory for one in used) if used else None,
            cpu=self._cpu_of_a_run((kind, name), _Spent(lives, tally.runs, sum(one.cpu for one in used))),
            restarts=sum(max(worker.starts - 1, 0) for worker in workers),
            trace=trace,
            printed=printed,
        )

    def _cpu_of_a_run(self, which: tuple[str, str], now: _Spent) -> float | None:
        """CPU time of a run, averaged over those since it was looked last; the time a worker takes to start is none."""
        before, known = self._spent.get(which, (now, None))
        if now.lives != before.lives or now.cpu < before.cpu:
            known = None
        elif now.runs > before.runs:
            known = (now.cpu - before.cpu) / (now.runs - before.runs)
        self._spent[which] = now, known
        return known
