"""Files that are written over in place, so that whoever keeps one open sees it change, as with the kernel's own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class Tree:
    """One folder of such files. It remembers what it wrote and leaves alone what did not change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._written: dict[str, bytes] = {}

    def write(self, path: str, data: bytes) -> None:
        """Let the file hold `data`, in one write to the same inode; makes folders that are missing."""
        before = self._written.get(path)
        if before == data:
            return
        self._written[path] = data
        if before is None:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.root / path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            # A reader between the two calls finds blank lines at the end, never the tail of an older text.
            surplus = len(before or b"") - len(data)
            os.pwrite(fd, data + b"\n" * surplus, 0)
            if surplus > 0:
                os.ftruncate(fd, len(data))
        finally:
            os.close(fd)

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(target, self.root / path)

    def appear(self, built: str, name: str) -> None:
        """Give a folder built under another name its real one, so that nobody sees it half made."""
        os.rename(self.root / built, self.root / name)
        for path in [path for path in self._written if path.startswith(f"{built}/")]:
            self._written[name + path[len(built) :]] = self._written.pop(path)

    def vanish(self, folder: str) -> None:
        """Remove a folder; whoever keeps one of its files open reads nothing from now on."""
        for path in [path for path in self._written if path.startswith(f"{folder}/")]:
            del self._written[path]
            os.truncate(self.root / path, 0)
        shutil.rmtree(self.root / folder)
