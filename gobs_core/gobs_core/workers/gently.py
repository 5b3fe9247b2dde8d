"""Asking a worker what takes long: who does not want the answer any more lets it come to an end by itself."""

from __future__ import annotations

import asyncio

import msgspec

from gobs_core.workers.worker import Part, Worker

SOON = 1.0
"""Seconds a plugin gets to end what it has begun, before its worker is ended."""


async def gently(
    worker: Worker, method: str, body: object, *, deadline: float, part: Part | None = None
) -> msgspec.Raw:
    """As Worker.call; where this is cancelled, the worker is bidden to hurry, and is not ended if it does."""
    asking = asyncio.ensure_future(worker.call(method, body, deadline=deadline, part=part))
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        worker.hurry()
        await asyncio.wait([asking], timeout=SOON)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        raise
