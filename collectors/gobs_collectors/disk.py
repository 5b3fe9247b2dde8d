"""/proc/diskstats: what each whole block device did, and which devices count in a total."""

import os
import re
from collections.abc import Collection, Iterator, Mapping

from gobs_core import (
    Chart,
    Collector,
    Column,
    NoData,
    Proc,
    Rows,
    RowValues,
    Table,
    Thresholds,
    Total,
    Unit,
    counter,
    derived,
    gauge,
    hookimpl,
    info,
    key,
)
from gobs_core.parse import garbage, lines, numbers
from gobs_core.proc import text

Stats = list[int | None]
"""The kernel's numbers of one device in the kernel's order; an old kernel's are fewer."""
DISK, STACKED, VIRTUAL = "disk", "stacked", "virtual"
_KIND = (
    "disk: only these count in a total; stacked: dm, md and others, whose bytes are counted again on the devices they "
    "are made of; virtual: without a device of its own"
)


def _counter(name: str, text: str, unit: Unit = Unit.OPERATIONS, scale: float = 1, needs: str = "") -> Column:
    return counter(name, text, unit, scale=scale, needs=needs, source="/proc/diskstats")


_NUMBERS = (
    _counter("reads", "Reads completed"),
    _counter("read_merges", "Reads joined with a neighbour before they were sent"),
    _counter("read_bytes", "Bytes read", Unit.BYTES, 512),
    _counter("read_time", "Time that reads took, of all reads together", Unit.SECONDS, 0.001),
    _counter("writes", "Writes completed"),
    _counter("write_merges", "Writes joined with a neighbour before they were sent"),
    _counter("write_bytes", "Bytes written", Unit.BYTES, 512),
    _counter("write_time", "Time that writes took, of all writes together", Unit.SECONDS, 0.001),
    gauge("in_flight", "Operations sent and not yet completed", Unit.ITEMS, scale=1, source="/proc/diskstats"),
    _counter("busy_time", "Time in which at least one operation was in flight", Unit.SECONDS, 0.001),
    _counter(
        "weighted_time", "Time that operations took, of all together, those in flight included", Unit.SECONDS, 0.001
    ),
    _counter("discards", "Discards completed", needs="Linux 4.18"),
    _counter("discard_merges", "Discards joined with a neighbour before they were sent", needs="Linux 4.18"),
    _counter("discard_bytes", "Bytes discarded", Unit.BYTES, 512, "Linux 4.18"),
    _counter("discard_time", "Time that discards took, of all discards together", Unit.SECONDS, 0.001, "Linux 4.18"),
    _counter("flushes", "Flushes completed", needs="Linux 5.5"),
    _counter("flush_time", "Time that flushes took, of all flushes together", Unit.SECONDS, 0.001, "Linux 5.5"),
)
_BUSY = 9
DISKS = Table(
    "disk",
    "What each whole block device did",
    [
        key("device", "Name of the device, as the kernel has it"),
        info("kind", _KIND, source="/sys/block/DEVICE"),
        info("name", "What its maker called a device-mapper device", source="/sys/block/DEVICE/dm/name"),
        *_NUMBERS,
        derived("utilisation", "Share of time with an operation in flight; a device that takes many is not full at 100",
                "100 * rate(busy_time)", Unit.PERCENT, thresholds=Thresholds(90)),
        derived("read_latency", "Average time of a read", "rate(read_time) / rate(reads)", Unit.SECONDS),
        derived("write_latency", "Average time of a write", "rate(write_time) / rate(writes)", Unit.SECONDS),
        derived("queue", "Operations in flight on average", "rate(weighted_time)"),
    ],
    total=Total("kind", frozenset({DISK})),
    charts=[
        Chart("read_bytes", "write_bytes", title="Disks"),
        Chart("reads", "writes", title="Operations"),
        Chart("utilisation", title="Utilisation of each device", each=True, top=100),
        Chart("read_latency", "write_latency", title="Latency"),
    ],
)  # fmt: skip
_LINE = re.compile(rb" *(\d+) +(\d+) (.+?)((?: \d+){11,})")
_MEMORY = re.compile(r"(ram|loop|zram)\d+")
_PATH = re.compile(r"(nvme\d+)c\d+(n\d+)")
_STACKED_NAME = re.compile(r"(dm-|md|bcache|drbd)\w+")
_RECHECK = 12
"""Readings after which kinds and names are looked up again: a device may be renamed, or put under another."""


