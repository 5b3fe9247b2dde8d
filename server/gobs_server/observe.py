"""How the server itself fares: what its gauges show, and how late its event loop runs."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections import Counter
from collections.abc import Callable

from gobs_server.db import NodeWriter, Store
from gobs_server.history import History
from gobs_server.ingest import Filling, Sessions
from gobs_server.live import Live
from gobs_server.metrics import Gauge, Metrics

_EVERY = 0.5


class LoopLag:
    """Measures how late the event loop runs what is due."""

    def __init__(self) -> None:
        self.last = 0.0
        """Seconds."""
        self.most = 0.0

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EVERY
            await asyncio.sleep(_EVERY)
            self.last = max(0.0, loop.time() - due)
            self.most = max(self.most, self.last)


def watch(
    metrics: Metrics,
    live: Live,
    history: History,
    sessions: Sessions,
    filling: Filling,
    store: Store,
    nodes: NodeWriter,
    lag: LoopLag,
) -> None:
    """Let the metrics ask the parts of the server."""
    started = time.time()
    for name, value in (
        ("gobs_server_streams", lambda: float(len(sessions))),
        ("gobs_server_history_bytes", lambda: float(history.bytes)),
        ("gobs_server_history_evicted_segments", lambda: float(history.evicted)),
        ("gobs_server_fill_queue_bytes", lambda: float(filling.bytes)),
        ("gobs_server_loop_lag_seconds", lambda: lag.last),
        ("gobs_server_loop_lag_max_seconds", lambda: lag.most),
        ("gobs_server_database_up", lambda: float(not store.fault)),
        ("gobs_server_database_failures", lambda: float(store.failures + nodes.failures)),
        ("gobs_server_resident_bytes", _resident),
        ("gobs_server_cpu_seconds", _cpu),
        ("gobs_server_start_time_seconds", lambda: started),
    ):
        metrics.watch(name, _alone(value))
    metrics.watch("gobs_server_nodes", lambda: _by_state(live))


def _alone(value: Callable[[], float]) -> Gauge:
    return lambda: {(): value()}


def _by_state(live: Live) -> dict[tuple[tuple[str, str], ...], float]:
    counts = Counter(node.state for node in live.nodes())
    return {(("state", state),): float(counts[state]) for state in ("fresh", "stale", "down")}


def _resident() -> float:
    """Bytes; NaN where there is no /proc."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return float(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    except OSError:
        return float("nan")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
