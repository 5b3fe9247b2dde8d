"""The temporary folder of a simulation: gone when it ends, and when it was killed, gone when the next one starts."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "gobs-simulate-"
LOCK = "in-use"


@contextmanager
def scratch(below: Path | None = None) -> Iterator[Path]:
    """Make a folder in `below` (the system's place for temporary files) and remove it with all that is in it."""
    below = below or Path(tempfile.gettempdir())
    for left in below.glob(f"{PREFIX}*"):
        _sweep(left)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=below))
    try:
        with (folder / f"{LOCK}.new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / f"{LOCK}.new").rename(folder / LOCK)  # so that nobody ever finds it unlocked
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a simulation left that was killed: nobody holds its lock any more."""
    with suppress(OSError), (folder / LOCK).open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
