"""What is told about a plugin: where it came from, how it fares, what it costs."""

from __future__ import annotations

import msgspec

MAX_TRACE = 4000


class PluginState(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin as shown by `gobs plugins`, REST and the dashboard. A value; made anew when anything changes."""

    kind: str
    """collector, sink, profiler, condition, notifier, or `plugin` for an entry point that never got that far."""
    name: str
    distribution: str = ""
    version: str = ""
    api: int | None = None
    """The number of the plugin API it is written for; None where it never got that far."""
    state: str = "ok"
    """starting, ok, degraded (read less often: the agent is over its budget), no data, failing, late, quarantined,
    broken, disabled, off."""
    error: str = ""
    """The last error in one line; the traceback of a plugin that could not be loaded."""
    runs: int = 0
    failures: int = 0
    drops: int = 0
    duration: float | None = None
    """Seconds the last run took."""
    rows: int | None = None
    succeeded: float | None = None
    """When it last did what it is there for, in seconds since 1970; None: not since it was started."""
    runs_in: str = ""
    """Where its code runs: `thread` or `loop` of the program itself, or `worker`, its own process; empty: nowhere."""
    pid: int | None = None
    """Of its worker."""
    cpu: float | None = None
    """Seconds of CPU time the last run took, in its thread or its worker."""
    memory: int | None = None
    """Bytes resident in its worker, children included; None: it has none, or that is not known."""
    restarts: int = 0
    """How often its worker was started again; of a profiler, which has one for each recording, how many were lost."""
    trace: str = ""
    """The traceback of the last error, or what its worker printed last; at most MAX_TRACE characters."""
    unknown: dict[str, str] = {}
    """`table.column` -> why its values are not known here."""
    needs: dict[str, bool] = {}
    """What some of its columns need, such as a capability -> whether it is here, as far as it has run."""
    title: str = ""
    """What people choose it by; of a profiler."""
    targets: tuple[str, ...] = ()
    """What it can be asked about; of a profiler: node, workload, container, process."""
