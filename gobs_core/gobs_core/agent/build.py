"""From settings and classes to the objects of one agent: which run, which do not, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec

from gobs_core.agent.clock import NANO, Clock
from gobs_core.agent.inventories import Listener
from gobs_core.agent.outbox import Outbox
from gobs_core.agent.recordings import Recorder
from gobs_core.agent.runner import Runner
from gobs_core.apart import Apart
from gobs_core.collector import Context
from gobs_core.plugin import Plugin
from gobs_core.plugins import KINDS, Plugins
from gobs_core.plugins.placing import runs_in
from gobs_core.proc import Proc
from gobs_core.settings import Settings
from gobs_core.settings.lacking import said, why_unwanted
from gobs_core.sink import Sink, Source
from gobs_core.state import PluginState
from gobs_core.text import one_line
from gobs_core.workloads import Workloads


class Chosen(NamedTuple):
    """What became of the classes of one kind."""

    running: tuple[Any, ...]
    idle: tuple[PluginState, ...]


def build_runners(
    settings: Settings,
    plugins: Plugins,
    proc: Proc,
    clock: Clock,
    redact: Callable[[str], str],
    workloads: Workloads,
    *,
    workers: Apart | None = None,
) -> Chosen:
    """A Runner for every collector that is to run; `workers`: makes the processes of those of others."""
    context = Context(node=settings.agent.node, workloads=workloads)

    def make(cls: Any, config: Any, state: PluginState) -> Runner:
        # Another process would find a recording, or a machine with simulated pods, under no path.
        if workers is not None and type(proc) is Proc and workers.holds("collector", cls.name):
            from gobs_core.agent.far import FarRunner

            about = {"proc": str(proc.root), "sys": str(proc.sys), "node": settings.agent.node}
            worker = workers.worker("collector", cls.name, config, about, lambda: clock.monotonic_ns() / NANO)
            return FarRunner(cls, config, worker, clock, state, redact, workloads)
        made = _runner_at(proc, foreign=plugins.origin("collector", cls.name).foreign)
        return made(cls(config, context), proc.clone(), clock.of(cls.name), state, redact)

    return _build("collector", settings, plugins, make, redact, lambda _: "")


def _runner_at(proc: Proc, *, foreign: bool) -> type[Runner]:
    """Of others' collectors, what they ask past a Proc that is recorded or replayed is looked at."""
    if proc.live or not foreign:
        return Runner
    from gobs_core.replay.watched import WatchedRunner

    return WatchedRunner


def build_inventories(
    settings: Settings,
    plugins: Plugins,
    workloads: Workloads,
    redact: Callable[[str], str],
    *,
    quiet: bool = False,
    workers: Apart | None = None,
    clock: Clock | None = None,
) -> Chosen:
    """A Listener for every inventory that is to run; `workers`: makes the processes of those of others."""

    def make(cls: Any, config: Any, state: PluginState) -> Listener:
        if workers is not None and workers.holds("inventory", cls.name):
            from gobs_core.agent.far_inventory import FarListener

            now = (clock or Clock()).monotonic_ns
            about = {"node": settings.agent.node}
            worker = workers.worker("inventory", cls.name, config, about, lambda: now() / NANO)
            return FarListener(cls, worker, state, workloads, redact, now=now)
        return Listener(cls(config, settings.agent.node), state, workloads, redact, quiet=quiet)

    return _build("inventory", settings, plugins, make, redact, lambda _: "")


