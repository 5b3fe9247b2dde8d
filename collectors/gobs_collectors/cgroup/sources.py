"""Which file of a group holds which cells, in which version, and when it is read."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from gobs_collectors.cgroup import parsers
from gobs_collectors.cgroup.devices import Devices
from gobs_collectors.cgroup.tables import READ_CELLS

Parse = Callable[[bytes], parsers.Cells]
INACTIVE, QUOTA, PERIOD = "inactive_file", "quota", "period"
"""Read, but shown in other cells alone: the working set, the CPU limit of version 1."""
CELLS = (*(column.name for column in READ_CELLS), INACTIVE, QUOTA, PERIOD)


class When(IntEnum):
    """When a file is read."""

    ALWAYS = 0
    """At every tick: what others do, such as write its pages to disk, changes it, or what it waits for."""
    RAN = 1
    """When it has used CPU time since the last tick, and in its turn."""
    SELDOM = 2
    """In its turn: limits."""


class Source(NamedTuple):
    """One file of a group."""

    tree: str
    """The controller of version 1; empty: the one tree of version 2."""
    file: str
    when: When
    parse: Parse
    cells: tuple[int, ...]
    """Places in CELLS of what it parses into."""


def sources(version: int, devices: Devices) -> tuple[Source, ...]:
    """Every file of a group, the one that tells whether it has run first."""
    return _version_1(devices) if version == 1 else _version_2(devices)


def _source(tree: str, file: str, when: When, parse: Parse, *cells: str) -> Source:
    return Source(tree, file, when, parse, tuple(CELLS.index(cell) for cell in cells))


def _pressures() -> tuple[Source, ...]:
    return tuple(
        _source("", f"{what}.pressure", When.ALWAYS, parsers.parse_pressure, f"{what}_some", f"{what}_full")
        for what in ("cpu", "memory", "io")
    )


def _version_2(devices: Devices) -> tuple[Source, ...]:
    def io_stat(raw: bytes) -> parsers.Cells:
        return parsers.parse_io_stat(raw, devices.counts)

    return (
        _source(
            "", "cpu.stat", When.ALWAYS, parsers.parse_cpu_stat,
            "cpu_usage", "cpu_user", "cpu_system", "periods", "throttled_periods", "throttled_time",
        ),
        *_pressures(),
        _source("", "io.stat", When.ALWAYS, io_stat, "read_bytes", "write_bytes", "reads", "writes"),
        _source("", "memory.current", When.RAN, parsers.parse_number, "memory"),
        _source("", "memory.stat", When.RAN, parsers.parse_memory_stat, "anon", "file", "kernel", INACTIVE),
        _source(
            "", "memory.events", When.RAN, parsers.parse_memory_events, "oom", "oom_kill", "memory_high", "memory_max"
        ),
        _source("", "pids.current", When.RAN, parsers.parse_number, "pids"),
        _source("", "cpu.max", When.SELDOM, parsers.parse_cpu_max, "cpu_limit"),
        _source("", "memory.max", When.SELDOM, parsers.parse_number, "memory_limit"),
        _source("", "pids.max", When.SELDOM, parsers.parse_number, "pids_limit"),
    )  # fmt: skip


def _version_1(devices: Devices) -> tuple[Source, ...]:
    def blkio(raw: bytes) -> parsers.Cells:
        return parsers.parse_blkio(raw, devices.counts)

    nano, always, ran, seldom = parsers.parse_nanoseconds, When.ALWAYS, When.RAN, When.SELDOM
    return (
        _source("cpuacct", "cpuacct.usage", always, nano, "cpu_usage"),
        _source("cpuacct", "cpuacct.usage_user", ran, nano, "cpu_user"),
        _source("cpuacct", "cpuacct.usage_sys", ran, nano, "cpu_system"),
        _source("cpu", "cpu.stat", always, parsers.parse_throttling, "periods", "throttled_periods", "throttled_time"),
        *_pressures(),
        _source("blkio", "blkio.throttle.io_service_bytes", always, blkio, "read_bytes", "write_bytes"),
        _source("blkio", "blkio.throttle.io_serviced", always, blkio, "reads", "writes"),
        _source("memory", "memory.usage_in_bytes", ran, parsers.parse_number, "memory"),
        _source("memory", "memory.stat", ran, parsers.parse_memory_stat_1, "anon", "file", INACTIVE),
        _source("memory", "memory.kmem.usage_in_bytes", ran, parsers.parse_number, "kernel"),
        _source("memory", "memory.oom_control", ran, parsers.parse_oom_control, "oom_kill"),
        _source("memory", "memory.failcnt", ran, parsers.parse_number, "memory_max"),
        _source("pids", "pids.current", ran, parsers.parse_number, "pids"),
        _source("cpu", "cpu.cfs_quota_us", seldom, parsers.parse_number, QUOTA),
        _source("cpu", "cpu.cfs_period_us", seldom, parsers.parse_number, PERIOD),
        _source("memory", "memory.limit_in_bytes", seldom, parsers.parse_number, "memory_limit"),
        _source("pids", "pids.max", seldom, parsers.parse_number, "pids_limit"),
    )
