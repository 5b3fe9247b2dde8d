"""What is told about a plugin: where it came from, how it fares, what it costs."""

from __future__ import annotations

import msgspec


class PluginState(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin as shown by `gobs plugins`, REST and the dashboard. A value; made anew when anything changes."""

    kind: str
    """collector, sink, profiler, condition, notifier, or `plugin` for an entry point that never got that far."""
    name: str
    distribution: str = ""
    version: str = ""
    state: str = "ok"
    """ok, no data, failing, late, quarantined, broken, disabled, off."""
    error: str = ""
    """The last error in one line; the traceback of a plugin that could not be loaded."""
    runs: int = 0
    failures: int = 0
    drops: int = 0
    duration: float | None = None
    """Seconds the last run took."""
    rows: int | None = None
    unknown: dict[str, str] = {}
    """`table.column` -> why its values are not known here."""
    title: str = ""
    """What people choose it by; of a profiler."""
    targets: tuple[str, ...] = ()
    """What it can be asked about; of a profiler: node, workload, container, process."""