def parse_diskstats(raw: bytes) -> dict[str, Stats]:
    """Return each device's numbers, 11 to 17 of them as the kernel is old or new; raises ParseError."""
    found: dict[str, Stats] = {}
    for line in lines(raw, "diskstats") if raw else ():  # a machine without disks has an empty file
        if not (match := _LINE.fullmatch(line)):
            raise garbage("diskstats", "two numbers, a device's name and at least 11 numbers", line)
        fields = match[4].split()[: len(_NUMBERS)]
        found[text(match[3])] = numbers(fields, "diskstats", "11 to 17 numbers")
    return found


def whole_by_name(names: Collection[str]) -> list[str]:
    """Leave out partitions by the kernel's own rule: a device's name and a number, with a p between two digits.

    xvda1 without an xvda beside it is whole.
    """
    there = frozenset(names)
    return [name for name in names if _disk_of(name) not in there]


def _disk_of(name: str) -> str | None:
    disk = name.rstrip("0123456789")
    if disk == name:
        return None
    return disk[:-1] if disk[-1:] == "p" and disk[-2:-1].isdigit() else disk


def fold_paths(devices: Mapping[str, Stats]) -> dict[str, Stats]:
    """Leave out the hidden paths of NVMe multipath; a disk that counts nothing itself gets what its paths count.

    Older kernels count on the paths alone, and leave the disk they lead to at 0.
    """
    whole = {name: stats for name, stats in devices.items() if not _PATH.fullmatch(name)}
    paths: dict[str, list[Stats]] = {}
    for name, stats in devices.items():
        if match := _PATH.fullmatch(name):
            paths.setdefault(match[1] + match[2], []).append(stats)
    for name, several in paths.items():
        if name in whole and not any(whole[name]):
            whole[name] = several[0] if len(several) == 1 else _sum(several)
    return whole


def _sum(several: list[Stats]) -> Stats:
    sums: Stats = [None if None in column else sum(filter(None, column)) for column in zip(*several, strict=False)]
    sums[_BUSY] = None  # the times of several paths overlap
    return sums


class DiskCollector(Collector):
    """Reads /proc/diskstats; partitions, loop devices and disks in memory (ram, zram) have no rows."""

    name = "disk"
    tables = (DISKS,)

    def open(self, proc: Proc) -> None:
        """Start without any device known."""
        self._seen: frozenset[str] = frozenset()
        self._described: dict[str, tuple[str, str | None]] = {}
        self._readings = 0
        self._told = len(_NUMBERS)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Yield one row for each whole device."""
        devices = parse_diskstats(proc.read("diskstats"))
        if devices.keys() != self._seen or self._readings % _RECHECK == 0:
            self._seen = frozenset(devices)
            self._described = describe(proc, devices)
        self._readings += 1
        self._told = max(map(len, devices.values()), default=len(_NUMBERS))
        yield DISKS.batch(
            [
                _row(name, self._described[name], stats)
                for name, stats in fold_paths(devices).items()
                if name in self._described
            ]
        )

    def unknown(self) -> Mapping[str, str]:
        """Return what this kernel is too old to tell."""
        return {f"disk.{column.name}": f"needs {column.needs}" for column in _NUMBERS[self._told :]}


def _row(name: str, described: tuple[str, str | None], stats: Stats) -> RowValues:
    return (name, *described, *stats, *[None] * (len(_NUMBERS) - len(stats)))


def describe(proc: Proc, devices: Mapping[str, object]) -> dict[str, tuple[str, str | None]]:
    """Return kind and given name of each device that is to have a row, from /sys or by name.

    By name where /sys is missing, or another machine's.
    """
    names = [name for name in devices if not _MEMORY.fullmatch(name)]
    try:
        folders = {text(os.fsencode(folder)).replace("!", "/"): folder for folder in proc.sys_names("block")}
    except NoData:
        folders = {}
    if folders.keys().isdisjoint(names):
        return {name: (_kind_by_name(name), None) for name in whole_by_name(names)}
    return {name: _describe(proc, folders[name]) for name in names if name in folders}


def _kind_by_name(name: str) -> str:
    return STACKED if _STACKED_NAME.fullmatch(name) else DISK


def _describe(proc: Proc, folder: str) -> tuple[str, str | None]:
    entries = _names(proc, f"block/{folder}")
    kind = DISK if "device" in entries else VIRTUAL
    if _names(proc, f"block/{folder}/slaves"):
        kind = STACKED
    if "dm" not in entries:
        return kind, None
    try:
        return kind, text(proc.sys_read(f"block/{folder}/dm/name").removesuffix(b"\n"))
    except NoData:
        return kind, None


def _names(proc: Proc, path: str) -> list[str]:
    try:
        return proc.sys_names(path)
    except NoData:
        return []


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce the collector."""
    return [DiskCollector]
