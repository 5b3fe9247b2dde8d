"""Remembering nodes: one task reads them once, and writes news in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from gobs_core.logs import get_logger
from gobs_server.db.models import Node
from gobs_server.db.store import Store, Unavailable

log = get_logger("gobs.db")
_BEHIND = 60.0
"""Seconds `last_seen` may be behind while nothing else of a node changes."""


class KnownNode(NamedTuple):
    """What is remembered of a node. Times: seconds since 1970."""

    name: str
    first_seen: float
    last_seen: float
    agent_version: str
    boot_id: str


class NodeWriter:
    """Keeps the database's nodes in step with those that are live. A dead or hung database delays nothing else.

    A node that is live no more is deleted. News are written `every` so many seconds.
    """

    def __init__(
        self,
        store: Store,
        nodes: Callable[[], Iterable[KnownNode]],
        remember: Callable[[Iterable[KnownNode]], None],
        *,
        every: float = 5.0,
    ) -> None:
        self._store = store
        self._nodes = nodes
        self._remember = remember
        self._every = every
        self._written: dict[str, KnownNode] = {}
        self._opening = 0
        self._finish = asyncio.Event()
        self.failures = 0
        """Nodes that the database did not take."""

    async def run(self) -> None:
        """Read once, and go on writing; read again after the database was away. Until `finish` is called."""
        while await self._is_open():
            ending = self._finish.is_set()
            try:
                await self._serve(everything=ending)
            except Unavailable:
                continue
            except Exception:  # whatever a driver raises: what this round did not write the next one does
                self.failures += 1
                log.exception("the nodes could not be written")
            if ending:
                return
            await self._pause()

    def finish(self) -> None:
        """Write what is left, then let `run` end."""
        self._finish.set()

    async def _is_open(self) -> bool:
        """Wait until the database works; false when this is to end before."""
        waits = [asyncio.create_task(event) for event in (self._store.opened(), self._finish.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return waits[0].done()
        finally:
            for task in waits:
                task.cancel()

    async def _serve(self, *, everything: bool) -> None:
        if self._opening != self._store.openings:
            self._opening = self._store.openings
            self._written = await self._store.do(_read)
            self._remember(self._written.values())
        await self._store.do(lambda: self._write(everything=everything))

    async def _write(self, *, everything: bool = False) -> None:
        nodes = list(self._nodes())
        await self._delete(self._written.keys() - {node.name for node in nodes})
        news = [node for node in nodes if self._is_news(node, everything)]
        if news:
            rows = [
                Node(
                    name=node.name,
                    first_seen=_time(node.first_seen),
                    last_seen=_time(node.last_seen),
                    agent_version=node.agent_version,
                    boot_id=node.boot_id,
                )
                for node in news
            ]
            try:
                await _put(rows)
            except Exception:  # noqa: BLE001  drivers raise what they like: is it the database, or a row?
                await self._write_each(rows)
            self._written.update((node.name, node) for node in news)

    async def _write_each(self, rows: list[Node]) -> None:
        """Write row by row, so that one the database does not take costs no other; raises when it takes none at all."""
        await Node.exists()
        for row in rows:
            try:
                await _put([row])
            except Exception as error:  # noqa: BLE001
                await Node.exists()
                self.failures += 1
                log.warning(
                    "the database does not take a node", node=row.name, error=f"{type(error).__name__}: {error}"
                )

    async def _delete(self, forgotten: Collection[str]) -> None:
        for name in forgotten:
            await Node.filter(name=name).delete()
            del self._written[name]

    def _is_news(self, node: KnownNode, everything: bool) -> bool:
        old = self._written.get(node.name)
        if old is None or everything:
            return old != node
        return old[3:] != node[3:] or abs(node.last_seen - old.last_seen) >= _BEHIND

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._every):
                await self._finish.wait()
        except TimeoutError:
            pass


async def _put(rows: list[Node]) -> None:
    await Node.bulk_create(
        rows, on_conflict=["name"], update_fields=["last_seen", "agent_version", "boot_id"], batch_size=500
    )


async def _read() -> dict[str, KnownNode]:
    rows = await Node.all()
    return {
        row.name: KnownNode(
            row.name, row.first_seen.timestamp(), row.last_seen.timestamp(), row.agent_version, row.boot_id
        )
        for row in rows
    }


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
