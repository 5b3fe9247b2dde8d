"""The agent's own tables: how its plugins fare, and what it costs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from gobs_core.agent.outbox import Outbox
from gobs_core.doctor import Finding
from gobs_core.errors import NoData
from gobs_core.proc import Proc
from gobs_core.state import STATES, PluginState
from gobs_core.table import Cell, RowValues, Table, counter, gauge, info, key
from gobs_core.text import one_line
from gobs_core.thresholds import Thresholds
from gobs_core.units import Unit

_STATES = ", ".join(STATES)
COLLECTOR = Table(
    "collector",
    "How the agent's collectors fare",
    [
        key("collector", "Name of the collector"),
        gauge("duration", "How long its last run took", Unit.SECONDS, scale=1e-6),
        gauge("rows", "Rows it yielded at its last run", Unit.ITEMS, scale=1),
        counter("runs", "Runs since the agent started"),
        counter("failures", "Runs that failed or were over their deadline"),
        info("outcome", _STATES),
        info("error", "What its last run had to say, where it was not ok"),
        gauge("cpu", "CPU time of its last run", Unit.SECONDS, scale=1e-6, source="clock_gettime(2), /proc/PID/stat"),
        info("runs_in", "Where it runs: in a thread of the agent, or in a worker, a process of its own"),
        gauge("memory", "Resident memory of its worker", Unit.BYTES, scale=1, source="/proc/PID/statm"),
        counter("restarts", "Times its worker was started again"),
    ],
)
SINK = Table(
    "sink",
    "How the agent's sinks fare",
    [
        key("sink", "Name of the sink"),
        counter("sent", "Frames it took"),
        counter("dropped", "Frames dropped because its queue was full, and those the sink itself gave up"),
        counter("failures", "Frames it failed to take, and failed attempts to open it"),
        gauge("queued", "Frames that wait for it", Unit.ITEMS, scale=1),
        gauge("acknowledged", "The last frame its peer said it took, where there is such a peer", scale=1),
    ],
)
AGENT = Table(
    "agent",
    "What the agent itself costs",
    [
        gauge("rss", "Resident memory of its process", Unit.BYTES, scale=1, source="/proc/self/statm"),
        counter("cpu", "CPU time of its process, user and system", Unit.SECONDS, scale=1e-6, source="clock_gettime(2)"),
        gauge("descriptors", "Open file descriptors of its process", Unit.ITEMS, scale=1, source="/proc/self/fd"),
        counter("late", "Ticks that were skipped because one before took too long"),
    ],
)
SIGHT = Table(
    "sight",
    "What the agent can and cannot see here, and what would change it: as `gobs doctor` tells",
    [
        key("what", "What was looked for"),
        info("state", "ok, limited, none"),
        info("found", "What there is"),
        info("lost", "What is not seen for it"),
        info("change", "The chart value, flag or setting that would change it"),
    ],
)
PLUGIN = Table(
    "plugin",
    "How every plugin of this node fares, whatever its kind: read each minute, and when one fares otherwise",
    [
        key("kind", "collector, sink, inventory, profiler; `plugin`: it never got as far as having a kind"),
        key("plugin", "Its name"),
        info("state", _STATES),
        info("error", "What it said last, where it is not ok"),
        info("runs_in", "Where its code runs: thread or loop of the agent, or worker, a process of its own"),
        info("distribution", "The distribution it came with"),
        info("version", "The version of that"),
        info("api", "Number of the plugin API it is written for"),
        gauge(
            "trouble",
            "1 while it does not do its work: degraded, failing, late, quarantined or broken; else 0",
            scale=1,
            thresholds=Thresholds(warning=0),
        ),
        counter("runs", "What it was asked: readings, frames, recordings, lists of workloads"),
        counter("failures", "What it failed at"),
        counter("drops", "Frames that it did not take"),
        counter("restarts", "Times its worker was started again"),
        gauge("rows", "Rows of its last run: of a profiler its samples, of an inventory its workloads", Unit.ITEMS,
              scale=1),
        gauge("duration", "How long its last run took", Unit.SECONDS, scale=1e-6),
        gauge("cpu", "CPU time of its last run", Unit.SECONDS, scale=1e-6, source="clock_gettime(2), /proc/PID/stat"),
        gauge("memory", "Resident memory of its worker", Unit.BYTES, scale=1, source="/proc/PID/statm"),
        gauge("idle", "How long ago it last did its work, when this was read", Unit.SECONDS, scale=1e-3),
        gauge("needs", "Things that some of its values need, such as a capability", Unit.ITEMS, scale=1),
        gauge("lacking", "How many of them are not here", Unit.ITEMS, scale=1),
    ],
)  # fmt: skip
OWN_TABLES = (AGENT, COLLECTOR, PLUGIN, SIGHT, SINK)

_LONGEST = 200
"""Characters of a name that a stranger chose."""
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def collector_rows(states: Iterable[PluginState]) -> tuple[RowValues, ...]:
    """One row for each collector, of how it fares."""
    return tuple(map(_collector_row, states))


def plugin_rows(states: Iterable[PluginState], wall: float) -> tuple[RowValues, ...]:
    """One row for each plugin; of two that claim one name, which both are broken for it, the first. `wall`: now."""
    found = {(state.kind, state.name): state for state in reversed(tuple(states))}
    return tuple(_plugin_row(state, wall) for state in reversed(found.values()))


def sight_rows(findings: Iterable[Finding]) -> tuple[RowValues, ...]:
    """One row for each finding."""
    return tuple((one.what, one.state, one.found, one.lost or None, one.change or None) for one in findings)


def sink_rows(outboxes: Iterable[Outbox]) -> tuple[RowValues, ...]:
    """One row for each sink."""
    return tuple(
        (box.name, box.sent, box.state.drops, box.state.failures, box.queued, box.acknowledged) for box in outboxes
    )


def agent_row(late: int, own: Proc) -> RowValues:
    """The one row of the agent's process; `own` is the /proc it runs under, which may be another than it watches."""
    return (_rss(own), _cpu(), _descriptors(own), late)


