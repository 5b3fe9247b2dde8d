"""A database with all its tables for a test of one's own: migrated once, and copied for each."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from functools import cache
from pathlib import Path

from gobs_server.db import Address, Database, sqlite_at

NAME = "gobs.sqlite3"


def fresh(folder: Path, name: str = NAME) -> Address:
    """Return a database in a folder: what is there, else one in which there is nothing yet."""
    path = folder / name
    if not path.exists():
        shutil.copy(_migrated(), path)
    return sqlite_at(path)


@cache
def _migrated() -> Path:
    """Return the one that is copied, which lasts as long as the process."""
    path = Path(_folder().name) / NAME
    made = threading.Thread(target=lambda: asyncio.run(Database(sqlite_at(path)).migrate()))
    made.start()  # whoever asks may be in a loop
    made.join()
    return path


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="gobs-migrated-")
