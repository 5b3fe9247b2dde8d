"""A /proc and a /sys made of ordinary files, written by the test that reads them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from gobs_core.proc import Proc


class FakeProc(Proc):
    """A machine in a folder; it may begin empty. Reads like the real one, kept descriptors included."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        super().__init__(self.folder / "proc", self.folder / "sys")
        self.root.mkdir(parents=True, exist_ok=True)
        self.sys.mkdir(parents=True, exist_ok=True)

    def clone(self) -> Proc:
        """Another Proc for the same folder."""
        return Proc(self.root, self.sys)

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file below /proc, in place, so that a descriptor somebody kept reads what is new."""
        _write(self.root / path, content)

    def write_sys(self, path: str, content: str | bytes) -> None:
        """Write a file below /sys, in place."""
        _write(self.sys / path, content)

    def symlink(self, path: str, target: str) -> None:
        """Make a symbolic link below /proc, e.g. `1/exe`."""
        _link(self.root / path, target)

    def remove(self, path: str) -> None:
        """Remove a file or a folder below /proc, such as a process that ends."""
        _remove(self.root / path)

    def remove_sys(self, path: str) -> None:
        """Remove a file or a folder below /sys."""
        _remove(self.sys / path)

    def machine(self, folder: str | os.PathLike[str]) -> None:
        """Copy a machine over what is there: a folder with `proc` and maybe `sys` in it, or the files of a /proc."""
        source = Path(folder)
        if (source / "proc").is_dir():
            _copy(source / "proc", self.root)
            _copy(source / "sys", self.sys)
        else:
            _copy(source, self.root)


def _copy(source: Path, target: Path) -> None:
    for folder, folders, files in os.walk(source):
        for name in (*folders, *files):
            there = Path(folder, name)
            place = target / there.relative_to(source)
            if there.is_symlink():
                _link(place, os.readlink(there))
            elif there.is_dir():
                place.mkdir(parents=True, exist_ok=True)
            else:
                _write(place, there.read_bytes())


def _link(place: Path, to: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(to)


def _write(place: Path, content: str | bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    raw = content.encode() if isinstance(content, str) else content
    with open(os.open(place, os.O_WRONLY | os.O_CREAT, 0o644), "wb") as file:
        file.write(raw)
        file.truncate()


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()
