"""Waiting no longer than one means to: a hung database would make even a cancelled wait last."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


async def within(work: Coroutine[Any, Any, T], seconds: float, context: Context | None = None) -> T:
    """Do it within that time, else let go of it without waiting for its end; raises TimeoutError.

    It runs as a task of its own, in `context` if that is given.
    """
    task = asyncio.create_task(work, context=context)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        _let_go(task)
        raise
    if not done:
        _let_go(task)
        raise TimeoutError(f"no answer within {seconds:g} s")
    return task.result()


def _let_go(task: asyncio.Task[Any]) -> None:
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    task.cancel()
