"""The roster: every agent's credential in memory, in step with the database, which other programs change too."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from gobs_core.logs import get_logger
from gobs_server.db import Store, Unavailable
from gobs_server.db.joins import Join, forget_old_joins, note_use, read_join, read_joins

log = get_logger("gobs.doors")
_EVERY = 5.0
"""Seconds between two looks at what has changed."""
_OVERLAP = timedelta(minutes=5)
"""How far back each look goes, for clocks that differ and transactions that last."""
_FORGET_EVERY = 3600.0


class Roster:
    """Joins by id. Lives as long as the server; `run` keeps it in step, every few seconds.

    While the database is away what is known stays good.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read = asyncio.Event()
        self._joins: dict[str, Join] = {}
        self._by_node: dict[str, str] = {}
        self._used: set[str] = set()

    @property
    def ready(self) -> bool:
        """Whether it has been read at all."""
        return self._read.is_set()

    async def read(self, seconds: float) -> bool:
        """Wait, so long at most, until it has been read at all; whether it has."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._read.wait()
        return self.ready

    def get(self, join_id: str) -> Join | None:
        """The one of that id, as far as it is known here."""
        return self._joins.get(join_id)

    def of_node(self, node: str) -> Join | None:
        """The one whose credential is good for the node."""
        found = self._joins.get(self._by_node.get(node, ""))
        return found if found is not None and found.revoked_at is None else None

    def put(self, join: Join) -> None:
        """Take it up, as new or as changed."""
        self._joins[join.id] = join
        if join.node is not None and join.joined_at is not None and join.revoked_at is None:
            self._by_node[join.node] = join.id

    def used(self, join_id: str) -> None:
        """A stream was opened with its credential."""
        self._used.add(join_id)

    async def find(self, join_id: str) -> Join | None:
        """As `get`, but ask the database for one that is not known; raises Unavailable."""
        found = self._joins.get(join_id) or await self._store.do(lambda: read_join(join_id))
        if found is not None:
            self.put(found)
        return found

    async def run(self) -> None:
        """Stay in step, until cancelled."""
        forgotten = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            await self._store.opened()
            try:
                await self.look()
                if clock() - forgotten >= _FORGET_EVERY:
                    await self._store.do(forget_old_joins)
                    forgotten = clock()
            except Unavailable:
                log.debug("the database is away; agents' credentials stay as they were")
            await asyncio.sleep(_EVERY)

    async def look(self) -> None:
        """Read what has changed, and write who came; raises Unavailable."""
        newest = max((join.changed_at for join in self._joins.values()), default=None)
        since = newest - _OVERLAP if self.ready and newest is not None else None
        for join in await self._store.do(lambda: read_joins(since)):
            self.put(join)
        self._read.set()
        used, self._used = self._used, set()
        if used:
            now = datetime.now(UTC)
            await self._store.do(lambda: note_use(used, now))
