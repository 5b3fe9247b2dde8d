"""What a simulated machine counts besides its CPUs: disks, memory, pressure and load averages."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

SECTOR = 512


@dataclass(slots=True)
class Disk:
    """What /proc/diskstats counts of one disk, and what is still to be written to it."""

    name: str
    major: int
    minor: int
    reads: int = 0
    read_merges: int = 0
    sectors_read: int = 0
    read_ms: int = 0
    writes: int = 0
    write_merges: int = 0
    sectors_written: int = 0
    write_ms: int = 0
    in_flight: int = 0
    busy_ms: int = 0
    weighted_ms: int = 0
    dirty: int = 0
    """Bytes that processes have written and the disk has not."""

    def step(self, read: int, written: int, elapsed: float, dice: random.Random) -> float:
        """Take `read` bytes now and `written` bytes some seconds later; return the share of the time it was busy."""
        self.dirty += written
        flushed = min(self.dirty, int(self.dirty * min(1.0, elapsed / 8)) // 4096 * 4096)
        self.dirty -= flushed
        reads, writes = -(-read // 16_384), -(-flushed // 24_576)
        self.reads += reads
        self.writes += writes
        self.read_merges += reads // 20
        self.write_merges += writes // 3
        self.sectors_read += read // SECTOR
        self.sectors_written += flushed // SECTOR
        crowd = 1 + (reads + writes) / (2_000 * elapsed) if elapsed else 1.0
        read_ms, write_ms = (int(n * ms * crowd * dice.uniform(0.7, 1.4)) for n, ms in ((reads, 0.4), (writes, 1.1)))
        busy = min(int(elapsed * 1000), (read_ms + write_ms * 2 // 3))
        self.read_ms += read_ms
        self.write_ms += write_ms
        self.busy_ms += busy
        self.weighted_ms += read_ms + write_ms
        self.in_flight = int(dice.random() * 4) if busy > 50 * elapsed else 0
        return busy / (elapsed * 1000) if elapsed else 0.0


@dataclass(slots=True)
class Memory:
    """The machine's memory in bytes; what is not used or cached is free."""

    total: int
    used: int = 0
    """By processes, not by files."""
    cached: int = 0
    buffers: int = 0
    slab: int = 0
    dirty: int = 0
    writeback: int = 0

    @property
    def free(self) -> int:
        """What nobody has."""
        return self.total - self.used - self.cached - self.buffers - self.slab

    def step(self, used: int, read: int, disk: Disk, processes: int) -> float:
        """Take what processes use and what was read; return how short memory is, 0 to 1."""
        self.used = min(used, int(self.total * 0.97))
        self.slab = 60_000_000 + 400_000 * processes
        self.buffers = min(self.buffers + read // 50, self.total // 100)
        room = max(0, int(self.total * 0.96) - self.used - self.slab - self.buffers)
        self.cached = min(self.cached + read, room)
        self.dirty = disk.dirty
        self.writeback = disk.dirty // 16
        return max(0.0, used / self.total - 0.85)


@dataclass(slots=True)
class Pressure:
    """What one line of /proc/pressure says."""

    averages: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    total: int = 0
    """Microseconds."""

    def step(self, share: float, elapsed: float) -> None:
        """Take the share of the step in which somebody waited."""
        self.total += int(share * elapsed * 1e6)
        for place, seconds in enumerate((10, 60, 300)):
            keep = math.exp(-elapsed / seconds)
            self.averages[place] = keep * self.averages[place] + (1 - keep) * 100 * share
