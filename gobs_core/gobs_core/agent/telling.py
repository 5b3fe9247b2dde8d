"""Workloads as a worker tells them, part by part: a stranger's, so nothing of it is believed."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from gobs_core.described import ContainerInfo, WorkloadInfo
from gobs_core.inventory import MAX_WORKLOADS
from gobs_core.workers.serve_inventory import MAX_INFO

MAX_DETAILS = 16 * MAX_WORKLOADS
"""Labels, addresses and containers of all workloads together."""
_MOST = 2**53
"""What any number may be at most."""
_PART = msgspec.msgpack.Decoder(list[WorkloadInfo])


class Telling:
    """Takes the parts of one answer, as they are; whoever counts their bytes bounds what that takes."""

    def __init__(self) -> None:
        self._parts: list[msgspec.Raw] = []

    def take(self, raw: msgspec.Raw) -> None:
        """Keep a part; raises ValueError for one that is too large."""
        if len(bytes(raw)) > 2 * MAX_INFO:
            raise ValueError(f"a part of {len(bytes(raw))} bytes")
        self._parts.append(raw)

    def infos(self) -> list[WorkloadInfo]:
        """All workloads, asked for once; raises ValueError or DecodeError. To be called in a thread."""
        found: list[WorkloadInfo] = []
        details = 0
        while self._parts:
            for info in _PART.decode(self._parts.pop(0)):
                details += len(info.labels) + len(info.ips) + len(info.containers)
                _check(info)
                found.append(info)
            if len(found) > MAX_WORKLOADS or details > MAX_DETAILS:
                raise ValueError(f"{len(found)} workloads with {details} labels, addresses and containers")
        return found


def _check(info: WorkloadInfo) -> None:
    if not info.id:
        raise ValueError("a workload without an id")
    if not all(math.isfinite(number) and abs(number) <= _MOST for number in _numbers(info)):
        raise ValueError("a number that is none, or too large")


def _numbers(info: WorkloadInfo) -> Iterator[float]:
    both: tuple[WorkloadInfo | ContainerInfo, ...] = (info, *info.containers)
    for one in both:
        yield from (one.cpu_request or 0, one.cpu_limit or 0, one.memory_request or 0, one.memory_limit or 0)
    for container in info.containers:
        yield from (container.restarts or 0, container.last_exit_code or 0)
