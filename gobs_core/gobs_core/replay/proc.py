"""A recorded machine at one moment: the files in a folder, everything else from memory, all as it was answered then."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from gobs_core.errors import UserError
from gobs_core.proc import Proc
from gobs_core.replay.layout import MOST_BYTES, MOST_PATHS, Failure, Tick, check_path, is_below, meant, number_of
from gobs_core.replay.taping import stat_result


class Machine:
    """What all readers of one replay share: the moment that is read now. Its folder holds no link, and none is made."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.seconds = 0.0
        """On the monotonic clock of the machine."""
        self.failed: dict[tuple[str, str], Failure] = {}
        self.listed: dict[str, list[tuple[str, bool]]] = {}
        self.links: dict[str, str] = {}
        self.stats: dict[str, tuple[int, ...]] = {}
        self._sizes: dict[str, int] = {}
        self._bytes = 0
        for name in ("proc", "sys"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def apply(self, tick: Tick, contents: Sequence[bytes]) -> None:
        """Go on to the next tick; raises UserError for one that no machine could have had."""
        try:
            self._apply(tick, contents)
        except (ValueError, OSError) as error:
            raise UserError(f"the recording cannot be replayed: {error}") from None
        self.seconds = tick.monotonic_ns / 1e9
        if len(self._sizes) + len(self.listed) + len(self.links) + len(self.stats) + len(self.failed) > MOST_PATHS:
            raise UserError(f"the recording cannot be replayed: it has more than {MOST_PATHS:,} paths")
        if self._bytes > MOST_BYTES:
            raise UserError(f"the recording cannot be replayed: its files have more than {MOST_BYTES >> 20:,} MiB")

    def _apply(self, tick: Tick, contents: Sequence[bytes]) -> None:
        for name, entries in tick.folders.items():
            path = meant(check_path(name))
            self._clear("list", path)
            self._lay(path, [(meant(entry), folder) for entry, folder in entries])
        for (name, _), content in zip(tick.files, contents, strict=True):
            path = meant(check_path(name))
            self._clear("open", path)
            self._clear("read", path)
            self._write(path, content)
        for action, name, error in tick.failed:
            path = meant(check_path(name))
            self.failed[action, path] = Failure(action, number_of(error))
            if action in ("open", "read"):
                self._clear("read" if action == "open" else "open", path)
                self._stand_in(path, there=action == "read")
        for name, link in tick.links.items():
            self._clear("link", meant(check_path(name)))
            self.links[meant(name)] = meant(link)
        for name, numbers in tick.stats.items():
            self._clear("stat", meant(check_path(name)))
            self.stats[meant(name)] = numbers

    def _clear(self, action: str, path: str) -> None:
        self.failed.pop((action, path), None)

    def _write(self, path: str, content: bytes) -> None:
        place = self._place(path)
        self._folder(place.parent)
        if place.is_dir():
            shutil.rmtree(place)
        # In place, so that a descriptor somebody kept reads what is new.
        with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(content)
            file.truncate()
        self._bytes += len(content) - self._sizes.get(path, 0)
        self._sizes[path] = len(content)

    def _stand_in(self, path: str, *, there: bool) -> None:
        """Of a file that cannot be read: something that can be opened, or nothing."""
        place = self._place(path)
        if place.is_dir():
            return
        if there:
            self._write(path, b"")
        else:
            self._bytes -= self._sizes.pop(path, 0)
            place.unlink(missing_ok=True)

    def _lay(self, path: str, entries: list[tuple[str, bool]]) -> None:
        """Make the folder hold just these names, for who looks past the Proc; what is in them is told elsewhere."""
        folder = self._place(path)
        self._folder(folder)
        names = {entry for entry, _ in entries}
        gone = {f"{path}/{name}" for name, _ in self.listed.get(path, ()) if name not in names}
        if gone:
            self._forget(gone)
        self.listed[path] = entries
        for entry, is_folder in entries:
            place = self._place(check_path(f"{path}/{entry}"))
            if not os.path.lexists(place):
                place.mkdir() if is_folder else place.touch()

    def _forget(self, gone: set[str]) -> None:
        """Nothing is known of these any more, nor of what was below them."""
        for path in gone:
            place = self._place(path)
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)
        everything: tuple[dict[str, Any], ...] = (self._sizes, self.listed, self.links, self.stats)
        for known in everything:
            for path in [path for path in known if is_below(path, gone)]:
                del known[path]
        for key in [key for key in self.failed if is_below(key[1], gone)]:
            del self.failed[key]
        self._bytes = sum(self._sizes.values())

    def _folder(self, place: Path) -> None:
        """Make it a folder; what stood in for one that nobody had looked into yet gives way."""
        for parent in (*reversed(place.relative_to(self.folder).parents), place.relative_to(self.folder)):
            here = self.folder / parent
            if here.is_file():
                here.unlink()
            here.mkdir(exist_ok=True)

    def _place(self, path: str) -> Path:
        return self.folder / path


class ReplayedProc(Proc):
    """Reads a Machine, and raises what was raised then; all clones read the same one. What was not read is missing."""

    live: ClassVar[bool] = False

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine.folder / "proc", machine.folder / "sys")
        self.machine = machine
        self._start = len(f"{machine.folder}/")
        self._unreadable: dict[int, Failure] = {}
        self.pread = self._pread

    def clone(self) -> ReplayedProc:
        """Another one for the same machine."""
        return type(self)(self.machine)

    def monotonic(self) -> float:
        """Seconds at which the tick began, when it was recorded."""
        return self.machine.seconds

    def _name(self, path: str) -> str:
        found = os.path.normpath(path)
        if not found.startswith(f"{self.machine.folder}/"):
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return found[self._start :]

    def _check(self, action: str, name: str) -> None:
        failure = self.machine.failed.get((action, name))
        if failure is not None:
            raise failure.error(name)

    def _open(self, path: str) -> int:
        name = self._name(path)
        self._check("open", name)
        fd = super()._open(path)
        unreadable = self.machine.failed.get(("read", name))
        if unreadable is None:
            self._unreadable.pop(fd, None)
        else:
            self._unreadable[fd] = unreadable
        return fd

    def _pread(self, fd: int, size: int, offset: int) -> bytes:
        if fd in self._unreadable:
            raise self._unreadable[fd].error("")
        return os.pread(fd, size, offset)

    def _list(self, path: str) -> list[str]:
        name = self._name(path)
        self._check("list", name)
        known = self.machine.listed.get(name)
        return super()._list(path) if known is None else [entry for entry, _ in known]

    def _folders(self, path: str) -> list[str]:
        name = self._name(path)
        self._check("list", name)
        known = self.machine.listed.get(name)
        return super()._folders(path) if known is None else [entry for entry, folder in known if folder]

    def _stat(self, path: str) -> os.stat_result:
        name = self._name(path)
        self._check("stat", name)
        known = self.machine.stats.get(name)
        return super()._stat(path) if known is None else stat_result(known)

    def _link(self, path: str) -> str:
        name = self._name(path)
        self._check("link", name)
        known = self.machine.links.get(name)
        if known is None:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return known
