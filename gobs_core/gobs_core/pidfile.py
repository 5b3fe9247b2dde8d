"""Which programs were started here and still run: the file `gobs.pid` of the state folder, a line for each."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gobs_core.errors import GobsError, UserError
from gobs_core.proc import Proc

NAME = "gobs.pid"
_PID = re.compile(r"(?:[2-9]|[1-9]\d{1,8})")  # not 0 and 1: signals to those reach more than a program of ours


class Started(NamedTuple):
    """One program. Its start time tells it from another that got its pid later."""

    pid: int
    start: str
    """In clock ticks since boot; empty where there is no /proc."""
    what: str
    """The subcommand."""

    def alive(self) -> bool:
        """Whether it still runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return start_of(self.pid) == self.start


@contextlib.contextmanager
def noted(folder: Path, what: str) -> Iterator[None]:
    """Note this process in the folder's pid file while the block runs; raises UserError when it cannot be written."""
    mine = Started(os.getpid(), start_of(os.getpid()), what)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _update(folder, add=mine)
    except OSError as error:
        raise UserError(f"{folder / NAME}: cannot be written: {error.strerror}") from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            _update(folder, remove=mine)


def started(folder: Path) -> list[Started]:
    """The programs that were started with this state folder and still run."""
    try:
        return [one for one in _parse((folder / NAME).read_text()) if one.alive()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / NAME}: cannot be read: {error}") from None


def start_of(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty where that is not known."""
    try:
        with Proc() as proc:
            return proc.read_once(f"{pid}/stat").rpartition(b")")[2].split()[19].decode()
    except (GobsError, OSError, IndexError):
        return ""


def _update(folder: Path, add: Started | None = None, remove: Started | None = None) -> None:
    with (folder / NAME).open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        kept = [one for one in _parse(file.read()) if one != remove and one.alive()]
        lines = [f"{one.pid} {one.start or '-'} {one.what}\n" for one in [*kept, *([add] if add else [])]]
        file.seek(0)
        file.truncate()
        file.writelines(lines)


def _parse(text: str) -> list[Started]:
    found = []
    for line in text.splitlines():
        pid, _, rest = line.partition(" ")
        start, _, what = rest.partition(" ")
        if _PID.fullmatch(pid):
            found.append(Started(int(pid), start.replace("-", ""), what))
    return found
