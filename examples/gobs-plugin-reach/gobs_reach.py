"""Reach: whether the ports of other machines take connections from this node, and how soon."""

import socket
import time
from collections.abc import Iterator
from typing import ClassVar

from gobs_core import Collector, CollectorConfig, Duration, Missing, Proc, Rows, Table, Unit, gauge, hookimpl, info, key

REACH = Table(
    "reach",
    "Ports of other machines, as they are reached from this node",
    [
        key("target", "HOST:PORT"),
        gauge("up", "1 where it took the connection", scale=1, source="connect(2)"),
        gauge("connect", "How long connecting took", Unit.SECONDS, scale=1e-6, source="connect(2)"),
        info("error", "Why it was not reached"),
    ],
)


class ReachConfig(CollectorConfig, frozen=True, kw_only=True):
    """Settings under `[collectors.reach]`."""

    targets: tuple[str, ...] = ()
    """HOST:PORT of each, e.g. `db.example.org:5432`."""
    patience: Duration = 1.0
    """How long one is waited for; all of them together must fit into the deadline."""


class ReachCollector(Collector):
    """Connects and closes again; nothing is sent. It blocks, which is nobody else's business."""

    name = "reach"
    tables = (REACH,)
    Config: ClassVar[type[ReachConfig]] = ReachConfig
    config: ReachConfig

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Yield a row for each target."""
        if not self.config.targets:
            raise Missing("nobody is to be reached: set collectors.reach.targets")
        for target in dict.fromkeys(self.config.targets):
            yield REACH.row(target=target, **self._try(target))

    def _try(self, target: str) -> dict[str, int | str | None]:
        host, _, port = target.rpartition(":")
        began = time.perf_counter_ns()
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=self.config.patience):
                return {"up": 1, "connect": (time.perf_counter_ns() - began) // 1000, "error": None}
        except (OSError, ValueError, OverflowError) as error:
            return {"up": 0, "connect": None, "error": str(error)[:200]}


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce the collector."""
    return [ReachCollector]
