"""CPU time and memory of another process, as the operating system accounts for them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "gobs-bench-"
TICK = os.sysconf("SC_CLK_TCK")
DROP_CACHES = Path("/proc/sys/vm/drop_caches")
"""https://docs.kernel.org/admin-guide/sysctl/vm.html#drop-caches"""


class Account:
    """The CPU time of one process and all its threads, those that ended included."""

    def __init__(self, pid: int, group: Path | None) -> None:
        self.pid = pid
        self._group = group

    def cpu_seconds(self) -> float:
        """Return user and system time so far: from a control group of its own, else from /proc/PID/stat."""
        if self._group is not None:
            for line in (self._group / "cpu.stat").read_text().splitlines():
                if line.startswith("usage_usec "):
                    return int(line.split()[1]) / 1e6
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def rss_mib(self) -> float:
        """Return the memory it has in RAM."""
        return self._status("VmRSS:")

    def own_mib(self) -> float:
        """Return the memory it has in RAM that is of no file, and so is given up by nobody."""
        return self._status("RssAnon:")

    def rss_peak_mib(self) -> float:
        """Return the most memory it ever had in RAM."""
        return self._status("VmHWM:")

    def _status(self, name: str) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        return float("nan")


def forget_files() -> None:
    """Put files that nobody has mapped out of the page cache, as root.

    RSS counts pages of files as the page cache happens to hold them. What an installer has just written lies there in
    large pieces, of which a process is charged the whole: 13 MiB of gRPC's library, which read from disk are 6.5.
    """
    os.sync()
    with suppress(OSError):
        DROP_CACHES.write_text("1\n")


@contextmanager
def account(pid: int) -> Iterator[Account]:
    """Account for a process that has just begun, in a control group of version 2 where one can be made."""
    group = _make_group(pid)
    try:
        yield Account(pid, group)
    finally:
        if group is not None:
            _remove_group(group)


def pin(pid: int, cpu: int) -> None:
    """Keep a process on one CPU, where there are several; threads it starts later stay there too."""
    cpus = sorted(os.sched_getaffinity(0))
    with suppress(OSError):
        os.sched_setaffinity(pid, {cpus[cpu % len(cpus)]})


def _remove_group(group: Path) -> None:
    """Remove it, its processes that still live put back where they came from.

    One that has ended may be in it for a moment after wait(2).
    """
    for _ in range(100):
        with suppress(OSError):
            for pid in (group / "cgroup.procs").read_text().split():
                (group.parent / "cgroup.procs").write_text(pid)
            group.rmdir()
            return
        time.sleep(0.01)


def group_root() -> Path | None:
    """Return where control groups of version 2 are mounted."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return next((Path(fields[1]) for fields in mounts if fields[2] == "cgroup2"), None)


def groups_left() -> list[Path]:
    """Return the control groups this process has made and not removed."""
    root = group_root()
    return list(root.glob(f"{PREFIX}{os.getpid()}-*")) if root else []


def _make_group(pid: int) -> Path | None:
    root = group_root()
    if root is None:
        return None
    group = root / f"{PREFIX}{os.getpid()}-{pid}"
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(pid))
    except OSError:
        return None
    return group
