"""A machine full of pods to measure on: real processes, control groups and network namespaces. Needs root.

    python -S -E benchmarks/load.py --pods 60 --processes 5

starts 300 processes, prints `ready 300` and one line `<container id> <pid> …` for each pod, and ends them all when its
input ends. Of the processes 5 % work (some CPU and a write of 4 KB every quarter of a second), 25 % wake once a second
and 70 % sleep; each has 1 to 8 threads and about 15 descriptors. It runs without site-packages, because every process
is a fork of this one and what this one imports all of them carry.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> int:
    """Start the load, wait for the end of input, take everything down again."""
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    pods, processes = int(options.get("--pods", "60")), int(options.get("--processes", "5"))
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    made: list[str] = []
    with tempfile.TemporaryDirectory(prefix="gobs-load-") as scratch:
        try:
            lines = [start_pod(number, processes, made, scratch) for number in range(pods)]
            print("ready", pods * processes)
            print("\n".join(lines), flush=True)
            sys.stdin.buffer.read()
        finally:
            stop(made)
    return 0


def start_pod(number: int, processes: int, made: list[str], scratch: str) -> str:
    """Start one pod and return its container's id and its pids; the first process is the parent of the others."""
    mine = os.getpid()  # so that two loads at once have ids of their own
    uid, container = f"{number:08x}_1111_4222_a333_{mine:012x}", f"{mine:032x}{number:032x}"
    base = "kubepods.slice/kubepods-burstable.slice"
    path = f"{base}/kubepods-burstable-pod{uid}.slice/cri-containerd-{container}.scope"
    groups = [group for root in hierarchies() if (group := make_group(root, path, made))]
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        pod(number * processes, processes, groups, writing, scratch)
    os.close(writing)
    with os.fdopen(reading) as answer:
        return f"{container} {answer.read().strip()}"


def hierarchies() -> list[str]:
    """Return where control groups are mounted here, v1 and v2."""
    with open("/proc/mounts", encoding="utf-8") as mounts:
        rows = [line.split() for line in mounts]
    wanted = {"memory", "cpu", "cpuacct", "blkio", "pids", "name=systemd"}
    return [r[1] for r in rows if r[2] == "cgroup2" or (r[2] == "cgroup" and wanted & set(r[3].split(",")))]


def make_group(root: str, path: str, made: list[str]) -> str:
    """Make one control group and those above it that are missing, and remember them; empty where it cannot be made."""
    here = root
    for part in path.split("/"):
        here = f"{here}/{part}"
        try:
            os.mkdir(here)
        except FileExistsError:
            continue
        except OSError:
            return ""
        made.append(here)
    return here


def pod(first: int, processes: int, groups: list[str], answer: int, scratch: str) -> NoReturn:
    """Become the first process of a pod: join its groups, take a network of its own, start the others."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for group in groups:
        with suppress(OSError), open(f"{group}/cgroup.procs", "w", encoding="ascii") as joined:
            joined.write("0")
    if LIBC.unshare(CLONE_NEWNET):
        os._exit(1)
    network()
    pids = [os.getpid()]
    for number in range(1, processes):
        pid = os.fork()
        if pid == 0:
            os.close(answer)
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            live(first + number, scratch)
        pids.append(pid)
    os.write(answer, " ".join(map(str, pids)).encode())
    os.close(answer)
    live(first, scratch)


def network() -> None:
    """Give this namespace a pair of interfaces besides loopback, where `ip` is installed."""
    with suppress(OSError):
        command = ["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "veth0"]
        child = os.posix_spawnp("ip", command, {**os.environ, "PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        os.waitpid(child, 0)


def live(number: int, scratch: str) -> NoReturn:
    """Do what a process with this number does, until it is killed."""
    import _thread

    null = os.open("/dev/null", os.O_RDWR)
    for _ in range(10):
        os.dup(null)
    asleep = _thread.allocate_lock()
    asleep.acquire()
    _thread.stack_size(65_536)
    for _ in range(number % 8):
        _thread.start_new_thread(asleep.acquire, ())
    if number % 20 == 0:
        work(f"{scratch}/{number}")
    while True:
        time.sleep(1 if number % 4 == 1 else 1_000_000)


def work(path: str) -> NoReturn:
    """Use some CPU and write 4 KB four times a second, until killed."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    block = b"x" * 4096
    while True:
        for _ in range(20_000):
            pass
        os.pwrite(fd, block, 0)
        time.sleep(0.25)


def stop(made: list[str]) -> None:
    """Kill every process below this one and remove the control groups that were made."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in range(200):
        for pid in children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            break
        time.sleep(0.01)
    for _ in range(100):  # a group keeps its dead for a moment
        made[:] = [group for group in reversed(made) if not removed(group)][::-1]
        if not made:
            return
        time.sleep(0.02)


def removed(group: str) -> bool:
    """Try to remove a control group, and tell whether it is gone."""
    try:
        os.rmdir(group)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def children() -> list[int]:
    """Return the processes whose parent this one is."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listed:
        return [int(pid) for pid in listed.read().split()]


@contextmanager
def load(pods: int, processes: int) -> Iterator[dict[str, list[int]]]:
    """Run the load in a child for as long as the `with` lasts; gives the pids of each container by its id."""
    import subprocess

    command = [
        sys.executable,
        "-S",
        "-E",
        os.path.abspath(__file__),
        "--pods",
        str(pods),
        "--processes",
        str(processes),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            if not child.stdout.readline().startswith("ready"):
                raise RuntimeError("the load did not start: it needs root, to make network namespaces")
            lines = [child.stdout.readline().split() for _ in range(pods)]
            yield {line[0]: [int(pid) for pid in line[1:]] for line in lines}
        finally:
            child.stdin.close()
            child.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(1))
    sys.exit(main(sys.argv[1:]))
