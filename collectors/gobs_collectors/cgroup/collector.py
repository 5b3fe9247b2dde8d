"""The cgroup collector: what the kernel counts of every container, and how long it waits for what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gobs_collectors.cgroup.io_rows import IoRows
from gobs_collectors.cgroup.reader import Reader
from gobs_collectors.cgroup.reasons import reasons
from gobs_collectors.cgroup.rows import Rows
from gobs_collectors.cgroup.settings import CgroupConfig
from gobs_collectors.cgroup.tables import CONTAINER, CONTAINER_IO
from gobs_core import Collector, CollectorConfig, Context, Missing, Proc
from gobs_core import Rows as Yielded


class CgroupCollector(Collector):
    """Reads the control group of every container below /sys/fs/cgroup."""

    name = "cgroup"
    tables = (CONTAINER, CONTAINER_IO)

    class Config(CgroupConfig, frozen=True, kw_only=True):
        """Settings, e.g. `[collectors.cgroup] interval = "1s"`."""

    def __init__(self, config: CollectorConfig, context: Context) -> None:
        super().__init__(config, context)
        self._reader: Reader | None = None
        self._rows = Rows()
        self._io = IoRows()

    def open(self, proc: Proc) -> None:
        """Find the control groups; what an inventory tells of containers is shown even where there are none."""
        self.close()
        try:
            self._reader = Reader(proc, self._settings())
        except Missing:
            self._reader = None

    def collect(self, proc: Proc) -> Iterator[Yielded]:
        """Yield one row for each container and for each device of one; raises Missing where nothing tells of any."""
        known = self.context.workloads.known()
        if self._reader is None:
            self._reader = self._try(proc, told=bool(known))
        if self._reader is not None:
            self._reader.read()
        containers = {} if self._reader is None else self._reader.by_key()
        yield CONTAINER.batch(self._rows.make(containers, known))
        if self._reader is not None:
            yield CONTAINER_IO.batch(self._io.make(containers, known, self._reader.devices))

    def unknown(self) -> Mapping[str, str]:
        """Why cells are not known, as of the last tick."""
        return reasons(self._reader, self.context.workloads.unnamed(), self._settings(), self._io.left_out)

    def close(self) -> None:
        """Close every descriptor."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _try(self, proc: Proc, *, told: bool) -> Reader | None:
        try:
            return Reader(proc, self._settings())
        except Missing:
            if not told:
                raise
            return None

    def _settings(self) -> CgroupConfig:
        assert isinstance(self.config, CgroupConfig)
        return self.config
