"""Opening the database: migrations first, one server at a time, then a connection of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from tortoise.context import TortoiseContext, require_context
from tortoise.migrations.api import migrate

from gobs_core import GobsError
from gobs_core.logs import get_logger
from gobs_server.db.address import Address, check_file
from gobs_server.db.patience import within

log = get_logger("gobs.db")
_LOCK = 0x676F6273  # "gobs"
_NOT_ASYNCPG = ("minsize", "maxsize", "min_size", "max_size", "schema", "application_name")
_CLOSE_SECONDS = 5.0


class Database:
    """One database. Lives as long as the server."""

    def __init__(self, address: Address) -> None:
        self.address = address

    async def migrate(self) -> None:
        """Bring its tables up to date; raises whatever the driver does when it cannot."""
        if self.address.dialect == "sqlite":
            check_file(Path(self.address.credentials["file_path"]))  # the driver would wait for ever
        off: dict[str, Any] = {"foreign_keys": "OFF"} if self.address.dialect == "sqlite" else {}
        async with self._alone(), TortoiseContext() as context:
            await migrate(config=self.address.config(**off), direction="forward", progress=_report)
            if off:
                broken = await context.db("sqlite").execute_query_dict("PRAGMA foreign_key_check")
                if broken:
                    raise GobsError(f"the database {self.address.shown} has rows that point nowhere: {broken[:3]}")

    async def connect(self) -> TortoiseContext:
        """Connect: within `with` of what is returned the models are usable. Give it to `disconnect` in the end."""
        context = TortoiseContext()
        with context:
            await context.init(config=self.address.config())
        return context

    async def probe(self) -> None:
        """Ask for nothing, where the models are usable; raises whatever the driver does when there is no answer."""
        await require_context().db(self.address.dialect).execute_query("SELECT 1")

    async def disconnect(self, context: TortoiseContext) -> None:
        """Close all connections, by force where the database does not answer."""
        pool = getattr(context.db(self.address.dialect), "_pool", None)
        try:
            await within(context.close_connections(), _CLOSE_SECONDS)
        except Exception as error:  # noqa: BLE001  whatever a driver raises, it is closed now
            log.debug("the database was not left in good order", error=repr(error))
            if pool is not None:
                with suppress(Exception):
                    pool.terminate()

    def _alone(self) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self.address.dialect == "sqlite" else _postgres_lock(self.address.credentials)


@asynccontextmanager
async def _postgres_lock(credentials: dict[str, Any]) -> AsyncIterator[None]:
    """Let no other server migrate at the same time; the lock dies with its connection."""
    import asyncpg  # two megabytes that a server with SQLite need not take

    connection = await asyncpg.connect(**{k: v for k, v in credentials.items() if k not in _NOT_ASYNCPG})
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield
    finally:
        connection.terminate()


def _report(event: str, _app: str, name: str) -> None:
    log.info("database migration", step=event, migration=name)
