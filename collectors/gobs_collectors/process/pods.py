"""The rows of `pod`: what each workload is called, and sums over its processes; made anew where anything changed."""

from __future__ import annotations

from gobs_collectors.process.names import Names, info_cells, limit_cells
from gobs_collectors.process.namespaces import UNKNOWN, Namespaces
from gobs_collectors.process.pod_groups import PodGroups
from gobs_collectors.process.tables import SUMMED_COUNTERS, SUMMED_LEVELS
from gobs_collectors.process.tracked import Tracked
from gobs_core import RowValues, Workload
from gobs_core.accumulator import Accumulator, Sums

CGROUP, PROCESSES = "cgroup", "processes"
"""What is short of the second: children that live and die between two ticks."""
_TICK = 10_000
"""Microseconds in a clock tick."""
_UTIME = SUMMED_COUNTERS.index("utime")
Value = int | None
Times = tuple[Value, Value]
_NO_COUNTERS: tuple[Value, ...] = (None,) * len(SUMMED_COUNTERS)
_NO_LEVELS: tuple[Value, ...] = (None,) * len(SUMMED_LEVELS)


class Pod:
    """One workload. Lives as long as its sums are remembered, or as an inventory tells of it."""

    __slots__ = ("base", "changed", "containers", "in_host", "network", "row", "runtime", "source", "sums", "workload")

    def __init__(self, workload: Workload, sums: Sums[str] | None) -> None:
        self.workload = workload
        self.sums = sums
        """None: nobody has seen a process of it."""
        self.network: Sums[str] | None = None
        self.runtime = ""
        self.source = ""
        """Where its CPU time is known from; chosen once, so that no sum ever jumps."""
        self.base: Times = (0, 0)
        """What is added to the sum over processes, in microseconds."""
        self.in_host = False
        """Whether a process of it was seen in the host's network."""
        self.containers: dict[str, int] = {}
        """Processes by container."""
        self.changed = True
        self.row: RowValues = ()


class Pods:
    """All workloads: with processes, or whose last ended less than `remember` seconds ago, or that are told of."""

    def __init__(self, namespaces: Namespaces, names: Names, groups: PodGroups, remember: float) -> None:
        self._remember = remember
        self._namespaces = namespaces
        self._names = names
        self.groups = groups
        self._sums: Accumulator[str] = Accumulator(len(SUMMED_COUNTERS), len(SUMMED_LEVELS))
        self._pods: dict[str, Pod] = {}

    def joined(self, process: Tracked) -> None:
        """A process with its workload is there."""
        process.member = self._sums.born(process.workload.id, process.counters(), process.levels())
        pod = self._count(process.workload, 1)
        pod.in_host = pod.in_host or (process.namespace != "" and process.namespace == self._namespaces.host)

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

    def renamed(self, identities: set[str]) -> None:
        """Something else is told of these workloads."""
        for identity in identities:
            pod = self._pods.get(identity)
            if pod is not None:
                pod.changed = True
            elif (info := self._names.known.get(identity)) is not None:
                self._pods[identity] = Pod(Workload(info.kind, identity), None)

    def rows(self, now: float, tick: int) -> list[RowValues]:
        """One row for each workload; the very same tuple where nothing changed."""
        self._let_go(now)
        alive = [key for key, pod in self._pods.items() if pod.workload.kind == "pod" and pod.sums and pod.sums.members]
        for key in self.groups.read(alive, tick, now):
            self._pods[key].changed = True
        networks = self._namespaces.sums
        for pod in self._pods.values():
            network = networks.get(pod.workload.id)
            if network is not pod.network or (network is not None and network.changed):
                pod.network = network
                pod.changed = True
            if pod.changed or (pod.sums is not None and pod.sums.changed):
                pod.row = self._row(pod)
        return [pod.row for pod in self._pods.values()]

    def _let_go(self, now: float) -> None:
        """Forget what nobody tells of and has had no process for long; at once what its inventory says is deleted."""
        names, before = self._names, now - self._remember
        gone = self._sums.forget(before, names.known)
        gone += [key for key, pod in self._pods.items() if names.deleted(key) and self._sums.drop(key)]
        for sums in (self._namespaces.sums, self.groups.sums):
            sums.forget(before, names.known)
        for key in dict.fromkeys(gone):
            self.groups.forget(key, now)
            self.groups.sums.drop(key)
            names.forget(key)
            del self._pods[key]

    def _count(self, workload: Workload, step: int) -> Pod:
        pod = self._pods.get(workload.id)
        sums = self._sums.get(workload.id)
        assert sums is not None  # every call comes after the accumulator's
        if pod is None:
            pod = self._pods[workload.id] = Pod(workload, sums)
        pod.sums = sums
        pod.runtime = workload.runtime or pod.runtime
        if workload.container:
            left = pod.containers.get(workload.container, 0) + step
            if left:
                pod.containers[workload.container] = left
            else:
                del pod.containers[workload.container]
        pod.changed = True
        return pod

    def _row(self, pod: Pod) -> RowValues:
        sums, network, workload = pod.sums, pod.network, pod.workload
        pod.changed = False
        counted, levels = _NO_COUNTERS, _NO_LEVELS
        if sums is not None:
            sums.changed = False
            counted, levels = sums.counted(), sums.level()
        if network is not None:
            network.changed = False
        info = self._names.info(workload.id)
        cpu = self._cpu(pod, counted)
        return (
            workload.id,
            workload.kind,
            *info_cells(info),
            _network(pod, None if info is None else info.host_network),
            pod.runtime or None,
            pod.source or None,
            *limit_cells(info),
            len(pod.containers),
            0 if sums is None else sums.members,
            *cpu,
            self.groups.memory(workload.id),
            *counted[:_UTIME],
            *counted[_UTIME + 2 :],
            *levels,
            *(UNKNOWN if network is None else network.counted()),
        )

    def _cpu(self, pod: Pod, counted: tuple[Value, ...]) -> Times:
        if pod.sums is None:
            return None, None
        key = pod.workload.id
        group = self.groups.sums.get(key)
        of_group = (None, None) if group is None else group.counted()
        if not pod.source:
            pod.source = PROCESSES if None in of_group or key in self.groups.nesting else CGROUP
        of_processes = _micro(counted[_UTIME]), _micro(counted[_UTIME + 1])
        if pod.source == CGROUP and key in self.groups.nesting:
            pod.source = PROCESSES
            pod.base = _plus(of_group[0], of_processes[0], -1), _plus(of_group[1], of_processes[1], -1)
        if pod.source == CGROUP:
            return of_group[0], of_group[1]
        return _plus(pod.base[0], of_processes[0]), _plus(pod.base[1], of_processes[1])


def _network(pod: Pod, host: bool | None) -> str | None:
    if host is None:
        host = False if pod.network is not None else pod.in_host or None
    return None if host is None else "host" if host else "own"


def _micro(ticks: Value) -> Value:
    return None if ticks is None else ticks * _TICK


def _plus(one: Value, other: Value, sign: int = 1) -> Value:
    return None if one is None or other is None else one + sign * other
