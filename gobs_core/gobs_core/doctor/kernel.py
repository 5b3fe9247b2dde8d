"""What the kernel tells here: control groups, pressure, names of its own functions, and whose pids those are."""

from __future__ import annotations

from contextlib import suppress

from gobs_core.control_groups import mounted
from gobs_core.doctor.finding import Finding
from gobs_core.doctor.own import Own
from gobs_core.errors import Forbidden, NoData
from gobs_core.proc import Proc

_SYS = (
    "mount the machine's /sys read-only and set agent.sys_root to where it is (--sys-root): the chart does; "
    "with Docker -v /sys:/host/sys:ro and --sys-root /host/sys"
)
_UNIFIED = "boot the machine with systemd.unified_cgroup_hierarchy=1, the default of every distribution since 2022"
_HOST_PID = "chart: agent.profile=profiling; with Docker --pid=host"
_SYMBOLS = "chart: agent.profile=profiling; elsewhere CAP_SYSLOG, or sysctl kernel.kptr_restrict=0"


def kernel(proc: Proc, me: Own) -> list[Finding]:
    """Return what there is of the kernel's."""
    return [_groups(proc, me), _pressure(proc), _pids(me), _privileges(me), _symbols(proc, me)]


def _groups(proc: Proc, me: Own) -> Finding:
    mounts, folder = mounted(proc), f"{proc.sys}/fs/cgroup"
    if not mounts.version:
        lost = "the table container, and what pods use of memory as the kernel counts it"
        return Finding("control groups", "none", f"none at {folder}", lost, _SYS)
    if me.host_groups is False and str(proc.sys) == "/sys":
        lost = "the groups of other containers: the table container, and memory of pods"
        return Finding("control groups", "limited", f"{folder} shows this container's own alone", lost, _SYS)
    if mounts.version == 1:
        lost = "pressure of single containers, and some parts of their memory"
        return Finding("control groups", "limited", f"version 1 at {folder}", lost, _UNIFIED)
    return Finding("control groups", "ok", f"version 2 at {folder}")


def _pressure(proc: Proc) -> Finding:
    lost = "the table pressure, and pressure of containers"
    try:
        proc.read_once("pressure/cpu")
    except Forbidden:
        return Finding("pressure", "none", f"{proc.root}/pressure may not be read", lost, "run it as another user")
    except (NoData, OSError):
        change = "boot the machine with psi=1, where its kernel was built with CONFIG_PSI (Linux 4.20 or newer)"
        return Finding("pressure", "none", f"this kernel has no {proc.root}/pressure", lost, change)
    return Finding("pressure", "ok", f"{proc.root}/pressure")


def _pids(me: Own) -> Finding:
    if me.host_pids is None:
        return Finding("host pids", "limited", "it is not told in which pid namespace this is")
    if me.host_pids:
        return Finding("host pids", "ok", "it shares the machine's pid namespace")
    lost = "recordings of anything but itself"
    return Finding("host pids", "limited", "it is in a pid namespace of its own (no hostPID)", lost, _HOST_PID)


def _privileges(me: Own) -> Finding:
    held = ", ".join(sorted(me.capabilities)) or "none of those that matter here"
    return Finding("privileges", "ok", f"uid {me.uid}; capabilities: {held}")


def _symbols(proc: Proc, me: Own) -> Finding:
    restrict = "0"
    with suppress(NoData, OSError):
        restrict = proc.read_once("sys/kernel/kptr_restrict").decode("ascii", "replace").strip()
    trusted = "SYSLOG" in me.capabilities or me.uid == 0
    if restrict == "0" or (restrict == "1" and trusted):
        return Finding("kernel symbols", "ok", f"kernel.kptr_restrict is {restrict}")
    lost = "names of the kernel's functions in flamegraphs"
    return Finding("kernel symbols", "limited", f"kernel.kptr_restrict is {restrict}", lost, _SYMBOLS)
