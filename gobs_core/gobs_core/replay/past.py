"""What is asked of this machine past a Proc: it is in no recording, and elsewhere the answer would be another.

Seen are files, programs and sockets, by Python's audit events, and what functions of `os` ask the system, by its
profiling hook. What a library asks in C by itself is not.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType

from gobs_core.plugins.places import OURS, is_strangers

_EVENTS = {
    "open": "the file",
    "os.listdir": "the folder",
    "os.scandir": "the folder",
    "os.posix_spawn": "the program",
    "os.system": "the program",
    "socket.connect": "a socket",
    "socket.getaddrinfo": "a name of the network",
    "socket.gethostbyname": "a name of the network",
    "socket.gethostname": "the name of the host",
    "socket.sendto": "a socket",
    "sqlite3.connect": "the database",
    "subprocess.Popen": "the program",
}
_FILES = frozenset({"open", "os.listdir", "os.scandir"})
_SYSTEM = frozenset({"cpu_count", "fstatvfs", "getloadavg", "sched_getaffinity", "statvfs", "sysconf", "uname"})
_PATHS = frozenset({"access", "lstat", "readlink", "stat"})
"""Of these it is not known which path they are asked about, so the variables of who asks are looked through for one."""
_here = threading.local()
_hooked: list[bool] = []


class Past:
    """Follows the calls of one collector, and notes the first thing that it asks past a Proc of these roots."""

    def __init__(self, *roots: str | os.PathLike[str]) -> None:
        self._roots = tuple(os.fspath(root).rstrip("/") for root in roots)
        self.found = ""
        """What it was, with the line of its author; empty: nothing yet."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at what this thread asks, for as long as the `with` lasts.

        An audit hook cannot be taken away again: one is added at the first use, and idles outside of such blocks.
        """
        if not _hooked:
            _hooked.append(True)
            sys.addaudithook(_audited)
        before, profile = getattr(_here, "past", None), sys.getprofile()
        _here.past = self
        sys.setprofile(self._called)
        try:
            yield
        finally:
            sys.setprofile(profile)
            _here.past = before

    def audited(self, event: str, args: tuple[object, ...]) -> None:
        """Take note of an audit event."""
        asked = args[0] if args else None
        path = os.fsdecode(asked) if isinstance(asked, str | bytes) else ""
        about = _EVENTS[event]
        if event in _FILES and (not path or path == os.devnull or self._holds(path)):
            return
        self._note(f"{about} {path}".strip(), sys._getframe(2), path)  # noqa: SLF001  there is no other way to ask

    def _called(self, frame: FrameType, event: str, arg: object) -> None:
        if event != "c_call" or self.found or getattr(arg, "__module__", "") != "posix":
            return
        name = getattr(arg, "__name__", "")
        if name in _SYSTEM or (name in _PATHS and not any(map(self._holds, _texts(frame)))):
            self._note(f"os.{name}", frame)

    def _holds(self, path: str) -> bool:
        return any(path == root or path.startswith(f"{root}/") for root in self._roots)

    def _note(self, what: str, frame: FrameType | None, path: str = "") -> None:
        while frame is not None and not self.found:
            file = frame.f_code.co_filename
            if file.startswith(("<frozen importlib", OURS)):
                return
            if _is_strangers(file):
                if not path.startswith(f"{os.path.dirname(file)}/"):  # what it brought with it is no reading
                    self.found = f"{what}, {file}, line {frame.f_lineno}"
                return
            frame = frame.f_back


_is_strangers = cache(is_strangers)


def _texts(frame: FrameType) -> Iterator[str]:
    for value in frame.f_locals.values():
        if isinstance(value, str | os.PathLike):
            yield str(value)


def _audited(event: str, args: tuple[object, ...]) -> None:
    past: Past | None = getattr(_here, "past", None)
    if past is None or event not in _EVENTS or past.found:
        return
    _here.past = None  # what is asked for in here is not meant
    try:
        past.audited(event, args)
    finally:
        _here.past = past
