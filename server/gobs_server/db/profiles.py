"""Recordings and their profiles as they are in the database: what is asked, and what changes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tortoise.transactions import in_transaction

from gobs_server.db.models import ProfileData, ProfileTask

PIECE = 512 * 1024
"""Bytes of a profile in one row."""
Row = dict[str, Any]


async def read_tasks() -> list[Row]:
    """All there are, the oldest first."""
    return list(await ProfileTask.all().order_by("created").values())


async def save_task(row: Mapping[str, Any], data: bytes | None = None) -> None:
    """Keep a recording as it is now, and its profile where there is one: both or neither."""
    values = dict(row)
    id = values.pop("id")  # noqa: A001  the column's name
    async with in_transaction():
        await ProfileTask.update_or_create(defaults=values, id=id)
        if data is not None:
            await ProfileData.filter(task_id=id).delete()
            pieces = [data[first : first + PIECE] for first in range(0, len(data), PIECE)]
            for part, piece in enumerate(pieces):
                await ProfileData.create(id=f"{id}.{part}", task_id=id, part=part, data=piece)


async def read_data(id: str) -> bytes:  # noqa: A002
    """A recording's profile; empty where there is none."""
    rows = await ProfileData.filter(task_id=id).order_by("part").values_list("data", flat=True)
    return b"".join(map(_bytes, rows))


async def drop_data(ids: Collection[str]) -> None:
    """Let go of profiles; their recordings stay."""
    await ProfileData.filter(task_id__in=list(ids)).delete()


async def delete_tasks(ids: Collection[str]) -> None:
    """Let go of recordings and their profiles."""
    async with in_transaction():
        await ProfileData.filter(task_id__in=list(ids)).delete()
        await ProfileTask.filter(id__in=list(ids)).delete()


def _bytes(cell: object) -> bytes:
    assert isinstance(cell, bytes | memoryview)
    return bytes(cell)
