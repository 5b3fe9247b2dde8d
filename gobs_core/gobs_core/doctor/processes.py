"""What the agent may read of the processes of others: found out by reading some, not from what it should be able to."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from gobs_core.doctor.finding import Finding
from gobs_core.doctor.own import Own
from gobs_core.errors import Forbidden, Missing, NoData
from gobs_core.proc import Proc

_TRIED = 8
"""Processes of others that are looked at."""
PROFILE = (
    "chart: agent.profile=process; elsewhere run it as root with agent.run_as, or as a service with "
    "AmbientCapabilities=CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"
)
HOST_PROC = (
    "mount the machine's /proc read-only and set agent.proc_root to where it is (--proc-root): the chart does; "
    "with Docker -v /proc:/host/proc:ro and --proc-root /host/proc, or --pid=host"
)


def processes(proc: Proc, me: Own) -> list[Finding]:
    """Return what is seen of processes."""
    return [_whose(proc), _hidden(me), *_files(proc, me)]


def _whose(proc: Proc) -> Finding:
    """The kernel's own threads are in the machine's pid namespace and in no other."""
    with suppress(NoData, OSError):
        count = len(proc.pids())
        found = f"{proc.root} with {count:,} processes"
        with suppress(NoData, OSError):
            if proc.read_once("2/comm").strip() == b"kthreadd":
                return Finding("processes", "ok", f"{found}: the machine's")
        lost = "the processes of the machine and of other containers"
        return Finding("processes", "limited", f"{found}: those of one container alone", lost, HOST_PROC)
    return Finding("processes", "none", f"{proc.root} cannot be read", "every process", HOST_PROC)


def _hidden(me: Own) -> Finding:
    """Whether /proc is mounted so that others' processes are not there at all."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
            hiding = [line for line in mounts if " - proc " in line and "hidepid=" in line]
    except OSError:
        hiding = []
    if not hiding or "SYS_PTRACE" in me.capabilities:
        return Finding("hidepid", "ok", "no process is hidden by the mount option hidepid")
    lost = "processes of other users, altogether"
    return Finding("hidepid", "limited", "/proc is mounted with hidepid", lost, PROFILE)


def _files(proc: Proc, me: Own) -> list[Finding]:
    others = _of_others(proc, me)
    kinds: tuple[tuple[str, str, Callable[[str], object], str, str], ...] = (
        ("process io", "read_bytes, write_bytes of processes and pods", lambda pid: proc.read_once(f"{pid}/io"),
         "/proc/PID/io", PROFILE),
        ("process memory in detail", "memory in detail on the page of a process",
         lambda pid: os.close(proc.open(f"{pid}/smaps_rollup")), "/proc/PID/smaps_rollup", PROFILE),
        ("open descriptors", "open_fds of processes and pods", lambda pid: _descriptors(proc, pid), "/proc/PID/fd",
         f"Linux 6.2 or newer tells it to everybody; before that, {PROFILE}"),
    )  # fmt: skip
    return [_file(others, *kind) for kind in kinds]


def _file(others: list[str], what: str, lost: str, read: Callable[[str], object], file: str, change: str) -> Finding:
    if not others:
        return Finding(what, "ok", "there is no process of another user to try it on")
    refused = tried = 0
    for pid in others:
        try:
            read(pid)
        except Forbidden:
            refused += 1
        except Missing:
            continue  # this kernel has no such file
        except (NoData, OSError):
            continue
        tried += 1
    if not tried:
        return Finding(what, "limited", f"this kernel has no {file}", lost)
    if not refused:
        return Finding(what, "ok", f"{file} can be read")
    if refused == tried:
        return Finding(what, "none", f"{file} may be read of no process of another user", lost, change)
    return Finding(what, "limited", f"{file} may not be read of {refused} of {tried} processes tried", lost, change)


def _of_others(proc: Proc, me: Own) -> list[str]:
    """Some processes with memory of their own that another user runs, root's first."""
    found: list[tuple[int, str]] = []
    with suppress(NoData, OSError):
        for pid in sorted(proc.pids(), key=int)[:400]:
            with suppress(NoData, OSError):
                owner = proc.stat(pid).st_uid
                if owner != me.uid and proc.read_once(f"{pid}/cmdline"):
                    found.append((owner, pid))
    return [pid for _, pid in sorted(found)[:_TRIED]]


def _descriptors(proc: Proc, pid: str) -> int:
    return proc.stat(f"{pid}/fd").st_size or len(proc.names(f"{pid}/fd"))
