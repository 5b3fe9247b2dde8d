"""The rows of `pod`: sums over the processes of each workload, made anew only where something changed."""

from __future__ import annotations

from gobs_collectors.process.namespaces import UNKNOWN, Namespaces
from gobs_collectors.process.tables import SUMMED_COUNTERS, SUMMED_LEVELS
from gobs_collectors.process.tracked import Tracked
from gobs_core import RowValues, Workload
from gobs_core.accumulator import Accumulator, Sums

CPU_SOURCE = "processes"
"""What is short of it: children that live and die between two ticks."""


class Pod:
    """One workload. Lives as long as its sums are remembered."""

    __slots__ = ("changed", "containers", "network", "row", "runtime", "sums", "workload")

    def __init__(self, workload: Workload, sums: Sums[str]) -> None:
        self.workload = workload
        self.sums = sums
        self.network: Sums[str] | None = None
        self.runtime = ""
        self.containers: dict[str, int] = {}
        """Processes by container."""
        self.changed = True
        self.row: RowValues = ()


class Pods:
    """All workloads, those included whose last process ended less than `remember` seconds ago."""

    def __init__(self, namespaces: Namespaces, remember: float) -> None:
        self._remember = remember
        self._namespaces = namespaces
        self._sums: Accumulator[str] = Accumulator(len(SUMMED_COUNTERS), len(SUMMED_LEVELS))
        self._pods: dict[str, Pod] = {}

    def joined(self, process: Tracked) -> None:
        """A process with its workload is there."""
        process.member = self._sums.born(process.workload.id, process.counters(), process.levels())
        self._count(process.workload, 1)

    def changed(self, process: Tracked) -> None:
        """A process has new cells."""
        self._sums.change(process.member, process.counters(), process.levels())

    def moved(self, process: Tracked, workload: Workload, now: float) -> None:
        """A process belongs to another workload, or to another container of its pod, than before."""
        self._count(process.workload, -1)
        process.workload = workload
        self._sums.move(process.member, workload.id, now)
        self._count(workload, 1)

    def left(self, process: Tracked, now: float) -> None:
        """A process is gone."""
        self._sums.died(process.member, now)
        self._count(process.workload, -1)

    def rows(self, now: float) -> list[RowValues]:
        """One row for each workload; the very same tuple where nothing changed."""
        for group in self._sums.forget(now - self._remember):
            del self._pods[group]
        networks = self._namespaces.sums
        networks.forget(now - self._remember)
        for pod in self._pods.values():
            network = networks.get(pod.workload.id)
            if network is not pod.network or (network is not None and network.changed):
                pod.network = network
                pod.changed = True
            if pod.changed or pod.sums.changed:
                pod.row = _row(pod)
        return [pod.row for pod in self._pods.values()]

    def _count(self, workload: Workload, step: int) -> None:
        pod = self._pods.get(workload.id)
        if pod is None:
            sums = self._sums.get(workload.id)
            assert sums is not None  # every call comes after the accumulator's
            pod = self._pods[workload.id] = Pod(workload, sums)
        pod.runtime = workload.runtime or pod.runtime
        if workload.container:
            left = pod.containers.get(workload.container, 0) + step
            if left:
                pod.containers[workload.container] = left
            else:
                del pod.containers[workload.container]
        pod.changed = True


def _row(pod: Pod) -> RowValues:
    sums, network, workload = pod.sums, pod.network, pod.workload
    pod.changed = sums.changed = False
    if network is not None:
        network.changed = False
    return (
        workload.id,
        workload.kind,
        pod.runtime or None,
        CPU_SOURCE,
        len(pod.containers),
        sums.members,
        *sums.counted(),
        *sums.level(),
        *(UNKNOWN if network is None else network.counted()),
    )