def _collector_row(state: PluginState) -> RowValues:
    return (
        state.name,
        _micros(state.duration),
        state.rows,
        state.runs,
        state.failures,
        state.state,
        state.error or None,
        _micros(state.cpu),
        state.runs_in or None,
        state.memory,
        state.restarts,
    )


def _plugin_row(state: PluginState, wall: float) -> RowValues:
    lines = state.error.strip().splitlines()
    known = STATES.get(state.state)
    return (
        one_line(state.kind, _LONGEST),
        one_line(state.name, _LONGEST),
        state.state,
        one_line(lines[-1]) if lines else None,
        state.runs_in or None,
        one_line(state.distribution, _LONGEST) or None,
        one_line(state.version, _LONGEST) or None,
        None if state.api is None else str(state.api),
        int(known is not None and not known.at_work),
        state.runs,
        state.failures,
        state.drops,
        state.restarts,
        state.rows,
        _micros(state.duration),
        _micros(state.cpu),
        state.memory,
        None if state.succeeded is None else round(max(wall - state.succeeded, 0.0) * 1000),
        len(state.needs),
        sum(not here for here in state.needs.values()),
    )


def _micros(seconds: float | None) -> Cell:
    return None if seconds is None else round(seconds * 1e6)


def _rss(own: Proc) -> Cell:
    try:
        return int(own.read("self/statm").split()[1]) * _PAGE
    except (NoData, OSError, ValueError, IndexError):
        return None


def _cpu() -> Cell:
    return time.process_time_ns() // 1000


def _descriptors(own: Proc) -> Cell:
    try:
        return own.stat("self/fd").st_size or len(own.names("self/fd"))
    except (NoData, OSError):
        return None
