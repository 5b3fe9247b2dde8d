"""The process in which a stranger's module is imported for the first time."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from importlib import import_module

from gobs_core.workers.bounds import bind, die_with, spend
from gobs_core.workers.importing import PATIENCE, RAISED
from gobs_core.workers.wire import Limits

_WRITTEN = 1 << 20
"""Bytes that any one file it writes may have, what it prints included."""


def main() -> None:
    """Import it, and end without waiting for what it has begun."""
    parent, memory, files, value, *path = sys.argv[1:]
    die_with(int(parent))
    bind(Limits(memory=int(memory), files=int(files)))
    spend(PATIENCE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (_WRITTEN, _WRITTEN))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # which Python ignores; who writes too much would only see an error
    sys.path[:] = path
    try:
        import_module(value.partition(":")[0].strip())
    except BaseException:  # noqa: BLE001  whatever it raises is raised where it is really loaded, and told there
        os._exit(RAISED)
    os._exit(0)
