"""The Kubernetes inventory in front of a fake API server, and what it told so far."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gobs_collectors.kubernetes import KubernetesInventory
from gobs_collectors.kubernetes.pace import Pace
from gobs_core import WorkloadInfo
from tests.support.kube.server import KubeServer, kube_server

NODE = "worker-1"
QUICK = Pace(watch=1.0, patience=1.0, first_pause=0.02, longest_pause=0.3, brief=0.05)


class Told:
    """A Report that a test can wait on."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.infos: dict[str, WorkloadInfo] = {}
        self.why = "nothing told yet"
        """What is in trouble now; empty: nothing."""
        self.whys: list[str] = []
        self.times = 0

    def workloads(self, known: Iterable[WorkloadInfo], lacking: str = "") -> None:
        with self._changed:
            self.infos = {info.id: info for info in known}
            self.times += 1
            self._note(lacking)

    def trouble(self, why: str) -> None:
        with self._changed:
            self._note(why)

    def until(self, condition: Callable[[], Any], seconds: float = 15.0) -> None:
        """Return as soon as the condition holds; raises AssertionError."""
        until = time.monotonic() + seconds
        with self._changed:
            while not condition():
                left = until - time.monotonic()
                assert left > 0, f"told {sorted(info.name for info in self.infos.values())}, trouble: {self.why}"
                self._changed.wait(min(left, 0.05))

    def names(self) -> list[str]:
        return sorted(info.name for info in self.infos.values())

    def by_name(self, name: str) -> WorkloadInfo:
        return next(info for info in self.infos.values() if info.name == name)

    def _note(self, why: str) -> None:
        if why and why != self.why:
            self.whys.append(why)
        self.why = why
        self._changed.notify_all()


class Rig:
    """A server, an inventory, and what it told."""

    def __init__(self, kube: KubeServer) -> None:
        self.kube = kube
        self.told = Told()
        self._open: list[KubernetesInventory] = []

    def inventory(self, agent: str = NODE, pace: Pace = QUICK, **settings: Any) -> KubernetesInventory:
        """Make one, to be opened."""
        settings = {"server": self.kube.url, "service_account": str(self.kube.account), **settings}
        cls: Any = type("Quick", (KubernetesInventory,), {"pace": pace, "environ": {}})
        made: KubernetesInventory = cls(cls.Config(**settings), agent)
        self._open.append(made)
        return made

    def start(self, agent: str = NODE, pace: Pace = QUICK, **settings: Any) -> KubernetesInventory:
        """Open one."""
        made = self.inventory(agent, pace, **settings)
        made.open(self.told)
        return made

    def up_to_date(self) -> None:
        """Wait until what was told is what the server knows of this node."""
        truth = {
            (pod["metadata"]["name"], pod["status"]["phase"]) for pod in self.kube.store.listed(f"spec.nodeName={NODE}")
        }
        self.told.until(lambda: {(info.name, info.phase) for info in self.told.infos.values()} == truth)

    def close(self) -> None:
        for one in self._open:
            one.close()


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    """Run a server for as long as the `with` lasts; every inventory is closed before it."""
    with kube_server(folder) as kube:
        made = Rig(kube)
        try:
            yield made
        finally:
            made.close()
