"""Reading a written machine tick after tick through one collector."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Self

from gobs_collectors.process import ProcessCollector
from gobs_core import Cell, Context, Proc, Workloads
from gobs_core.descriptors import Pread
from gobs_core.testing import FakeProc
from tests.collectors.process.written import Written
from tests.collectors.reading import Readings, collected, named

Named = dict[str, Cell]


class Ticks:
    """One opened collector on one machine; `pread` stands for os.pread, `settings` are those of the collector."""

    def __init__(self, proc: Proc, *, pread: Pread = os.pread, **settings: object) -> None:
        self.proc = proc
        self.workloads = Workloads()
        config = ProcessCollector.Config(**settings)  # type: ignore[arg-type]  # names are checked by the class
        self.collector = ProcessCollector(config, Context(workloads=self.workloads))
        self.collector.pread = pread
        self.collector.open(proc)

    def tick(self) -> Self:
        """Read once."""
        self.readings: Readings = collected(self.collector, self.proc)
        return self

    def processes(self) -> dict[str, Named]:
        """The rows of `process` of the last tick, by pid."""
        return {str(row["pid"]): row for row in self._rows("process")}

    def pods(self) -> dict[str, Named]:
        """The rows of `pod` of the last tick, by workload."""
        return {str(row["workload"]): row for row in self._rows("pod")}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.collector.close()
        self.proc.close()

    def _rows(self, name: str) -> list[Named]:
        return next(named(table, rows) for table, rows in self.readings if table.name == name)


def write(proc: FakeProc, processes: Iterable[Written]) -> None:
    """Write all these processes."""
    for process in processes:
        process.write(proc)
