"""A Proc that puts on a tape what it is answered, and what is read past it by its paths alone."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from gobs_core.proc import Proc
from gobs_core.replay.layout import LARGEST_FILE
from gobs_core.replay.tape import LINK, LIST, STAT, Listing, Tape

_CHUNK = 65536
_PAST = ("open", "os.listdir", "os.scandir")
_inside = threading.local()
_tapes: list[TapingProc] = []
_hooked: list[bool] = []


class TapingProc(Proc):
    """The machine as it is, put on a tape; all clones share it. No secret of a command line gets past it."""

    live: ClassVar[bool] = False

    def __init__(
        self,
        root: str | os.PathLike[str],
        sys: str | os.PathLike[str],
        tape: Tape,
        now: Callable[[], float],
    ) -> None:
        super().__init__(root, sys)
        self.tape = tape
        self._now = now
        self._roots = ((f"{self.root}/", "proc"), (f"{self.sys}/", "sys"))
        self._prefixes = tuple(prefix for prefix, _ in self._roots)
        self._noticed: dict[tuple[str, str], None] = {}
        self._paths: dict[int, str] = {}
        self.pread = self._pread

    def clone(self) -> TapingProc:
        """Another one for the same mounts and the same tape."""
        return type(self)(self.root, self.sys, self.tape, self._now)

    def monotonic(self) -> float:
        """Seconds at which the tick began."""
        return self._now()

    def name(self, path: str) -> str | None:
        """What a full path is called on the tape; None for one that leads out of the machine."""
        found = os.path.normpath(path)
        for prefix, name in self._roots:
            if found.startswith(prefix):
                return f"{name}/{found[len(prefix) :]}"
            if f"{found}/" == prefix:
                return name
        return None

    @contextmanager
    def noticing(self) -> Iterator[None]:
        """Note what is opened or listed below the mounts by anything but a Proc, for as long as the `with` lasts.

        An audit hook cannot be taken away again: one is added at the first use, and idles outside of such blocks.
        """
        if not _hooked:
            _hooked.append(True)
            sys.addaudithook(_notice)
        _tapes.append(self)
        try:
            yield
        finally:
            _tapes.remove(self)

    def notice(self, event: str, path: str) -> None:
        """Take note of what was opened or listed past it."""
        if path.startswith(self._prefixes):
            self._noticed[event, path] = None

    def copy_past(self) -> None:
        """Put on the tape what was read past it: as it is by now."""
        noticed, self._noticed = self._noticed, {}
        for event, path in noticed:
            self._copy(event, path)

    def _copy(self, event: str, path: str) -> None:
        with _by_us():
            name = self.name(path)
            try:
                if name is None or name in ("proc", "sys"):
                    return
                if event != "open":
                    self._list(path)
                elif os.path.isfile(path):
                    self.tape.past(name)
                    os.close(self._open(path))
                    self.tape.content(name, lambda: self._file(path))
            except (OSError, ValueError):
                return

    def _open(self, path: str) -> int:
        name = self.name(path)
        with _by_us():
            if name is None:
                return super()._open(path)
            do = super()._open
            fd = self.tape.open(name, lambda: do(path), lambda: os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        self._paths[fd] = name
        return fd

    def _pread(self, fd: int, size: int, offset: int) -> bytes:
        name = self._paths.get(fd)
        if name is None:
            return os.pread(fd, size, offset)
        return self.tape.content(name, lambda: _whole(fd))[offset : offset + size]

    def _list(self, path: str) -> list[str]:
        return [name for name, _ in self._listing(path).entries]

    def _folders(self, path: str) -> list[str]:
        return [name for name, folder in self._listing(path).entries if folder]

    def _listing(self, path: str) -> Listing:
        with _by_us():
            name = self.name(path)
            return _entries(path) if name is None else self.tape.ask(LIST, name, lambda: _entries(path))

    def _stat(self, path: str) -> os.stat_result:
        name = self.name(path)
        do = super()._stat
        if name is None:
            return do(path)
        return stat_result(self.tape.ask(STAT, name, lambda: tuple(do(path)[:7])))

    def _link(self, path: str) -> str:
        name = self.name(path)
        do = super()._link
        return do(path) if name is None else self.tape.ask(LINK, name, lambda: do(path))

    def _file(self, path: str) -> bytes:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return _whole(fd)
        finally:
            os.close(fd)


def stat_result(numbers: tuple[int, ...]) -> os.stat_result:
    """What stat(2) says, without times: those of /proc mean nothing."""
    return os.stat_result((*numbers, 0, 0, 0))


def _whole(fd: int) -> bytes:
    parts: list[bytes] = []
    offset = 0
    while offset < LARGEST_FILE and (data := os.pread(fd, _CHUNK, offset)):
        parts.append(data)
        offset += len(data)
    return b"".join(parts)


def _entries(path: str) -> Listing:
    with os.scandir(path) as entries:
        return Listing(tuple((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries))


@contextmanager
def _by_us() -> Iterator[None]:
    before = getattr(_inside, "us", False)
    _inside.us = True
    try:
        yield
    finally:
        _inside.us = before


def _notice(event: str, args: tuple[object, ...]) -> None:
    if not _tapes or event not in _PAST or getattr(_inside, "us", False):
        return
    path = args[0] if args else None
    if isinstance(path, str | bytes):
        for proc in tuple(_tapes):
            proc.notice(event, os.fsdecode(path))
