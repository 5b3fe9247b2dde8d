"""What the agent is measured against: the floor, its own collectors alone, psutil, and the naive scan.

    python -m benchmarks.readers NAME SECONDS

reads this machine every SECONDS, and says `tick` after each reading. Each reader is a process of its own, so that the
operating system's accounting of it is the whole of what it costs.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from itertools import repeat
from typing import NamedTuple

Reader = Callable[[], object]
WITHOUT = ("cgroup", "kubernetes")
"""Plugins that read what no peer reads; what those cost stands in a benchmark of its own."""
NODE_FILES = ("stat", "meminfo", "diskstats", "net/dev", "loadavg", "pressure/cpu", "pressure/memory", "pressure/io")
PROCESS_FILES = (("stat", 479), ("status", 4096), ("io", 256))


def pids() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdigit()]


def floor() -> Reader:
    """The files whose fields the agent sends at every tick, through kept descriptors, and nothing done with them.

    That is stat, status, io and the size of fd of every process that is no kernel thread, net/dev of every network
    namespace, and the files of the node.
    """
    groups = _floor_groups()

    def read() -> None:
        nonlocal groups
        try:
            for fds, size in groups.files:
                list(map(os.pread, fds, repeat(size), repeat(0)))
            list(map(os.stat, groups.folders))
        except OSError:  # one of them has ended: begin anew without it
            groups.close()
            groups = _floor_groups()

    return read


class Groups(NamedTuple):
    """What the floor reads."""

    files: list[tuple[list[int], int]]
    """Descriptors, and the size to read of each."""
    folders: list[str]

    def close(self) -> None:
        """Close every descriptor."""
        for fds, _ in self.files:
            for fd in fds:
                os.close(fd)


def _floor_groups() -> Groups:
    files: list[tuple[list[int], int]] = [([_open(name) for name in NODE_FILES], 65536)]
    files += [([], size) for _, size in PROCESS_FILES]
    spaces: dict[str, int] = {}
    folders = []
    for pid in pids():
        if pid == str(os.getpid()) or not _slurp(f"{pid}/cmdline") or not _slurp(f"{pid}/io"):
            continue
        try:
            space = os.readlink(f"/proc/{pid}/ns/net")
            opened = [_open(f"{pid}/{name}") for name, _ in PROCESS_FILES]
            if space not in spaces:
                spaces[space] = _open(f"{pid}/net/dev")
        except OSError:
            continue
        for (fds, _), fd in zip(files[1:], opened, strict=True):
            fds.append(fd)
        folders.append(f"/proc/{pid}/fd")
    files.append((list(spaces.values()), 4096))
    return Groups(files, folders)


def collectors() -> Reader:
    """The agent's own collectors, without the agent: reading and parsing alone, of what the others read too."""
    from gobs_core import Context, NoData, Proc
    from gobs_core.plugins import load_plugins

    proc = Proc()
    made = [cls(cls.Config(), Context()) for cls in load_plugins(deny=WITHOUT).collectors.values()]
    for collector in made:
        collector.open(proc)

    def read() -> None:
        for collector in made:
            try:
                for rows in collector.collect(proc):
                    len(rows.rows)
            except NoData:
                continue

    return read


def psutil() -> Reader:
    """The way psutil recommends, for all that it knows of these fields: objects kept, one process at once.

    It cannot tell: network namespaces, VmPeak and VmPin, Seccomp, real-time priority, control group. Command lines and
    limits are left out: the agent reads them when a program has begun, not at every tick.
    """
    import psutil as ps

    kept: dict[int, ps.Process] = {}
    kernel = {int(pid) for pid in pids() if not _slurp(f"{pid}/cmdline")}

    def read() -> None:
        ps.cpu_times(percpu=True), ps.cpu_times(), ps.cpu_stats(), ps.virtual_memory(), ps.swap_memory()
        ps.disk_io_counters(perdisk=True), ps.net_io_counters(pernic=True), ps.getloadavg()
        for pid in ps.pids():
            if pid in kernel:  # the agent and the floor leave the kernel's threads out as well
                continue
            try:
                process = kept.get(pid)
                if process is None:
                    process = kept[pid] = ps.Process(pid)
                _psutil_process(process)
            except ps.Error:
                kept.pop(pid, None)

    return read


def _psutil_process(process: object) -> None:
    p: object = process
    names = ("ppid", "name", "status", "cpu_times", "cpu_num", "num_threads", "create_time", "uids", "memory_info",
             "num_ctx_switches", "nice", "io_counters", "num_fds", "cpu_affinity")  # fmt: skip
    with p.oneshot():  # type: ignore[attr-defined]
        for name in names:
            getattr(p, name)()


def naive() -> Reader:
    """The original's way: for every container go through all of /proc, opening and closing each file anew."""
    containers = sorted({c for pid in pids() if (c := _container(pid))})

    def read() -> None:
        for container in containers:
            for pid in pids():
                os.path.lexists(f"/proc/{pid}")
                if container in _slurp(f"{pid}/cgroup"):
                    _naive_process(pid)
        for name in NODE_FILES:
            _slurp(name).split()

    return read


def _naive_process(pid: str) -> None:
    fields = _slurp(f"{pid}/stat").rpartition(")")[2].split()
    _ = [int(field) for field in fields[1:]]
    _ = {k: v.strip() for k, _, v in (line.partition(":") for line in _slurp(f"{pid}/status").splitlines())}
    _ = {k: int(v) for k, _, v in (line.partition(":") for line in _slurp(f"{pid}/io").splitlines())}
    for line in _slurp(f"{pid}/net/dev").splitlines()[2:]:
        _ = [int(word) for word in line.rpartition(":")[2].split()]


def _container(pid: str) -> str:
    return _slurp(f"{pid}/cgroup").partition("cri-containerd-")[2][:64]


def _slurp(path: str) -> str:
    try:
        with open(f"/proc/{path}", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _open(path: str) -> int:
    return os.open(f"/proc/{path}", os.O_RDONLY)


READERS: dict[str, Callable[[], Reader]] = {
    "floor": floor,
    "collectors": collectors,
    "psutil": psutil,
    "naive": naive,
}


def main() -> None:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    read, interval = READERS[sys.argv[1]](), float(sys.argv[2])
    gc.freeze()
    due = time.monotonic()
    while True:
        read()
        os.write(1, b"tick\n")
        due = max(due + interval, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
