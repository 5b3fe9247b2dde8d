"""One container as last read: the bytes of its group's files, and the cells parsed from them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from gobs_collectors.cgroup.parsers import Value
from gobs_collectors.cgroup.sources import CELLS, INACTIVE, PERIOD, QUOTA, Source, When
from gobs_core.control_groups import Group
from gobs_core.descriptors import UNREADABLE, Descriptors

_CPU_LIMIT, _MEMORY, _WORKING_SET = (CELLS.index(name) for name in ("cpu_limit", "memory", "working_set"))
_INACTIVE, _QUOTA, _PERIOD = CELLS.index(INACTIVE), CELLS.index(QUOTA), CELLS.index(PERIOD)
SHOWN = _INACTIVE
"""How many of CELLS are shown: all before this place."""


class File:
    """One file of one group. `fd` is kept, or -1: then it is opened each time."""

    __slots__ = ("fd", "path", "raw", "source")

    def __init__(self, source: Source, path: str, fd: int) -> None:
        self.source = source
        self.path = path
        self.fd = fd
        self.raw: bytes | None = None


class Container:
    """One container's group, from when it is found until it is gone."""

    __slots__ = ("_new", "cells", "files", "group", "phase", "ran", "touched")

    def __init__(self, group: Group, files: Sequence[File], phase: int) -> None:
        self.group = group
        self.files = tuple(files)
        self.phase = phase
        self._new = True
        self.ran = True
        """Whether it has used CPU time since the tick before; not known: it has."""
        self.cells: list[Value] = [None] * len(CELLS)
        self.touched = True
        """Whether a cell changed since the row was made."""

    @property
    def workload(self) -> str:
        """What it belongs to: the key of its row in `pod`."""
        return self.group.place.pod or self.group.place.container

    @property
    def gate(self) -> File | None:
        """The file that tells whether it has run."""
        first = self.files[0] if self.files else None
        return first if first is not None and first.source.cells[0] == 0 else None

    def take(self, file: File, raw: bytes) -> None:
        """New bytes of a file."""
        if raw == file.raw:
            return
        file.raw = raw
        cells = (None,) * len(file.source.cells) if raw is UNREADABLE else file.source.parse(raw)
        for place, value in zip(file.source.cells, cells, strict=True):
            if self.cells[place] != value:
                self.cells[place] = value
                self.touched = True

    def shown(self) -> tuple[Value, ...]:
        """The cells of `tables.READ_CELLS`."""
        cells = self.cells
        used, inactive, quota, period = cells[_MEMORY], cells[_INACTIVE], cells[_QUOTA], cells[_PERIOD]
        cells[_WORKING_SET] = None if used is None or inactive is None else max(0, used - inactive)
        if period:
            cells[_CPU_LIMIT] = None if quota is None else round(1000 * quota / period)
        return tuple(cells[:SHOWN])

    def due(self, tick: int, every: int) -> list[File]:
        """The files to be read at this tick, without those that always are."""
        turn = tick % every == self.phase or self._new
        self._new = False
        limit = When.SELDOM if turn else When.RAN if self.ran else When.ALWAYS
        return [file for file in self.files if When.ALWAYS < file.source.when <= limit]


def opened(
    group: Group, sources: Sequence[Source], trees: Mapping[str, Path], descriptors: Descriptors, phase: int
) -> Container:
    """Open the files there are of a group; those read at every tick are kept open while there is room."""
    files = []
    for source in sources:
        tree = trees.get(source.tree)
        path = f"{tree}/{group.path}/{source.file}"
        if tree is None or not os.access(path, os.R_OK):
            continue
        fd = descriptors.keep_at(path) if source.when is When.ALWAYS else -1
        files.append(File(source, path, fd))
    return Container(group, files, phase)
