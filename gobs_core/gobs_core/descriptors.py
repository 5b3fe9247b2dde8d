"""Reads many files of many processes: through kept descriptors while there are any to spare, else by opening them.

A kept descriptor is read again for a third of what opening costs, and after its process has ended it answers ESRCH
even when the pid is used again. Each pins 4 KiB of kernel memory, so there is a bound.
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterable, Sequence
from itertools import repeat

from gobs_core.errors import Gone, Missing, NoData
from gobs_core.proc import Pread as Pread  # noqa: PLC0414  who reads with it has it from here
from gobs_core.proc import Proc

_SPARE = 512
"""Descriptors left to the rest of the agent."""
_LONGEST = 1 << 20
UNREADABLE = b"\0unreadable"
"""Read instead of a file that is there but may or can not be read now; no file of /proc begins so."""


class Descriptors:
    """The kept descriptors of one collector. Close it; safe twice."""

    def __init__(self, proc: Proc, limit: int, *, keep: bool = True, pread: Pread | None = None) -> None:
        self._proc = proc
        self._pread = pread or proc.pread
        self._limit = min(limit, _raise_limit() - _SPARE) if keep and limit and proc.live else 0
        self._open: set[int] = set()

    def __len__(self) -> int:
        return len(self._open)

    def keep(self, path: str) -> int:
        """A descriptor to be kept, -1 when there is none to spare. Raises NoData."""
        if len(self._open) >= self._limit:
            return -1
        try:
            fd = self._proc.open(path)
        except OSError:  # the process or the machine has no descriptors left: do with those there are
            self._limit = len(self._open)
            return -1
        self._open.add(fd)
        return fd

    def keep_at(self, path: str) -> int:
        """A descriptor to be kept for a file by its full path, -1 when none is to spare or it cannot be opened."""
        if len(self._open) >= self._limit:
            return -1
        try:
            fd = self._proc.open_at(path)
        except (NoData, OSError, ValueError):
            return -1
        self._open.add(fd)
        return fd

    def give_back(self, fds: Iterable[int]) -> None:
        """Close kept descriptors; -1 is none."""
        for fd in fds:
            if fd in self._open:
                self._open.discard(fd)
                os.close(fd)

    def read(self, fd: int, path: str, size: int) -> bytes:
        """A file through its kept descriptor, or opened when that is -1.

        Empty when the process has gone, UNREADABLE when reading fails for any other reason. No exception.
        """
        if fd >= 0:
            return self.read_kept([fd], size)[0]
        try:
            fd = self._proc.open(path)
        except (Missing, Gone):
            return b""
        except (NoData, OSError):
            return UNREADABLE
        return self._read_and_close(fd, size)

    def read_at(self, path: str, size: int) -> bytes:
        """A file by its full path, opened and closed again. As `read`."""
        try:
            fd = self._proc.open_at(path)
        except (Missing, Gone):
            return b""
        except (NoData, OSError, ValueError):
            return UNREADABLE
        return self._read_and_close(fd, size)

    def _read_and_close(self, fd: int, size: int) -> bytes:
        try:
            return self.read_kept([fd], size)[0]
        finally:
            os.close(fd)

    def read_kept(self, fds: Sequence[int], size: int, *, whole: bool = True) -> list[bytes]:
        """Many files at once through kept descriptors; `size` is what nearly all of them fit in. As `read`.

        `whole=False`: the first `size` bytes will do.
        """
        found: list[bytes] = []
        rest = iter(fds)
        while True:
            try:
                # An error leaves what was read in the list, and the iterator behind the descriptor that failed.
                found.extend(map(self._pread, rest, repeat(size), repeat(0)))
                break
            except (ProcessLookupError, FileNotFoundError):
                found.append(b"")
            except OSError as error:
                # A control group that was removed while a file of it is kept open is "no such device".
                found.append(b"" if error.errno == errno.ENODEV else UNREADABLE)
        if whole and max(map(len, found), default=0) >= size:
            for index, raw in enumerate(found):
                if len(raw) >= size:
                    found[index] = self._long(fds[index], size)
        return found

    def close(self) -> None:
        """Close all kept descriptors."""
        while self._open:
            os.close(self._open.pop())

    def _long(self, fd: int, size: int) -> bytes:
        raw = b""
        while size < _LONGEST:
            size *= 4
            try:
                raw = self._pread(fd, size, 0)
            except OSError:
                return UNREADABLE
            if len(raw) < size:
                break
        return raw


def _raise_limit() -> int:
    """Raise the soft limit on descriptors to the hard one, and say what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (OSError, ValueError):
            pass  # then with fewer
    return soft if soft >= 0 else 1 << 20


def on_procfs(proc: Proc) -> bool:
    """Whether this is a kernel's /proc, read now, and no copies: there, files have no size but something in them."""
    if not proc.live:
        return False
    for path in ("stat", "1/stat"):
        try:
            return proc.stat(path).st_size == 0 and bool(proc.read_once(path))
        except NoData:
            continue
    return False
