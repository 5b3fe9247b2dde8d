"""What the tests' `gobs` is forked from: a process that has imported all of it, so that a start costs no imports.

Run as a program by `tests.support.gobs`, which sends what to run over the socket whose descriptor is the one argument.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from importlib.metadata import entry_points

from gobs_core.cli import main
from gobs_core.later import put_off

LONGEST = 1 << 18
"""Bytes of one request: arguments, folder and environment."""
DESCRIPTORS = 4
"""What comes with a request: its stdin, stdout, stderr, and the socket that is told its pid and then its exit code."""


def load() -> None:
    """Import what commands import, as the real program would come by it."""
    put_off()
    import gobs_server.launch  # noqa: F401  to be there in each fork

    for group in ("gobs.commands", "gobs.server", "gobs"):
        for point in entry_points(group=group):
            point.load()
    assert len(os.listdir("/proc/self/task")) == 1, "a fork keeps the one thread that forks, so there may be no other"


def serve(control: socket.socket) -> bool:
    """Fork for each request; returns True in each fork, ready to be that program, and False at the end of requests."""
    awake, wake = socket.socketpair()
    for end in (awake, wake):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control, awake], [], [])
        if awake in ready:
            awake.recv(4096)
            _reap(running)
        if control in ready:
            asked, given, _, _ = socket.recv_fds(control, LONGEST, DESCRIPTORS)
            if not asked:
                return False
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for end in (control, awake, wake, *running.values()):
                    end.close()
                os.close(given[3])
                become(json.loads(asked), given[:3])
                return True
            for descriptor in given[:3]:
                os.close(descriptor)
            running[pid] = socket.socket(fileno=given[3])
            _tell(running[pid], pid)


def become(asked: dict[str, object], streams: list[int]) -> None:
    """Take the arguments, folder, environment and streams of a request, and nothing else of this process."""
    for place, descriptor in enumerate(streams):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.chdir(str(asked["folder"]))
    environment = asked["environment"]
    assert isinstance(environment, dict)
    os.environ.clear()
    os.environ.update(environment)
    words = asked["words"]
    assert isinstance(words, list)
    sys.argv = ["gobs", *words]


def _reap(running: dict[int, socket.socket]) -> None:
    for pid in [*running]:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            with running.pop(pid) as end:
                _tell(end, os.waitstatus_to_exitcode(status))


def _tell(end: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody asks any more
        end.send(str(number).encode())


if __name__ == "__main__":
    requests = socket.socket(fileno=int(sys.argv[1]))
    load()
    gc.freeze()
    sys.exit(main() if serve(requests) else 0)
