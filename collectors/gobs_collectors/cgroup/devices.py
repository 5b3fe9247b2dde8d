"""What the block devices of a machine are called, and which count in a sum, so that no byte is counted twice."""

from __future__ import annotations

from typing import NamedTuple

from gobs_core import NoData, Proc
from gobs_core.proc import text

_NO_STORAGE = ("loop", "ram", "zram")
"""What a loop device reads its file's disk has read, and memory is no storage."""


class Device(NamedTuple):
    """One block device."""

    name: str
    """As /proc/diskstats has it; `MAJOR:MINOR` where /sys does not tell it."""
    counts: bool = True
    """Whether it lies on no other. One of which nothing is known counts."""
    storage: bool = True
    """Whether anything is kept on it that is on no other device it could be read from."""


class Devices:
    """The block devices of one machine, by `MAJOR:MINOR`. What was found is remembered: a number is seldom reused."""

    def __init__(self, proc: Proc) -> None:
        self._proc = proc
        self._known: dict[bytes, Device] = {}

    def of(self, number: bytes) -> Device:
        """What is known of a device."""
        known = self._known.get(number)
        if known is None:
            known = self._known[number] = self._look(number)
        return known

    def counts(self, number: bytes) -> bool:
        """Whether it is a device of its own."""
        return self.of(number).counts

    def forget(self) -> None:
        """Look again from now on: disks come and go."""
        self._known.clear()

    def _look(self, number: bytes) -> Device:
        told = text(number)
        if not number.replace(b":", b"").isdigit():
            return Device(told, counts=False)
        folder = f"dev/block/{told}"
        try:
            name = self._proc.sys_link(folder).rpartition("/")[2]
        except (NoData, OSError):
            return Device(told)
        if name.startswith(_NO_STORAGE):
            return Device(name, counts=False, storage=False)
        try:
            return Device(name, counts=not self._proc.sys_names(f"{folder}/slaves"))
        except (NoData, OSError):
            return Device(name)
