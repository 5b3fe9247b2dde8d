"""/proc/PID of every process: what each does, and what all processes of a workload do together."""

from __future__ import annotations

from gobs_collectors.process.collector import ProcessCollector
from gobs_collectors.process.tables import POD, PROCESS
from gobs_core import Collector, hookimpl

__all__ = ["POD", "PROCESS", "ProcessCollector", "gobs_register_collectors"]


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce the collector."""
    return [ProcessCollector]
