"""Which block devices count in a sum over devices: those that lie on no other, so that no byte is counted twice."""

from __future__ import annotations

from gobs_core import NoData, Proc

_NO_STORAGE = ("loop", "ram", "zram")
"""What a loop device reads its file's disk has read, and memory is no storage."""


class Devices:
    """The block devices of one machine, by `MAJOR:MINOR`. What was found is remembered: a number is seldom reused."""

    def __init__(self, proc: Proc) -> None:
        self._proc = proc
        self._known: dict[bytes, bool] = {}

    def counts(self, device: bytes) -> bool:
        """Whether it is a device of its own. One of which nothing is known counts."""
        known = self._known.get(device)
        if known is None:
            known = self._known[device] = self._look(device)
        return known

    def forget(self) -> None:
        """Look again from now on: disks come and go."""
        self._known.clear()

    def _look(self, device: bytes) -> bool:
        if not device.replace(b":", b"").isdigit():
            return False
        folder = f"dev/block/{device.decode()}"
        try:
            name = self._proc.sys_link(folder).rpartition("/")[2]
        except (NoData, OSError):
            return True
        if name.startswith(_NO_STORAGE):
            return False
        try:
            return not self._proc.sys_names(f"{folder}/slaves")
        except (NoData, OSError):
            return True
