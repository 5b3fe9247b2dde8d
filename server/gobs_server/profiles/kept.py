"""What becomes of a recording between memory and the database, and how long its profile is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

import msgspec

from gobs_core import ProfileTarget
from gobs_server.db import Store
from gobs_server.db.profiles import delete_tasks, drop_data, read_data, read_tasks, save_task
from gobs_server.profiles.task import Task


class Kept:
    """All recordings in the database. Raises Unavailable, from every method, while it does not work."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def opened(self) -> None:
        """Wait until the database works."""
        await self._store.opened()

    async def all(self) -> list[Task]:
        """Every recording kept, the oldest first."""
        return [_task(row) for row in await self._store.do(read_tasks)]

    async def save(self, task: Task, data: bytes | None = None) -> None:
        """Keep a recording as it is now, and its profile where there is one."""
        await self._store.do(partial(save_task, _row(task), data))

    async def data(self, id: str) -> bytes:  # noqa: A002  the word of the wire
        """A recording's profile, compressed; empty where there is none."""
        return await self._store.do(partial(read_data, id))

    async def drop(self, ids: Collection[str]) -> None:
        """Let go of profiles; their recordings stay."""
        await self._store.do(partial(drop_data, ids))

    async def delete(self, ids: Collection[str]) -> None:
        """Let go of recordings altogether."""
        await self._store.do(partial(delete_tasks, ids))


def superfluous(tasks: Iterable[Task], now: float, age: float, budget: int) -> list[Task]:
    """The recordings whose profiles are to go: those too old, then the oldest beyond the budget; never a pinned one."""
    kept = sorted((task for task in tasks if task.state == "done"), key=lambda task: task.created, reverse=True)
    found, taken = [], sum(task.bytes for task in kept if task.pinned)
    for task in (task for task in kept if not task.pinned):
        taken += task.bytes
        if taken > budget or now - (task.ended or task.created) > age:
            found.append(task)
    return found


def _row(task: Task) -> dict[str, Any]:
    target = task.target
    return {
        "id": task.id,
        "node": task.node,
        "kind": target.kind,
        "workload": target.workload,
        "container_id": target.container,
        "pid": target.pid,
        "start": target.start,
        "profiler": task.profiler,
        "duration": task.duration,
        "frequency": task.frequency,
        "call_graph": task.call_graph,
        "by": task.by,
        "namespace": task.namespace,
        "pod": task.pod,
        "container": task.container,
        "command": task.command,
        "created": task.created,
        "state": task.state,
        "reason": task.reason,
        "ended": task.ended,
        "samples": task.samples,
        "lost": task.lost,
        "event": task.event,
        "bytes": task.bytes,
        "pinned": task.pinned,
        "notes": msgspec.json.encode(task.notes).decode(),
    }


def _task(row: dict[str, Any]) -> Task:
    target = ProfileTarget(
        kind=row.pop("kind"),
        workload=row.pop("workload"),
        container=row.pop("container_id"),
        pid=row.pop("pid"),
        start=row.pop("start"),
    )
    notes = msgspec.json.decode(row.pop("notes"), type=list[str])
    return Task(target=target, notes=notes, **row)
