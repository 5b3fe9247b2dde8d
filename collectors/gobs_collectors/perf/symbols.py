"""Where perf finds the files that names come from: those inside a container, held open, linked into a tree of our own.

perf would enter the container's mount namespace, which takes SYS_ADMIN. Instead every file a process runs is opened
through /proc/PID/root while the process lives; a tree of links to these descriptors is what `perf script --symfs` looks
into. Nothing is copied but maps of code made while running (JIT), and a process that ends keeps its names.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from gobs_collectors.perf.workplace import JIT, MAPS
from gobs_core import NoData, Proc

MOST_FILES = 2048
"""Files held open for one recording."""
MOST_MAP = 64 << 20
"""Bytes of one JIT map that are copied."""
MOST_NAMESPACES = 16
"""Mount namespaces whose names are looked up for one recording."""
_MAPPED = re.compile(rb"^[0-9a-f]+-[0-9a-f]+ ..x. [0-9a-f]+ \S+ \d+ +(/.*)$", re.MULTILINE)
_DELETED = b" (deleted)"
OWN = ""
"""The mount namespace the agent itself is in: perf finds those files by their names."""


class Symbols:
    """The files of one recording's processes. `look` now and then while they live, `close` at the end."""

    def __init__(self, proc: Proc, folder: Path, jit: Path = JIT) -> None:
        self._proc = proc
        self._folder = folder
        self._jit = jit
        self._own = _namespace("/proc/self")
        self._held: dict[tuple[str, bytes], int] = {}
        self._maps: dict[Path, tuple[int, int]] = {}
        self.trees: dict[str, Path] = {}
        """Mount namespace -> the tree with its files; the agent's own has none."""
        self.pids: dict[int, str] = {}
        """Process -> its mount namespace."""
        self.missed: set[str] = set()
        """Why files could not be had, in sentences."""

    def look(self, pids: Iterable[int]) -> None:
        """Hold what these processes run now. Reads /proc."""
        for pid in pids:
            root = f"{self._proc.root}/{pid}"
            try:
                # A container's first process is looked at before it is in its own namespace, now and then.
                namespace = self.pids[pid] = self._space(root)
                if namespace != OWN:
                    self._hold(root, namespace)
                    self._copy_map(root, pid)
            except FileNotFoundError:
                continue
            except PermissionError:
                self.missed.add("files of some processes could not be read: that takes SYS_PTRACE and DAC_READ_SEARCH")
            except OSError as error:
                self.missed.add(f"some files could not be read: {error.strerror}")

    def close(self) -> None:
        """Let go of all files and remove the copies."""
        for fd in self._held.values():
            os.close(fd)
        self._held.clear()
        for copy in self._maps:
            copy.unlink(missing_ok=True)
        self._maps.clear()

    def _space(self, root: str) -> str:
        namespace = _namespace(root)
        if namespace == self._own:
            return OWN
        if namespace not in self.trees:
            if len(self.trees) >= MOST_NAMESPACES:
                self.missed.add(
                    f"there are more than {MOST_NAMESPACES} mount namespaces; the others' names are left out"
                )
                return OWN
            self.trees[namespace] = self._folder / f"files-{len(self.trees)}"
            self.trees[namespace].mkdir()
        return namespace

    def _hold(self, root: str, namespace: str) -> None:
        with open(f"{root}/maps", "rb") as maps:
            paths = set(_MAPPED.findall(maps.read()))
        for raw in paths:
            path = raw.removesuffix(_DELETED)
            if (namespace, path) in self._held or b".." in path.split(b"/") or b"\\" in path:
                continue
            if len(self._held) >= MOST_FILES:
                self.missed.add(f"more than {MOST_FILES} files are run; the names in the others are left out")
                return
            self._link(root, namespace, path, gone=raw != path)

    def _link(self, root: str, namespace: str, path: bytes, *, gone: bool) -> None:
        """Open one file and put a link to it into the tree."""
        source = os.fsencode(root) + (b"/exe" if gone else b"/root" + path)
        if gone and os.readlink(source).removesuffix(_DELETED) != path:
            return
        try:
            fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            return
        self._held[namespace, path] = fd
        target = os.fsencode(self.trees[namespace]) + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.symlink(f"/proc/{os.getpid()}/fd/{fd}", target)

    def _copy_map(self, root: str, pid: int) -> None:
        """Copy a process's map of code made while running, where it has one, if it has grown."""
        source = Path(f"{root}/root/tmp/perf-{self._inner(pid)}.map")
        target = self._jit / f"perf-{pid}.map"
        try:
            found = source.stat()
        except FileNotFoundError:
            return
        seen = (found.st_size, found.st_mtime_ns)
        if not stat.S_ISREG(found.st_mode) or self._maps.get(target) == seen:
            return
        if target not in self._maps:
            if target.exists():
                self.missed.add("a map of code made while running stands in the way of another; it was left alone")
                return
            (self._folder / MAPS).mkdir(exist_ok=True)
            (self._folder / MAPS / target.name).touch()
        with source.open("rb") as file:
            content = file.read(MOST_MAP)
        self._maps[target] = seen
        target.unlink(missing_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as copy:
            copy.write(content)

    def _inner(self, pid: int) -> str:
        """The process's number in its own namespace."""
        try:
            status = self._proc.read_once(f"{pid}/status")
        except NoData:
            return str(pid)
        _, found, rest = status.partition(b"\nNSpid:")
        return rest.split(b"\n", 1)[0].split()[-1].decode("ascii", "replace") if found else str(pid)


def _namespace(process: str) -> str:
    return os.readlink(f"{process}/ns/mnt")
