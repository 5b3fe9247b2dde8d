"""The only module that knows where /proc and /sys are mounted, and how reading them fails.

In a pod the host's are at /host/proc and /host/sys, in a test they are a folder. A descriptor is kept for every file
read by `read` and read again with pread, which costs a third of opening it. A kept descriptor costs 4 KiB of kernel
memory, so `read` is for the files of the node; readers of many processes manage their own through `open`.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from gobs_core.errors import Forbidden, Gone, Missing, NoData, ParseError

Pread = Callable[[int, int, int], bytes]
"""(descriptor, bytes at most, offset) -> bytes; os.pread, or what stands for it."""
_CHUNK = 65536
_CELL = 1 << 63
_NUMBER = re.compile(rb"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_OUTCOMES: dict[int, type[NoData]] = {
    errno.ENOENT: Missing,
    errno.ENOTDIR: Missing,
    errno.EOPNOTSUPP: Missing,
    errno.ENODEV: Missing,
    errno.EACCES: Forbidden,
    errno.EPERM: Forbidden,
    errno.ESRCH: Gone,
}


def text(raw: bytes) -> str:
    r"""Text of any bytes a kernel or a user may have put into a name; what is not UTF-8 becomes `\xNN`."""
    return raw.decode("utf-8", "backslashreplace")


class Proc:
    """One machine's /proc and /sys, by where they are mounted. Lives as long as its agent; close it, or use `with`.

    Paths are relative to the mount, e.g. `stat` or `1/stat`. Every method raises NoData in its three shapes: Missing,
    Forbidden, Gone; any other OSError is passed on. Not thread-safe: one collector at a time.

    A collector that reads through this alone, and asks `monotonic` where it needs the time, is replayed from a
    recording exactly as it was. All access goes through the few methods at the end that begin with an underscore.
    """

    live: ClassVar[bool] = True
    """Whether it is read as it is now. Of one that is recorded or replayed nothing is asked in another way than by its
    files, such as a process's CPU clock, and no descriptor is worth keeping."""

    def __init__(self, root: str | os.PathLike[str] = "/proc", sys: str | os.PathLike[str] = "/sys") -> None:
        self.root = Path(root)
        self.sys = Path(sys)
        self._prefix = f"{os.fspath(root)}/"
        self._kept: dict[str, int] = {}
        self.pread: Pread = os.pread
        """Reads from a descriptor that `open` gave: to be used instead of os.pread."""

    def clone(self) -> Proc:
        """Another one for the same mounts, with descriptors of its own."""
        return type(self)(self.root, self.sys)

    def read(self, path: str) -> bytes:
        """The whole of a file of the node, through a kept descriptor."""
        fd = self._kept.get(path)
        if fd is None:
            fd = self._kept[path] = self.open(path)
        try:
            return self._read_all(fd)
        except OSError as error:
            os.close(self._kept.pop(path))
            raise outcome(error, path) from None

    def text(self, path: str) -> str:
        """The same as text."""
        return text(self.read(path))

    def numbers(self, path: str) -> list[int | float]:
        """The words of a file, at least one, as numbers; raises ParseError where one is none or fits in no cell."""
        return _numbers(self.read(path), path)

    def sys_numbers(self, path: str) -> list[int | float]:
        """The same below /sys, where many a file is just one number."""
        return _numbers(self.sys_read(path), f"/sys/{path}")

    def read_once(self, path: str) -> bytes:
        """The whole of a file, opened and closed again."""
        return self._read_and_close(self.open(path), path)

    def open(self, path: str) -> int:
        """A descriptor for reading with `pread`, which is the caller's to close."""
        try:
            return self._open(self._prefix + path)
        except OSError as error:
            raise outcome(error, path) from None

    def open_at(self, path: str) -> int:
        """The same by the full path, e.g. that of a control group's file; it must be below one of the two mounts."""
        try:
            return self._open(path)
        except OSError as error:
            raise outcome(error, path) from None

    def pids(self) -> list[str]:
        """The processes there are now, as the names of their folders."""
        try:
            return [name for name in self._list(self._prefix) if name.isdigit()]
        except OSError as error:
            raise outcome(error, "") from None

    def names(self, path: str) -> list[str]:
        """The names in a folder."""
        try:
            return self._list(self._prefix + path)
        except OSError as error:
            raise outcome(error, path) from None

    def stat(self, path: str) -> os.stat_result:
        """What stat(2) says of a file."""
        try:
            return self._stat(self._prefix + path)
        except OSError as error:
            raise outcome(error, path) from None

    def stat_at(self, path: str) -> os.stat_result:
        """The same by the full path, which must be below one of the two mounts."""
        try:
            return self._stat(path)
        except OSError as error:
            raise outcome(error, path) from None

    def folders_at(self, path: str) -> list[str]:
        """The names of the folders right in a folder, by its full path; links are none."""
        try:
            return self._folders(path)
        except OSError as error:
            raise outcome(error, path) from None

    def link(self, path: str) -> str:
        """Where a symbolic link points to."""
        try:
            return text(os.fsencode(self._link(self._prefix + path)))
        except OSError as error:
            raise outcome(error, path) from None

    def sys_read(self, path: str) -> bytes:
        """The whole of a file below /sys."""
        try:
            fd = self._open(f"{self.sys}/{path}")
        except OSError as error:
            raise outcome(error, f"/sys/{path}") from None
        return self._read_and_close(fd, f"/sys/{path}")

    def sys_names(self, path: str) -> list[str]:
        """The names in a folder below /sys."""
        try:
            return self._list(f"{self.sys}/{path}")
        except OSError as error:
            raise outcome(error, f"/sys/{path}") from None

    def sys_link(self, path: str) -> str:
        """Where a symbolic link below /sys points to."""
        try:
            return text(os.fsencode(self._link(f"{self.sys}/{path}")))
        except OSError as error:
            raise outcome(error, f"/sys/{path}") from None

    def monotonic(self) -> float:
        """Seconds on a clock that only grows, at which it is read; of a recording, those at which it was."""
        return time.monotonic()

    def close(self) -> None:
        """Close every kept descriptor; safe twice."""
        while self._kept:
            os.close(self._kept.popitem()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_and_close(self, fd: int, path: str) -> bytes:
        try:
            return self._read_all(fd)
        except OSError as error:
            raise outcome(error, path) from None
        finally:
            os.close(fd)

    def _read_all(self, fd: int) -> bytes:
        # A seq_file hands out a page at a time however much is asked for: no short read, only an empty one is the end.
        data = self.pread(fd, _CHUNK, 0)
        parts = [data]
        offset = len(data)
        while data and (data := self.pread(fd, _CHUNK, offset)):
            parts.append(data)
            offset += len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _open(self, path: str) -> int:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def _list(self, path: str) -> list[str]:
        return os.listdir(path)

    def _folders(self, path: str) -> list[str]:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]

    def _stat(self, path: str) -> os.stat_result:
        return os.stat(path)

    def _link(self, path: str) -> str:
        return os.readlink(path)


def outcome(error: OSError, path: str) -> NoData | OSError:
    """The NoData an OSError of /proc stands for, or the error itself."""
    kind = _OUTCOMES.get(error.errno or 0)
    return error if kind is None else kind(f"{path}: {os.strerror(error.errno or 0)}")


def _numbers(raw: bytes, path: str) -> list[int | float]:
    words = raw.split()
    if not words or not all(map(_NUMBER.fullmatch, words)):
        raise ParseError(f"{path}: expected numbers, found {raw[:80]!r}")
    found = [float(word) if b"." in word else int(word) for word in words]
    if max(map(abs, found)) >= _CELL:
        raise ParseError(f"{path}: expected numbers of at most 63 bits, found {raw[:80]!r}")
    return found
