"""Importing a stranger's module for the first time: in a process that may crash, hang or leak, then here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import IO

from gobs_core.errors import DeclarationError
from gobs_core.plugins.origin import EntryPointLike, origin_of
from gobs_core.settings.sections import WorkerSettings
from gobs_core.workers.kin import MARK, end_all, mark_of
from gobs_core.workers.process import scrubbed

PATIENCE = 30.0
"""Seconds an import may take."""
RAISED = 77
"""The exit code of a process in which it raised: it will do so here as well, and be told with its traceback."""
_CODE = "from gobs_core.later import put_off; put_off(); from gobs_core.workers.imported import main; main()"
_KEPT = 2000


class FirstElsewhere:
    """Imports what did not come with Gobservability in a process of its own first. Called by the loader."""

    def __init__(self, settings: WorkerSettings, patience: float = PATIENCE) -> None:
        self._settings = settings
        self._patience = patience

    def __call__(self, point: EntryPointLike) -> None:
        """Raise DeclarationError where importing it ends a process, or does not end."""
        if not self._settings.foreign or not origin_of(point).foreign or point.name in self._settings.inside:
            return
        mark = mark_of(os.getpid(), time.monotonic_ns())
        environment = {**scrubbed(os.environ, self._settings.environment), MARK: mark}
        limits = (str(self._settings.memory), str(self._settings.files))
        command = [sys.executable, "-P", "-u", "-c", _CODE, str(os.getpid()), *limits, point.value, *sys.path]
        with os.fdopen(os.memfd_create("said"), "w+b") as said:  # there may be no folder to write to
            try:
                done = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment, start_new_session=True
                )
            except OSError:
                return  # no process can be had; then it is imported here as ever
            try:
                code = done.wait(self._patience)
            except subprocess.TimeoutExpired:
                code = None
            if code is None:
                os.killpg(done.pid, signal.SIGKILL)
                done.wait()
            end_all(done.pid, mark)
            if code not in (0, RAISED):
                raise DeclarationError(_why(point, code, self._patience, _tail(said)))


def _why(point: EntryPointLike, code: int | None, patience: float, tail: str) -> str:
    if code is None:
        how = f"did not end within {patience:g} s"
    elif code < 0:
        how = f"ended the process by {signal.Signals(-code).name}"
    else:
        how = f"ended the process with exit code {code}"
    text = f"importing {point.value} {how}; it was tried in a process of its own, and is not imported here"
    return f"{text}\n{tail}" if tail else text


def _tail(said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - _KEPT))
    return said.read().decode("utf-8", "backslashreplace").strip()
