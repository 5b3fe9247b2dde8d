"""The profiler `perf`: CPU stacks of any process, pod or the node, by Linux's own perf."""

from gobs_collectors.perf.profiler import PerfConfig, PerfProfiler
from gobs_core import Profiler, hookimpl

__all__ = ["PerfConfig", "PerfProfiler", "gobs_register_profilers"]


@hookimpl
def gobs_register_profilers() -> list[type[Profiler]]:
    """Announce it."""
    return [PerfProfiler]
