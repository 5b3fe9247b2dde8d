"""Real processes to read: `python children.py KIND …` forks one for each, says `PID …`, and ends them with its input.

`name:HEX` sleeps under a name of any bytes; `spin`, `write`, `fork`, `exec`, `thread` and `sleep` do what they say.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15


def main(kinds: list[str]) -> None:
    """Start one child for each kind, wait for the end of input, end them."""
    pids = [start(kind) for kind in kinds]
    print(*pids, flush=True)
    sys.stdin.buffer.read()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def start(kind: str) -> int:
    """Fork a child that lives as the kind says, and wait until it has its name."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        kind, _, name = kind.partition(":")
        if kind == "name":
            libc.prctl(PR_SET_NAME, bytes.fromhex(name), 0, 0, 0)
        os.close(reading)
        os.close(writing)
        live(kind)
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    return pid


def live(kind: str) -> NoReturn:
    """Live until killed."""
    if kind == "thread":
        threading.Thread(target=write, daemon=True).start()
        kind = "sleep"
    while True:
        if kind == "spin":
            sum(range(20_000))
        elif kind == "write":
            write(times=1)
        elif kind == "fork":
            if (child := os.fork()) == 0:
                sum(range(1000))
                os._exit(0)
            os.waitpid(child, 0)
            time.sleep(0.01)
        elif kind == "exec":
            time.sleep(0.05)
            code = "import time, os, sys; time.sleep(0.05); os.execv(sys.executable, [*sys.orig_argv[:4], 'again'])"
            os.execv(sys.executable, [sys.executable, "-S", "-c", code, "first"])
        else:
            time.sleep(1000)


def write(times: int = 1_000_000) -> None:
    """Write a page to a file that is gone at once, keep a descriptor open for a moment, rest."""
    for _ in range(times):
        fd = os.memfd_create("page")
        os.write(fd, bytes(4096))
        time.sleep(0.02)
        os.close(fd)
        time.sleep(0.02)


@contextmanager
def children(*kinds: str) -> Iterator[list[int]]:
    """Run them for as long as the `with` lasts; gives their pids."""
    import subprocess

    from tests.support.programs import searched

    command = [sys.executable, "-S", os.path.abspath(__file__), *kinds]
    with searched(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        try:
            yield [int(pid) for pid in parent.stdout.readline().split()]
        finally:
            parent.stdin.close()
            parent.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
