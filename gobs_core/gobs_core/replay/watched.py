"""A collector of others at a machine that is recorded or replayed: what it asks past its Proc is noted, or refused."""

from __future__ import annotations

from collections.abc import Callable

from gobs_core.agent.clock import Clock
from gobs_core.agent.runner import Runner
from gobs_core.collector import Collector
from gobs_core.errors import NoData
from gobs_core.proc import Proc
from gobs_core.replay.past import Past
from gobs_core.replay.proc import ReplayedProc
from gobs_core.state import PluginState
from gobs_core.table import RowValues, Table


class WatchedRunner(Runner):
    """Of a replayed machine, who asks past its Proc is asked no more: it would tell of this one."""

    def __init__(
        self, collector: Collector, proc: Proc, clock: Clock, state: PluginState, redact: Callable[[str], str]
    ) -> None:
        super().__init__(collector, proc, clock, state, redact)
        self.past = Past(proc.root, proc.sys)
        self._refuses = isinstance(proc, ReplayedProc)

    def open(self) -> None:
        """Open the collector once; raises NoData where that is refused."""
        self._refuse()
        with self.past.watching():
            super().open()
        self._refuse()

    def _read(self) -> list[tuple[Table, tuple[RowValues, ...]]]:
        with self.past.watching():
            found = super()._read()
        self._refuse()
        return found

    def _refuse(self) -> None:
        if self._refuses and self.past.found:
            raise NoData(f"not in the recording: it reads past its Proc ({self.past.found})")
