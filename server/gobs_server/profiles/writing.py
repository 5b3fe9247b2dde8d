"""Writes recordings down, one change after the other, while those who made them go on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from gobs_core.logs import get_logger
from gobs_server.profiles.kept import Kept
from gobs_server.profiles.task import Task

log = get_logger("gobs.profiles")
_END = 3.0
"""Seconds that what is being written is given at the end."""


class Writing:
    """Lives as long as the server."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._order = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()

    async def save(self, task: Task, data: bytes | None = None) -> None:
        """Write a recording down as it is then; what is written last is what is true. Raises Unavailable."""
        async with self._order:
            await self._kept.save(task, data)

    def note(self, task: Task) -> None:
        """Write it down some time soon, if that can be."""
        self.later(self._note(task))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do some work that nobody waits for but `close`."""
        doing = asyncio.create_task(work)
        self._under_way.add(doing)
        doing.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Finish what is under way."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_END)

    async def _note(self, task: Task) -> None:
        try:
            await self.save(task)
        except Exception as error:  # noqa: BLE001  the next change is written with it
            log.info("a recording could not be written down yet", id=task.id, error=str(error))
