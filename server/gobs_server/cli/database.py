"""The server's database for a command that runs beside the server, or without one."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from gobs_core.errors import UserError
from gobs_core.text import one_line
from gobs_server.db import Address, Database, address_of, sqlite_at
from gobs_server.settings import ServerSettings

T = TypeVar("T")


def in_database(settings: ServerSettings, work: Callable[[], Awaitable[T]]) -> T:
    """Do something with the models and return what it returns; raises UserError where the database does not work.

    Each statement stands for itself: SQLite fails a transaction that reads before it writes when another program has
    written meanwhile.
    """
    address = address_of(settings.database) if settings.database else sqlite_at(settings.folder() / "gobs.sqlite3")
    try:
        with _beside(address) as server_runs:
            return asyncio.run(_work(Database(address), work, migrate=not server_runs))
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  drivers raise what they like
        raise UserError(f"{address.shown}: the database does not work: {one_line(str(error) or repr(error))}") from None


async def _work(database: Database, work: Callable[[], Awaitable[T]], *, migrate: bool) -> T:
    if migrate:
        await database.migrate()
    context = await database.connect()
    try:
        with context:
            return await work()
    finally:
        await database.disconnect(context)


@contextmanager
def _beside(address: Address) -> Iterator[bool]:
    """Keep a server from starting meanwhile on a SQLite file, or tell that one runs: then its tables are there."""
    if address.dialect != "sqlite":
        yield False  # migrations take a lock of their own there
        return
    path = Path(address.credentials["file_path"])
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with Path(f"{path}.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield True
                return
            yield False
    except OSError as error:
        raise UserError(
            f"{error.filename or path}: {error.strerror}; is it the folder of the server? (--data)"
        ) from None
