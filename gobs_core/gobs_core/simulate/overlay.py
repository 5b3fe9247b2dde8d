"""This machine's own /proc with simulated pods beside it: links to the real files, folders for the simulated."""

from __future__ import annotations

import os
from pathlib import Path

from gobs_core.errors import UserError
from gobs_core.proc import Proc
from gobs_core.simulate.machine import Machine
from gobs_core.simulate.mount import ProcessFolders

FIRST_PID = 5_000_000
"""Beyond the highest pid a kernel ever gives (4,194,304), so that no simulated process hides a real one."""


class Overlay:
    """A folder that looks like `real`, the /proc of this machine, with the processes of `machine` beside its own."""

    def __init__(self, machine: Machine, folder: Path, real: Path = Path("/proc")) -> None:
        if not (real / "stat").is_file():
            raise UserError(f"{real}/stat: this machine has no /proc to show; leave --own away to see simulated nodes")
        self.machine = machine
        self.proc = folder / "proc"
        self._real = real
        self._pids: set[str] = set()
        self.proc.mkdir(parents=True)
        for name in os.listdir(real):
            if not name.isdigit():
                os.symlink(real / name, self.proc / name)
        self._folders = ProcessFolders(machine, self.proc)
        self.write()

    def step(self, now: float) -> None:
        """Move the simulated pods on to `now` and write what changed."""
        self.machine.step(now)
        self.write()

    def write(self) -> None:
        """Link the processes that are new, drop the links of those that have ended, write the simulated ones."""
        pids = {name for name in os.listdir(self._real) if name.isdigit()}
        for pid in pids - self._pids:
            os.symlink(self._real / pid, self.proc / pid)
        for pid in self._pids - pids:
            os.unlink(self.proc / pid)
        self._pids = pids
        self._folders.step()


class OverlayProc(Proc):
    """Reads an overlay: a simulated folder of descriptors has the size that a kernel since 6.2 gives real ones."""

    def stat(self, path: str) -> os.stat_result:
        """What stat(2) says of a file."""
        found = super().stat(path)
        pid, _, name = path.partition("/")
        if name != "fd" or not pid.isdigit() or int(pid) < FIRST_PID:
            return found
        return os.stat_result((*found[:6], len(self.names(path)), *found[7:10]))
