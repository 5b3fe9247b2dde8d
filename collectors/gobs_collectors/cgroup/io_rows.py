"""The rows of `container_io`: one for each block device a container has used, made anew where it was used again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from operator import is_

from gobs_collectors.cgroup.container import Container
from gobs_collectors.cgroup.devices import Devices
from gobs_collectors.cgroup.parsers import LIMIT, Cells, blkio_by_device, io_by_device
from gobs_collectors.cgroup.rows import LONGEST, Key
from gobs_core import RowValues, WorkloadInfo
from gobs_core.table import MAX_ROWS
from gobs_core.text import cut

FILES = ("io.stat", "blkio.throttle.io_service_bytes", "blkio.throttle.io_serviced")
"""Whose bytes tell of devices, in both versions; of the second of version 1 come the operations."""
Raw = tuple[bytes | None, ...]
_NEITHER: Cells = (None, None)


class IoRows:
    """The rows of the last tick, by the container's key, each with what they were made from."""

    def __init__(self) -> None:
        self._rows: dict[Key, tuple[WorkloadInfo | None, Raw, list[RowValues]]] = {}
        self.left_out = 0
        """Rows over the limit at the last tick."""

    def make(
        self, containers: Mapping[Key, Container], known: Mapping[str, WorkloadInfo], devices: Devices
    ) -> list[RowValues]:
        """One row for each device of each container; the very same tuples where nothing changed."""
        before, self._rows = self._rows, {}
        for key, container in containers.items():
            info, raw = known.get(key[0]), _raw(container)
            old = before.get(key)
            if old is None or old[0] is not info or not all(map(is_, old[1], raw)):
                old = info, raw, list(_made(key, info, container, devices))
            self._rows[key] = old
        count = sum(len(rows) for _, _, rows in self._rows.values())
        self.left_out = max(0, count - MAX_ROWS)
        return list(islice((row for _, _, rows in self._rows.values() for row in rows), MAX_ROWS))


def _raw(container: Container) -> Raw:
    found = {file.source.file: file.raw for file in container.files}
    return tuple(found.get(name) for name in FILES)


def _made(key: Key, info: WorkloadInfo | None, container: Container, devices: Devices) -> Iterator[RowValues]:
    one = None if info is None else info.container(key[1])
    texts = (None,) * 4 if info is None else (info.namespace, info.name, one.name if one else None, info.owner)
    named = tuple(None if told is None else cut(told, LONGEST) for told in texts)
    for number, cells in sorted(_by_device(_raw(container)).items()):
        device = devices.of(number)
        if device.storage and any(cell is not None for cell in cells):
            counted = "yes" if device.counts and not container.group.nested else "no"
            yield (*key, device.name, *named, counted, *(_fitting(cell) for cell in cells))


def _by_device(raw: Raw) -> dict[bytes, Cells]:
    both, moved, done = raw
    if both is not None:
        return io_by_device(both) or {}
    sizes, counts = (blkio_by_device(one or b"") or {} for one in (moved, done))
    return {number: (*sizes.get(number, _NEITHER), *counts.get(number, _NEITHER)) for number in sizes | counts}


def _fitting(cell: int | None) -> int | None:
    return cell if cell is not None and cell < LIMIT else None
