"""How a recording is written: lines of JSON and the contents of files, compressed as one stream by xz.

The first line is a Header. Then comes a line for every tick, a Tick, and right after its end of line as many bytes as
it says: the contents of its files, one after the other. A tick tells what is otherwise than at the tick before, and
nothing else. Paths begin with `proc` or `sys`; in paths, names and links each character stands for one byte
(Latin-1), for the kernel's names are bytes.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Container
from typing import Annotated, NamedTuple, TypeAlias

import msgspec

from gobs_core.described import WorkloadInfo

FORMAT = 1
"""Grows when an older reader would read something wrong."""
LONGEST_LINE = 64 << 20
"""Bytes of one line."""
LARGEST_FILE = 4 << 20
"""Bytes of one file of the machine; what is more of it is not recorded."""
LARGEST_TICK = 512 << 20
"""Bytes of all files of one tick."""
MOST_PATHS = 500_000
"""Paths of one recording."""
MOST_BYTES = 1 << 30
"""Bytes of all its files at one moment."""
MOST_TICKS = 1_000_000
DICTIONARY = 16 << 20
"""How far back xz looks: the tick before must be within."""

Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=4096)]
Nanoseconds: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    recording: int = FORMAT
    node: Annotated[str, msgspec.Meta(min_length=1, max_length=253)] = "recorded"
    interval: Annotated[float, msgspec.Meta(ge=0.01, le=86400)] = 5.0
    """Seconds between two ticks."""
    version: Name = ""
    """Of Gobservability."""
    kernel: Name = ""
    started_ns: Nanoseconds = 0
    """Nanoseconds since 1970."""


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What inventories told of the machine's workloads."""

    workloads: tuple[WorkloadInfo, ...] = ()
    lacking: str = ""


class Tick(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tick: what was answered otherwise than at the tick before."""

    wall_ns: Nanoseconds
    monotonic_ns: Nanoseconds
    read_ns: dict[Name, Nanoseconds] = {}
    """Collector -> when it read, on the monotonic clock."""
    files: list[tuple[Name, Annotated[int, msgspec.Meta(ge=0, le=LARGEST_FILE)]]] = []
    """(path, bytes), in the order of the contents that follow."""
    folders: dict[Name, list[tuple[Name, bool]]] = {}
    """Path -> (name, whether it is a folder) of what is in it. Taken first: what was in it before and is no
    more is gone with all that is known of it."""
    links: dict[Name, Name] = {}
    stats: dict[Name, tuple[Number, Number, Number, Number, Number, Number, Number]] = {}
    """Path -> mode, inode, device, links, user, group, size."""
    failed: list[tuple[Name, Name, Name]] = []
    """(what was done: open, read, list, stat, link; path; the name of the error, e.g. ENOENT)."""
    past: list[Name] = []
    """Paths that a collector read past its Proc: copied right after it had read them."""
    known: Known | None = None
    opened_ns: Nanoseconds | None = None
    """Of the first tick: since when the agent counts its intervals, on the monotonic clock."""


class Failure(NamedTuple):
    """What the kernel answered instead."""

    action: str
    number: int

    def error(self, path: str) -> OSError:
        """The error as it was raised."""
        return OSError(self.number, os.strerror(self.number), path)

    @property
    def name(self) -> str:
        """What the error is called everywhere; its number differs between systems."""
        return errno.errorcode.get(self.number, "EIO")


def number_of(name: str) -> int:
    """The number of an error here; an unknown one is EIO."""
    found = getattr(errno, name, errno.EIO) if name.isalnum() else errno.EIO
    return found if isinstance(found, int) else errno.EIO


def said(path: str) -> str:
    """A path of this system as a recording has it."""
    return os.fsencode(path).decode("latin-1")


def meant(name: str) -> str:
    """A path of a recording as this system has it; raises ValueError where no kernel could have named it so."""
    return os.fsdecode(name.encode("latin-1"))


def is_below(path: str, gone: Container[str]) -> bool:
    """Whether a path is one of those, or below one."""
    end = len(path)
    while end > 0:
        if path[:end] in gone:
            return True
        end = path.rfind("/", 0, end)
    return False


def check_path(path: str) -> str:
    """Return the path; raises ValueError for one that leads anywhere but below `proc` and `sys`."""
    parts = path.split("/")
    if parts[0] not in ("proc", "sys") or len(parts) > 64 or "\0" in path or "\\" in parts[0]:
        raise ValueError(f"{path[:200]!r} is no path below proc or sys")
    if any(part in ("", ".", "..") or len(part) > 255 for part in parts):
        raise ValueError(f"{path[:200]!r} leads elsewhere, or nowhere")
    return path
