"""Recordings that a server finds in its database when it starts, as an earlier one left them."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path

import msgspec

from gobs_core import Profile, ProfileTarget
from gobs_server.db import Database, Store
from gobs_server.profiles.kept import Kept
from gobs_server.profiles.task import Task
from tests.support.database import fresh

CREATED = 1_767_225_600.0


def done(id: str, profile: Profile, **more: object) -> Task:  # noqa: A002  the word of the wire
    """A recording that is over."""
    return Task(
        **{  # type: ignore[arg-type]
            "id": id,
            "node": "n",
            "target": ProfileTarget(kind="workload", workload="u1"),
            "profiler": "perf",
            "duration": 30.0,
            "frequency": 99,
            "call_graph": "fp",
            "by": "ann",
            "created": CREATED,
            "ended": CREATED + 31,
            "namespace": "shop",
            "pod": "web-1",
            "state": "done",
            "samples": profile.samples,
            "lost": profile.lost,
            "event": profile.event,
            "notes": profile.notes,
            **more,
        }
    )


async def store(folder: Path, *recordings: tuple[Task, Profile]) -> None:
    """Write them down in the database of a server that keeps it in that folder."""
    kept = Store(Database(fresh(folder)))
    running = asyncio.create_task(kept.run())
    await kept.opened()
    for task, profile in recordings:
        data = zlib.compress(msgspec.json.encode(profile))
        task.bytes = len(data)
        await Kept(kept).save(task, data)
    kept.finish()
    await running
