"""One daemon thread that runs jobs one after the other, off the event loop, and is left behind when one is stuck."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Job(NamedTuple, Generic[T]):
    """Something to do in the thread."""

    call: Callable[[], T]
    """Must not raise. Whoever cares whether a given-up call has returned notes that in here."""
    deadline: float
    """Seconds it may take from when it begins."""


class _Batch(Generic[T]):
    """The jobs of one tick, shared by the loop and the thread that works on them; `lock` guards all but the jobs."""

    def __init__(self, jobs: Sequence[Job[T]], first: int, done: Callable[[], None]) -> None:
        self.jobs = jobs
        self.place = first
        self.began = time.monotonic()
        self.abandoned = False
        self.results: dict[int, T] = {}
        self.lock = threading.Lock()
        self.done = done
        self.shortest = min(job.deadline for job in jobs[first:])

    def work(self) -> bool:
        """Run the jobs; False when the batch was given up meanwhile, and the thread with it."""
        while self.place < len(self.jobs):
            result = self.jobs[self.place].call()
            with self.lock:
                if self.abandoned:
                    return False
                self.results[self.place] = result
                self.place += 1
                self.began = time.monotonic()
        self.done()
        return True

    def left(self) -> float:
        """Seconds until the job in hand is over its deadline."""
        if self.place == len(self.jobs):
            return 1.0
        return self.began + self.jobs[self.place].deadline - time.monotonic()

    def give_up_if_late(self) -> bool:
        """Give it up when the job in hand is over its deadline."""
        with self.lock:
            self.abandoned = self.left() <= 0
            return self.abandoned


class Worker:
    """Runs batches of jobs, one batch at a time. Lives as long as its agent; `close` lets the thread end.

    A normal batch costs one hop to the thread and one back. A job over its deadline is given up together with its
    thread, which ends when the job returns, if ever; the rest of the batch goes on in a fresh thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.turn = asyncio.Lock()
        """Whose batch is in hand; first come, first served."""
        self._thread: _Thread | None = None

    async def run(self, jobs: Sequence[Job[T]]) -> list[T | None]:
        """Run the jobs in order and return their results; None for each that was over its deadline."""
        async with self.turn:
            return await self.run_now(jobs)

    async def run_now(self, jobs: Sequence[Job[T]]) -> list[T | None]:
        """Do so while holding `turn`, for who decides what to run only when it is his turn."""
        results: list[T | None] = [None] * len(jobs)
        first = 0
        while first < len(jobs):
            batch = await self._work(jobs, first)
            for place, result in batch.results.items():
                results[place] = result
            first = batch.place + 1
        return results

    async def _work(self, jobs: Sequence[Job[T]], first: int) -> _Batch[T]:
        """Work from `first` on, to the end or to the job that got stuck, whose place is then the batch's."""
        loop = asyncio.get_running_loop()
        finished = asyncio.Event()
        batch = _Batch(jobs, first, lambda: _tell(loop, finished))
        if self._thread is None:
            self._thread = _Thread(self._name)
        self._thread.take(batch)
        try:
            while not finished.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(batch.left(), batch.shortest)):
                        await finished.wait()
                if not finished.is_set() and batch.give_up_if_late():
                    self.close()
                    break
        except asyncio.CancelledError:
            batch.abandoned = True
            self.close()
            raise
        return batch

    def close(self) -> None:
        """Let the thread end once it is done, or stuck no more; safe twice. The next batch gets a fresh one."""
        if self._thread is not None:
            self._thread.leave()
            self._thread = None


class _Thread:
    """A daemon thread that works on batches until it is told to leave."""

    def __init__(self, name: str) -> None:
        self._given = threading.Semaphore(0)
        self._batch: _Batch[Any] | None = None
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def take(self, batch: _Batch[T]) -> None:
        self._batch = batch
        self._given.release()

    def leave(self) -> None:
        self._batch = None
        self._given.release()

    def _run(self) -> None:
        while True:
            self._given.acquire()
            batch = self._batch
            if batch is None or not batch.work():
                return


def _tell(loop: asyncio.AbstractEventLoop, finished: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(finished.set)
