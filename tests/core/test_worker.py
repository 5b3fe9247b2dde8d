"""The worker: one hop for a tick, and a stuck job costs the rest nothing but its deadline."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from gobs_core.agent.worker import Job, Worker


def thread_name() -> str:
    return threading.current_thread().name


async def test_jobs_run_in_order_in_one_daemon_thread_that_is_kept() -> None:
    worker, seen = Worker("w"), []

    def job(n: int) -> Callable[[], int]:
        def call() -> int:
            seen.append((n, threading.get_ident(), threading.current_thread().daemon))
            return n * n

        return call

    assert await worker.run([Job(job(n), 5.0) for n in range(4)]) == [0, 1, 4, 9]
    assert await worker.run([Job(job(9), 5.0)]) == [81]
    assert [n for n, _, _ in seen] == [0, 1, 2, 3, 9]
    assert {ident for _, ident, _ in seen} == {seen[0][1]}
    assert seen[0][2]
    worker.close()


async def test_nothing_to_do_is_done_at_once_and_needs_no_thread() -> None:
    before = threading.active_count()
    assert await Worker("w").run([]) == []
    assert threading.active_count() == before


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_stuck_job_is_given_up_at_its_deadline_and_the_others_go_on(place: int) -> None:
    worker, free = Worker("w"), threading.Event()
    jobs: list[Job[str]] = [Job(thread_name, 50.0)] * 3
    jobs[place] = Job(lambda: str(free.wait(60)), 0.05)
    began = time.monotonic()
    results = await worker.run(jobs)
    assert 0.05 <= time.monotonic() - began < 30
    assert results == [None if n == place else "w" for n in range(3)]
    free.set()
    worker.close()


async def test_several_stuck_jobs_are_each_given_up() -> None:
    worker, free = Worker("w"), threading.Event()
    stuck: Job[str] = Job(lambda: str(free.wait(30)), 0.02)
    assert await worker.run([stuck, Job(thread_name, 50.0), stuck, stuck, Job(thread_name, 50.0)]) == [
        None,
        "w",
        None,
        None,
        "w",
    ]
    free.set()
    worker.close()


async def test_the_thread_of_a_stuck_job_ends_when_the_job_does() -> None:
    worker, free, ident = Worker("stuck thread"), threading.Event(), []

    def stuck() -> None:
        ident.append(threading.current_thread())
        free.wait(30)

    await worker.run([Job(stuck, 0.02)])
    free.set()
    while not ident:  # noqa: ASYNC110  on a busy machine the deadline is over before the thread has begun
        await asyncio.sleep(0.01)
    await asyncio.to_thread(ident[0].join, 10)
    assert not ident[0].is_alive()
    worker.close()


async def test_batches_take_turns() -> None:
    worker, order = Worker("w"), list[int]()

    def slow() -> None:
        time.sleep(0.05)
        order.append(1)

    first = asyncio.create_task(worker.run([Job(slow, 5.0)]))
    await asyncio.sleep(0)
    await worker.run([Job(partial(order.append, 2), 5.0)])
    await first
    assert order == [1, 2]
    worker.close()


async def test_a_cancelled_batch_leaves_the_worker_usable() -> None:
    worker, free = Worker("w"), threading.Event()
    task = asyncio.create_task(worker.run([Job(lambda: str(free.wait(30)), 30.0)]))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await worker.run([Job(thread_name, 50.0)]) == ["w"]
    free.set()
    worker.close()


async def test_closing_ends_the_thread_and_is_safe_twice() -> None:
    worker = Worker("w")
    [thread] = await worker.run([Job(threading.current_thread, 5.0)])
    worker.close()
    worker.close()
    assert thread is not None
    await asyncio.to_thread(thread.join, 10)
    assert not thread.is_alive()


async def test_a_slow_job_does_not_block_the_loop() -> None:
    worker, turns = Worker("w"), 0
    task = asyncio.create_task(worker.run([Job(lambda: time.sleep(0.1), 5.0)]))
    while not task.done():
        turns += 1
        await asyncio.sleep(0.005)
    assert turns > 3
    worker.close()
