"""The folder of one recording, and what those of an agent that was killed have left behind.

Who records holds a lock in its folder for as long as it lives, so that what nobody holds is nobody's any more.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

JIT = Path("/tmp")  # noqa: S108  where perf looks for maps of code made while running, and nowhere else
MAPS = "maps"
"""Of a recording's folder: an empty file for each map that was copied to where perf looks."""
_PREFIX = "gobs-perf-"
_LOCK = "lock"
_MAP = re.compile(r"perf-\d{1,10}\.map")


class Workplace:
    """One recording's folder. Made where it is needed; `close` removes it."""

    def __init__(self, parent: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent or None))
        self._lock = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def sweep(parent: str, jit: Path = JIT) -> None:
    """Remove the folders that nobody holds, and the maps they tell of; only one's own. Reads the folder."""
    with suppress(OSError), os.scandir(parent or tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    _sweep(Path(entry.path), jit)


def _sweep(folder: Path, jit: Path) -> None:
    if folder.stat().st_uid != os.geteuid():
        return
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with suppress(FileNotFoundError):
            for name in filter(_MAP.fullmatch, os.listdir(folder / MAPS)):
                _remove(jit / name)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _remove(copy: Path) -> None:
    with suppress(FileNotFoundError):
        found = copy.lstat()
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
            copy.unlink()
