"""What a worker does to itself before it imports its plugin: limits of the kernel, and an end with its program."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import resource
import signal
import sys

from gobs_core.workers.wire import Limits

TELL = signal.SIGQUIT
"""Makes a worker say where each of its threads is, whatever they do: it is answered in C, without Python's lock."""
HURRY = signal.SIGTERM
"""Bids a worker end what it does before its time, where it does what can be ended so."""
NICE = 5
"""A worker that spins gives way to everybody else."""
_PDEATHSIG, _NO_NEW_PRIVS = 1, 38


def die_with(parent: int) -> None:
    """End by the kernel's hand when the program does; at once where it has already."""
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def bind(limits: Limits) -> None:
    """Set the limits, for this process and all it starts; what is lower already stays."""
    _lower(resource.RLIMIT_DATA, limits.memory)
    _lower(resource.RLIMIT_NOFILE, limits.files)
    _lower(resource.RLIMIT_CORE, 0)
    with contextlib.suppress(OSError):
        os.nice(NICE)
    if not limits.privileges:
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    faulthandler.enable(sys.__stderr__ or 2)
    faulthandler.register(TELL, file=sys.__stderr__ or 2)


def spend(seconds: float) -> None:
    """Let this process use so much more CPU time from now on, and end it by the kernel's hand beyond that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 2, hard))


def _lower(what: int, limit: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(what, (limit, limit))
