"""Going through a recording step by step, without an agent: for whoever reads it through collectors himself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from gobs_core.replay.clocks import ToldClock
from gobs_core.replay.layout import Header, Tick
from gobs_core.replay.proc import Machine, ReplayedProc
from gobs_core.replay.reading import Recording
from gobs_core.workloads import Workloads

INVENTORY = "recording"
"""Who names the workloads of a recorded machine."""


class Replay:
    """A recorded machine, tick for tick: iterate, and read `proc` at each step. Made by `with`, in a folder of its own.

    `workloads` are named as they were, and `clock` stands at the tick. Raises UserError for a spoilt recording.
    """

    def __init__(self, recording: Recording | str | Path) -> None:
        self.recording = recording if isinstance(recording, Recording) else Recording(recording)
        self._folder = tempfile.TemporaryDirectory(prefix="gobs-replay-")
        self._machine = Machine(self._folder.name)
        self.proc = ReplayedProc(self._machine)
        self.workloads = Workloads()
        self.clock = ToldClock(Tick(wall_ns=0, monotonic_ns=0))

    def __iter__(self) -> Iterator[Tick]:
        """Go from tick to tick; what was read at one is gone with the next."""
        for tick, contents in self.recording.ticks():
            self._machine.apply(tick, contents)
            self.clock.tick = tick
            if tick.known is not None:
                self.workloads.told(INVENTORY, tick.known.workloads, tick.known.lacking)
            yield tick

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.proc.close()
        self._folder.cleanup()


@contextmanager
def first_moment(path: str | Path) -> Iterator[tuple[ReplayedProc, Header]]:
    """Give the machine as it was at the first tick."""
    with Replay(path) as replay:
        for _ in replay:
            yield replay.proc, replay.recording.header
            return
        replay.recording.survey()
