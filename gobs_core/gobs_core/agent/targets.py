"""Which processes a recording is about, at the moment it begins."""

from __future__ import annotations

from gobs_core.errors import NoData
from gobs_core.proc import Proc
from gobs_core.profiler import ProfileFailed, ProfileProcesses, ProfileTarget
from gobs_core.workloads import KERNEL, Workload, Workloads


def find(proc: Proc, workloads: Workloads, target: ProfileTarget) -> ProfileProcesses:
    """The processes of a target; reads /proc. Raises ProfileFailed where there are none."""
    if target.kind == "node":
        return ProfileProcesses((), whole=True)
    if target.kind == "process":
        return ProfileProcesses((_process(proc, target),))
    pids = tuple(int(pid) for pid in proc.pids() if _belongs(proc, workloads, target, pid))
    if not pids:
        what = "container" if target.kind == "container" else "workload"
        raise ProfileFailed(f"no process of this {what} runs on this node now")
    return ProfileProcesses(pids)


def _process(proc: Proc, target: ProfileTarget) -> int:
    try:
        start = _start(proc.read_once(f"{target.pid}/stat"))
    except NoData:
        raise ProfileFailed(f"process {target.pid} is gone") from None
    if target.start and start != target.start:
        raise ProfileFailed(f"process {target.pid} has ended, and another one has its number now")
    return target.pid


def _belongs(proc: Proc, workloads: Workloads, target: ProfileTarget, pid: str) -> bool:
    try:
        cgroup, status = proc.read_once(f"{pid}/cgroup"), proc.read_once(f"{pid}/status")
    except NoData:
        return False
    workload = KERNEL if b"\nVmSize:" not in status else workloads.of(cgroup, _uid(status))
    return _is(workload, target)


def _is(workload: Workload, target: ProfileTarget) -> bool:
    if target.kind == "container":
        return workload.container == target.container and (not target.workload or workload.id == target.workload)
    return workload.id == target.workload


def _uid(status: bytes) -> str:
    _, _, rest = status.partition(b"\nUid:")
    fields = rest.split(None, 1)
    return fields[0].decode("ascii", "replace") if fields else ""


def _start(stat: bytes) -> str:
    fields = stat.rpartition(b")")[2].split()
    return fields[19].decode("ascii", "replace") if len(fields) > 19 else ""
