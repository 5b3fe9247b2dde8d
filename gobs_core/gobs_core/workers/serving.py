"""Answering on an event loop, one question at a time: for plugins whose methods are async."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gobs_core.workers.child import failure_of
from gobs_core.workers.wire import Ask, Failure, Line


async def serve(line: Line, answer: Callable[[Ask], Awaitable[object]]) -> None:
    """Answer until nobody asks; what `answer` raises is told."""
    asked = asyncio.Event()
    asyncio.get_running_loop().add_reader(line.fileno(), asked.set)
    while True:
        await asked.wait()
        asked.clear()
        ask = line.read()
        if ask is None:
            return
        try:
            said = await answer(ask)
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin raises is its own failure
            said = failure_of(error)
        line.say(ask.id, "failed" if isinstance(said, Failure) else "done", said)
