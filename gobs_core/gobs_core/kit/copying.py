"""A copy of exactly those files of a machine that somebody has read, so that they can be spoilt or kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from gobs_core.proc import Proc

MOST_FILES = 50_000
LARGEST = 4 << 20
"""Bytes that are copied of one file at most."""
Event = tuple[str, str]
"""(what was done, with which path): `open`, `os.listdir`, `os.scandir`, `stat`, `link`."""


class NotingProc(Proc):
    """A Proc that also notes what Python's own audit says nothing of: where links lead, and what stat was asked."""

    noted: list[Event]

    def __init__(self, root: str | os.PathLike[str] = "/proc", sys: str | os.PathLike[str] = "/sys") -> None:
        super().__init__(root, sys)
        self.noted = []

    def stat(self, path: str) -> os.stat_result:
        """Note it and ask."""
        self.noted.append(("stat", str(self.root / path)))
        return super().stat(path)

    def link(self, path: str) -> str:
        """Note it and look."""
        self.noted.append(("link", str(self.root / path)))
        return super().link(path)


def copy_read(events: Iterable[Event], proc: Proc, target: Path) -> int:
    """Copy what these events touched below the machine's roots into `target`; return how many files that were.

    `target` then holds `proc` and `sys`. What has vanished meanwhile is left out; folders that were listed keep the
    names of everything in them, with nothing in what was not read.
    """
    roots = ((proc.root, target / "proc"), (proc.sys, target / "sys"))
    for _, place in roots:
        place.mkdir(parents=True, exist_ok=True)
    listed: list[tuple[Path, Path]] = []
    files = 0
    for event, name in dict.fromkeys(events):
        found = _below(name, roots)
        if found is None or files >= MOST_FILES:
            continue
        source, place = found
        with contextlib.suppress(OSError):
            if event in ("os.listdir", "os.scandir"):
                listed.append((source, place))
            elif event == "open" and source.is_file():
                files += 1
                _write(place, _read(source))
            elif event == "link":
                _link(source, place)
            else:
                _stand_in(source, place)
    for source, place in listed:
        with contextlib.suppress(OSError):
            for entry in _entries(source):
                _stand_in(source / entry, place / entry)
    return files


def _below(name: str, roots: Iterable[tuple[Path, Path]]) -> tuple[Path, Path] | None:
    for root, target in roots:
        path = os.path.normpath(name)
        if path == str(root) or path.startswith(f"{root}/"):
            source = Path(path)
            return source, target / source.relative_to(root)
    return None


def _entries(folder: Path) -> Iterator[str]:
    for place, name in enumerate(os.listdir(folder)):
        if place >= MOST_FILES:
            return
        yield name


def _read(source: Path) -> bytes:
    with open(source, "rb", buffering=0) as file:
        parts = []
        left = LARGEST
        while left > 0 and (part := file.read(min(left, 65536))):
            parts.append(part)
            left -= len(part)
    return b"".join(parts)


def _write(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir() or place.is_symlink():
        return
    place.write_bytes(content)


def _link(source: Path, place: Path) -> None:
    to = os.readlink(source)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(place):
        place.symlink_to(to)


def _stand_in(source: Path, place: Path) -> None:
    """Something with that name and of that kind."""
    if os.path.lexists(place):
        return
    if source.is_symlink():
        _link(source, place)
    elif source.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        _write(place, b"")
