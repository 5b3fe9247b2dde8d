"""The process collector: every process, and the sums over the processes of every workload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from gobs_collectors.process.inspection import SECTIONS, inspect
from gobs_collectors.process.reader import Reader
from gobs_collectors.process.reasons import reasons
from gobs_collectors.process.settings import ProcessConfig
from gobs_collectors.process.tables import POD, PROCESS
from gobs_core import Collector, CollectorConfig, Context, Proc, Rows
from gobs_core.descriptors import Pread


class ProcessCollector(Collector):
    """Reads /proc/PID of all processes; says more about one of them when asked."""

    name = "process"
    tables = (PROCESS, POD)
    sections: ClassVar[tuple[str, ...]] = SECTIONS

    class Config(ProcessConfig, frozen=True, kw_only=True):
        """Settings, e.g. `[collectors.process] max_processes = 5000`."""

    def __init__(self, config: CollectorConfig, context: Context) -> None:
        super().__init__(config, context)
        self.pread: Pread | None = None
        self._reader: Reader | None = None

    def open(self, proc: Proc) -> None:
        """Start from nothing: an epoch of its own for all sums."""
        self.close()
        self._reader = Reader(proc, self._settings(), self.context.workloads, self.pread)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Read once and yield one row for each process and one for each workload."""
        if self._reader is None:
            self.open(proc)
        reader = self._reader
        assert reader is not None
        now = proc.monotonic()
        reader.read(now)
        yield PROCESS.batch(reader.rows())
        yield POD.batch(reader.pod_rows())

    def unknown(self) -> Mapping[str, str]:
        """Why cells are not known, as of the last tick."""
        return {} if self._reader is None else reasons(self._reader, self._settings())

    def inspect(self, proc: Proc, key: Mapping[str, str], sections: tuple[str, ...]) -> Mapping[str, object]:
        """Threads, limits, descriptors, memory map sums and status of one process; raises Gone."""
        return inspect(proc, key, sections)

    def close(self) -> None:
        """Close every descriptor."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _settings(self) -> ProcessConfig:
        assert isinstance(self.config, ProcessConfig)
        return self.config
