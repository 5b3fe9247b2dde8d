"""Running until told to stop: SIGINT and SIGTERM end a program gracefully, a second one at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine

INTERRUPTED = 130


def run_until_signal(work: Callable[[asyncio.Event], Coroutine[object, object, None]]) -> int:
    """Run `work(stop)` and return the exit code: 0 when it ended or was told to by SIGTERM, 130 after SIGINT."""
    return asyncio.run(_run(work))


async def _run(work: Callable[[asyncio.Event], Coroutine[object, object, None]]) -> int:
    stop = asyncio.Event()
    code = 0

    def on_signal(number: int) -> None:
        nonlocal code
        if stop.is_set():
            os._exit(128 + number)
        code = INTERRUPTED if number == signal.SIGINT else 0
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal, number)
    try:
        await work(stop)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return code
