"""A part of the server that fails is started again, and everybody is told."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from gobs_server.parts import Parts
from tests.support.waiting import until


class Work:
    """Fails so many times, then goes on."""

    def __init__(self, failures: int) -> None:
        self.begun = 0
        self._failures = failures

    async def run(self) -> None:
        self.begun += 1
        if self.begun <= self._failures:
            raise RuntimeError("no")
        await asyncio.Event().wait()


async def test_a_part_that_fails_is_started_again_and_said_until_it_has_worked_for_a_while() -> None:
    parts, work = Parts(pause=0.01, longest=0.02, healed=0.2), Work(3)
    task = asyncio.create_task(parts.keep("ticking", work.run))
    await until(lambda: parts.troubles())
    assert "started again" in parts.troubles()["ticking"]
    await until(lambda: work.begun == 4)
    await until(lambda: not parts.troubles())
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_part_that_ends_by_itself_is_not_started_again() -> None:
    parts = Parts(pause=0.01)

    async def work() -> None:
        return

    await asyncio.wait_for(parts.keep("short", work), 5)
    assert parts.troubles() == {}
