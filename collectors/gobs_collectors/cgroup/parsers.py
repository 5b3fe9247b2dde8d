"""How the files of a control group are written, in both versions. Any bytes parse: what they do not tell is None."""

from __future__ import annotations

import re
from collections.abc import Callable

from gobs_core.parse import flat

Value = int | None
Cells = tuple[Value, ...]
LIMIT = 1 << 62
"""Numbers from here on fit into no cell; version 1 writes such a one for "no limit"."""
_PSI = re.compile(rb"^(some|full) avg10=[\d.]{1,9} avg60=[\d.]{1,9} avg300=[\d.]{1,9} total=(\d{1,18})$", re.MULTILINE)
_IO = re.compile(rb"(rbytes|wbytes|rios|wios)=(\d{1,18})(?![\d])")
_IO_NAMES = (b"rbytes", b"wbytes", b"rios", b"wios")
_OPERATION = re.compile(rb"^(\d{1,9}:\d{1,9}) (Read|Write) (\d{1,18})$", re.MULTILINE)
_TOTAL = re.compile(rb"^Total \d{1,18}\n\Z", re.MULTILINE)
_DEVICE = re.compile(rb"\d{1,9}:\d{1,9}")
_KERNEL = (b"slab", b"kernel_stack", b"pagetables", b"percpu", b"vmalloc")
Counts = Callable[[bytes], bool]
"""Whether a device, `MAJOR:MINOR`, counts: a disk does, what lies on top of one would count its bytes again."""


def whole(raw: bytes) -> bytes:
    """The whole lines of a file; nothing of one that was cut."""
    return raw[: raw.rfind(b"\n") + 1]


def number(raw: bytes) -> Value:
    """A file that is one number, `max` being none."""
    text = raw.strip()
    if not raw.endswith(b"\n") or not text.isdigit() or len(text) > 19 or int(text) >= LIMIT:
        return None
    return int(text)


def parse_number(raw: bytes) -> Cells:
    """Return what `number` does, as the one cell."""
    return (number(raw),)


def parse_cpu_stat(raw: bytes) -> Cells:
    """Return usage, user, system in µs, periods, throttled periods, throttled time in µs, of version 2's cpu.stat."""
    found = flat(raw)
    names = (b"usage_usec", b"user_usec", b"system_usec", b"nr_periods", b"nr_throttled", b"throttled_usec")
    return tuple(found.get(name) for name in names)


def parse_throttling(raw: bytes) -> Cells:
    """Return periods, throttled periods, throttled time in µs, of version 1's cpu.stat."""
    found = flat(raw)
    return found.get(b"nr_periods"), found.get(b"nr_throttled"), _thousandth(found.get(b"throttled_time"))


def parse_nanoseconds(raw: bytes) -> Cells:
    """Return the microseconds of a file that is one number of nanoseconds."""
    return (_thousandth(number(raw)),)


def parse_cpu_max(raw: bytes) -> Cells:
    """Return thousandths of a core, of `QUOTA PERIOD`."""
    words = whole(raw).split()
    if len(words) != 2 or not all(word.isdigit() and len(word) < 16 for word in words) or not int(words[1]):
        return (None,)
    return (round(1000 * int(words[0]) / int(words[1])),)


def parse_memory_stat(raw: bytes) -> Cells:
    """Return anon, file, kernel, inactive file in bytes, of version 2's memory.stat."""
    found = flat(raw)
    kernel = found.get(b"kernel")
    if kernel is None and found.get(b"slab") is not None:  # before Linux 5.18 only its parts are told
        kernel = sum(found.get(name) or 0 for name in _KERNEL)
    return found.get(b"anon"), found.get(b"file"), kernel, found.get(b"inactive_file")


def parse_memory_stat_1(raw: bytes) -> Cells:
    """Return anon, file, inactive file in bytes, of version 1's memory.stat."""
    found = flat(raw)
    return found.get(b"total_rss"), found.get(b"total_cache"), found.get(b"total_inactive_file")


def parse_memory_events(raw: bytes) -> Cells:
    """Return oom, oom_kill, high, max."""
    found = flat(raw)
    return found.get(b"oom"), found.get(b"oom_kill"), found.get(b"high"), found.get(b"max")


def parse_oom_control(raw: bytes) -> Cells:
    """Return oom_kill, which version 1 tells since Linux 4.13."""
    return (flat(raw).get(b"oom_kill"),)


def io_by_device(raw: bytes) -> dict[bytes, Cells] | None:
    """Return device -> bytes read and written, reads and writes, of version 2's io.stat; None: it is not written so."""
    found: dict[bytes, Cells] = {}
    for line in raw.split(b"\n")[:-1]:
        device, _, rest = line.partition(b" ")
        if not _DEVICE.fullmatch(device):
            return None
        told = dict(_IO.findall(rest))
        found[device] = tuple(int(told[name]) if name in told else None for name in _IO_NAMES)
    return found


def blkio_by_device(raw: bytes) -> dict[bytes, Cells] | None:
    """Return device -> what was read and what was written, of a file of version 1's blkio; None: it was cut."""
    if not _TOTAL.search(raw):
        return None
    found: dict[bytes, dict[bytes, int]] = {}
    for device, way, value in _OPERATION.findall(raw):
        found.setdefault(device, {})[way] = int(value)
    return {device: (told.get(b"Read"), told.get(b"Write")) for device, told in found.items()}


def parse_io_stat(raw: bytes, counts: Counts) -> Cells:
    """Return bytes read and written, reads and writes, over the devices that count; an empty file is none at all."""
    return _sums(io_by_device(raw), 4, counts)


def parse_blkio(raw: bytes, counts: Counts) -> Cells:
    """Return what was read and what was written, over the devices that count, of a file of version 1's blkio."""
    return _sums(blkio_by_device(raw), 2, counts)


def _sums(found: dict[bytes, Cells] | None, width: int, counts: Counts) -> Cells:
    if found is None:
        return (None,) * width
    sums = [0] * width
    for device, cells in found.items():
        if counts(device):
            sums = [total + (cell or 0) for total, cell in zip(sums, cells, strict=True)]
    return tuple(value if value < LIMIT else None for value in sums)


def parse_pressure(raw: bytes) -> Cells:
    """Return the total time of `some` and of `full` in µs."""
    found = {who: int(total) for who, total in _PSI.findall(whole(raw))}
    return found.get(b"some"), found.get(b"full")


def _thousandth(value: Value) -> Value:
    return None if value is None else value // 1000
