"""Control groups: what the kernel counts of every container, its limits, and what it waits for."""

from __future__ import annotations

from gobs_collectors.cgroup.collector import CgroupCollector
from gobs_collectors.cgroup.tables import CONTAINER
from gobs_core import Collector, hookimpl

__all__ = ["CONTAINER", "CgroupCollector", "gobs_register_collectors"]


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce the collector."""
    return [CgroupCollector]
