"""Running until told to stop: SIGINT and SIGTERM end a program gracefully, a second one at once."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
INTERRUPTED = 130


@contextmanager
def ends_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block by SystemExit, so that what it has begun is undone; for all before and after a loop."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


async def unless_stopped(stop: asyncio.Event, work: Coroutine[object, object, T]) -> T | None:
    """What `work` comes to; None where `stop` is set before that: it is then cancelled, and has undone what it did."""
    doing, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({doing, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
    finally:
        stopped.cancel()
        doing.cancel()
    with suppress(asyncio.CancelledError):
        await doing
    return None


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

    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal, number)
    try:
        await work(stop)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        signal.signal(signal.SIGTERM, before)
    return code
