"""Answering what is too dear to read at every tick: one row's details, from the collector that owns its table.

Ticks come first: one inspection at a time, begun only where it can be given up before the next tick is due. What a
slow one may delay a tick by is what the event loop needs to give it up.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from gobs_core.agent.runner import Runner
from gobs_core.agent.worker import Job, Worker
from gobs_core.errors import NoData

DEADLINE = 2.0
"""Seconds an answer may take, at most."""
SHORTEST = 0.25
"""With less than that left to the next tick, the answer is read after it."""
MARGIN = 0.02
"""Seconds before a tick at which an inspection is given up."""


@runtime_checkable
class Far(Protocol):
    """A runner whose collector is in a process of its own: no tick waits for what that one does."""

    async def ask(self, key: Mapping[str, str], sections: tuple[str, ...], deadline: float) -> Mapping[str, object]:
        """Section -> value; raises NoData."""
        ...


class _Answer(NamedTuple):
    sections: Mapping[str, object]
    raised: BaseException | None = None


class Inspections:
    """Finds who can tell more about a row, and asks in the worker's thread, between ticks."""

    def __init__(
        self,
        runners: Iterable[Runner],
        worker: Worker,
        left: Callable[[], float] = lambda: math.inf,
        deadline: float = DEADLINE,
    ) -> None:
        self._worker = worker
        self._left = left
        self._asking = False
        self._deadline = deadline
        self._runners = {
            table.name: runner for runner in runners if runner.inspectable for table in runner.collector.tables
        }

    async def ask(self, table: str, key: tuple[str, ...], sections: tuple[str, ...]) -> Mapping[str, object]:
        """Section -> value. Raises KeyError for a table nobody can tell more of, NoData where nothing is, or is now."""
        runner = self._runners[table]
        keys = next(found.keys for found in runner.collector.tables if found.name == table)
        if len(keys) != len(key):
            raise NoData(f"a row of {table!r} has {len(keys)} key columns, not {len(key)}")
        named = {column.name: value for column, value in zip(keys, key, strict=True)}
        if self._asking:
            raise NoData("the agent is busy with another inspection; ask again")
        self._asking = True
        try:
            if isinstance(runner, Far):
                return await runner.ask(named, sections, self._deadline)
            answer = await self._after_ticks(runner, Job(lambda: self._ask(runner, named, sections), self._deadline))
        finally:
            self._asking = False
        if isinstance(answer.raised, NoData):
            raise answer.raised
        if answer.raised is not None:
            raise NoData(f"collector {runner.name!r} failed: {runner.told(answer.raised)}")
        return answer.sections

    async def _after_ticks(self, runner: Runner, job: Job[_Answer]) -> _Answer:
        """Run the job where there is room before the next tick, else after that; raises NoData."""
        for _ in range(2):
            async with self._worker.turn:
                left = self._left()
                if left >= SHORTEST + MARGIN:
                    return await self._run(runner, job._replace(deadline=min(job.deadline, left - MARGIN)))
            await asyncio.sleep(max(left, 0) + MARGIN)
        raise NoData("the agent is busy reading; ask again")

    async def _run(self, runner: Runner, job: Job[_Answer]) -> _Answer:
        [answer] = await self._worker.run_now([job])
        if answer is None:
            if job.deadline == self._deadline:  # a deadline cut short is no fault of the collector's
                runner.note_stuck()
            raise NoData(f"collector {runner.name!r} did not answer within {job.deadline:.3g} s")
        return answer

    @staticmethod
    def _ask(runner: Runner, key: Mapping[str, str], sections: tuple[str, ...]) -> _Answer:
        try:
            return _Answer(runner.inspect(key, sections))
        except BaseException as error:  # noqa: BLE001  whatever a collector raises is its own failure
            return _Answer({}, error)
