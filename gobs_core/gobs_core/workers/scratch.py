"""The folder a worker has for what it writes for a while: its TMPDIR, which goes when the worker does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from gobs_core.workers.kin import made_by_one_that_is_gone

_NAMED = "gobs-worker-"
_PLACE = "/tmp"  # noqa: S108  where TMPDIR names none; each folder is made anew, for its owner alone


def make(environ: Mapping[str, str], mark: str) -> str:
    """Make the folder of the worker with that mark; empty where none can be made, and it has its program's TMPDIR."""
    folder = os.path.join(environ.get("TMPDIR") or _PLACE, named() + mark)
    try:
        os.mkdir(folder, 0o700)
    except OSError:
        return ""
    return folder


def named() -> str:
    """What the folders of this pid namespace begin with: in another one the same number is another program's."""
    try:
        return f"{_NAMED}{os.stat('/proc/self/ns/pid').st_ino}-"
    except OSError:
        return f"{_NAMED}0-"


def remove(folder: str) -> None:
    """Remove it with all that is in it. Takes as long as the disk does: not for an event loop."""
    from shutil import rmtree  # no agent without workers pays for it

    if folder:
        rmtree(folder, ignore_errors=True)


def sweep(environ: Mapping[str, str]) -> None:
    """Remove those of workers whose programs were killed. Not for an event loop either."""
    place, ours = environ.get("TMPDIR") or _PLACE, named()
    with contextlib.suppress(OSError):
        for name in os.listdir(place):
            folder = os.path.join(place, name)
            if name.startswith(ours) and made_by_one_that_is_gone(name.removeprefix(ours)) and _ours(folder):
                remove(folder)


def _ours(folder: str) -> bool:
    with contextlib.suppress(OSError):
        return os.lstat(folder).st_uid == os.geteuid()
    return False
