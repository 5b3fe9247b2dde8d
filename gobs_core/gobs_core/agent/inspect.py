"""Answering what is too dear to read at every tick: one row's details, from the collector that owns its table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gobs_core.agent.runner import Runner
from gobs_core.agent.worker import Job, Worker
from gobs_core.collector import Inspector
from gobs_core.errors import GobsError, NoData

DEADLINE = 2.0
"""Seconds an answer may take; ticks wait as long."""


class _Answer(NamedTuple):
    sections: Mapping[str, object]
    raised: Exception | None = None


class Inspections:
    """Finds who can tell more about a row, and asks in the worker's thread, between ticks."""

    def __init__(self, runners: Iterable[Runner], worker: Worker, deadline: float = DEADLINE) -> None:
        self._worker = worker
        self._deadline = deadline
        self._runners = {
            table.name: runner
            for runner in runners
            if isinstance(runner.collector, Inspector)
            for table in runner.collector.tables
        }

    async def ask(self, table: str, key: tuple[str, ...], sections: tuple[str, ...]) -> Mapping[str, object]:
        """Section -> value. Raises KeyError for a table nobody can tell more of, NoData where nothing is."""
        runner = self._runners[table]
        keys = next(found.keys for found in runner.collector.tables if found.name == table)
        if len(keys) != len(key):
            raise NoData(f"a row of {table!r} has {len(keys)} key columns, not {len(key)}")
        named = {column.name: value for column, value in zip(keys, key, strict=True)}
        [answer] = await self._worker.run([Job(lambda: self._ask(runner, named, sections), self._deadline)])
        if answer is None:
            runner.note_stuck()
            raise NoData(f"collector {runner.name!r} did not answer within {self._deadline:g} s")
        if isinstance(answer.raised, NoData):
            raise answer.raised
        if answer.raised is not None:
            raise NoData(f"collector {runner.name!r} failed: {answer.raised}")
        return answer.sections

    @staticmethod
    def _ask(runner: Runner, key: Mapping[str, str], sections: tuple[str, ...]) -> _Answer:
        try:
            return _Answer(runner.inspect(key, sections))
        except GobsError as error:
            return _Answer({}, error)
        except Exception as error:  # noqa: BLE001  whatever a collector raises is its own failure
            return _Answer({}, error)