def build_recorders(
    settings: Settings,
    plugins: Plugins,
    proc: Proc,
    redact: Callable[[str], str],
    *,
    workers: Apart | None = None,
    clock: Clock | None = None,
) -> Chosen:
    """A Recorder for every profiler that is to run; `workers`: makes the processes of those of others."""

    def make(cls: Any, config: Any, state: PluginState) -> Recorder:
        told = msgspec.structs.replace(state, title=one_line(cls.title), targets=tuple(cls.kinds))
        if workers is not None and type(proc) is Proc and workers.holds("profiler", cls.name):
            from gobs_core.agent.far_profiler import FarRecorder

            about = {"proc": str(proc.root), "sys": str(proc.sys)}
            start = partial(workers.worker, "profiler", cls.name, config, about)
            return FarRecorder(cls, config, start, told, redact, now=(clock or Clock()).monotonic_ns)
        return Recorder(cls(config, proc.clone()), told, redact)

    return _build("profiler", settings, plugins, make, redact, lambda _: "")


def build_outboxes(
    settings: Settings, plugins: Plugins, source: Source, redact: Callable[[str], str], workers: Apart
) -> Chosen:
    """An Outbox for every sink that is to run in the agent."""

    def make(cls: Any, config: Any, state: PluginState) -> Outbox:
        if workers.holds("sink", cls.name):
            from gobs_core.agent.far_sink import far_outbox
            from gobs_core.workers.serve_sink import told_of

            worker = workers.worker("sink", cls.name, config, told_of(source))
            return far_outbox(cls, config, source, worker, state, redact)
        return Outbox(cls(config, source), state, redact)

    return _build("sink", settings, plugins, make, redact, lambda cls: why_unwanted(cls, settings))


def idle_states(settings: Settings, plugins: Plugins) -> tuple[PluginState, ...]:
    """Every plugin as it would start: `ok`, or why it would not run."""
    now = {
        (kind, name): _unless(why_unwanted(cls, settings) if issubclass(cls, Sink) else "", state)
        for kind in KINDS
        for name, cls, state in _states(kind, settings, plugins)
    }
    return tuple(now.get((state.kind, state.name), state) for state in plugins.states())


def _build(
    kind: str,
    settings: Settings,
    plugins: Plugins,
    make: Callable[[Any, Any, PluginState], Any],
    redact: Callable[[str], str],
    why_not: Callable[[Any], str],
) -> Chosen:
    running: list[Any] = []
    idle: list[PluginState] = []
    for name, cls, state in _states(kind, settings, plugins):
        state = _unless(why_not(cls), state)
        if state.state != "ok":
            idle.append(state)
            continue
        try:
            running.append(make(cls, settings.config(kind, cls), state))
        except Exception as error:  # noqa: BLE001  a constructor that raises costs its own plugin alone
            reason = one_line(redact(f"{type(error).__name__}: {error}"))
            idle.append(plugins.state(kind, name, "broken", reason))
    return Chosen(tuple(running), tuple(idle))


def _unless(unwanted: str, state: PluginState) -> PluginState:
    """The state, unless it is not wanted, and so is off whatever it lacks besides."""
    if not unwanted or state.state == "disabled":
        return state
    besides = f"; {state.error}" if state.state == "broken" else ""
    return msgspec.structs.replace(state, state="off", error=unwanted + besides, runs_in="")


def _states(kind: str, settings: Settings, plugins: Plugins) -> Iterator[tuple[str, type[Plugin], PluginState]]:
    for name, cls in plugins.of_kind(kind).items():
        missing = settings.incomplete.get((kind, name))
        if missing and kind == "notifier":  # which others may be made of on the pages, whatever the file says
            none = f"no channel of it in these settings, where it needs {missing}; others are made on the pages"
            yield (
                name,
                cls,
                msgspec.structs.replace(
                    plugins.state(kind, name, "ok", none),
                    runs_in=runs_in(settings.plugins.workers, plugins, kind, name),
                ),
            )
        elif missing:
            yield name, cls, plugins.state(kind, name, "broken", said(missing))
        elif not settings.config(kind, cls).enabled:
            yield name, cls, plugins.state(kind, name, "disabled", "switched off by its setting `enabled`")
        else:
            where = runs_in(settings.plugins.workers, plugins, kind, name)
            yield name, cls, msgspec.structs.replace(plugins.state(kind, name), runs_in=where)
