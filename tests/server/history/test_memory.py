"""What a node costs the server in memory: its newest frame, and an hour of its past."""

from __future__ import annotations

import pytest

from gobs_core import Frame, Reading
from gobs_proto import gobs_pb2 as pb
from gobs_server.history import History
from gobs_server.history.segment import delimited
from gobs_server.tables import RunState, TableState, schemas_from
from gobs_sinks.grpc.encoder import Encoder
from tests.server.feeding import HeldClock
from tests.sinks.realistic import PROCESS, moving, processes
from tests.support.frames import hello_of

ROWS, CHANGING, INTERVAL = 300, 0.03, 5


class Life:
    """A node with many processes, few of which do anything at a time, and what the server keeps of it."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.history = History(self.clock)
        self.state = RunState(schemas_from(hello_of(PROCESS)), run="r")
        self.history.begin("n", "r", self.state.schemas)
        self._encoder = Encoder([PROCESS])
        self._ticks = moving(processes(ROWS), CHANGING)
        self._sequence = 0

    def frame(self, *, keyframe: bool) -> TableState:
        self._sequence += 1
        self.clock.now += INTERVAL
        now = self._sequence * INTERVAL * 10**9
        frame = Frame(self._sequence, now, now, (Reading(PROCESS, next(self._ticks), now),))
        encoded = self._encoder.encode(frame, keyframe=keyframe)
        parts = [pb.Frame.FromString(part) for part in encoded.parts]
        self.state.apply(parts)
        raw = [delimited(part) for part in encoded.parts]
        self.history.append("n", "r", parts, raw, self.clock.wall() - now / 1e9, self.state)
        table = self.state.tables[0]
        assert table is not None
        return table


@pytest.mark.parametrize("keyframe", [False, True])
def test_the_newest_frame_of_300_processes_takes_90_kib(keyframe: bool) -> None:
    life = Life()
    life.frame(keyframe=True)
    for _ in range(3):
        table = life.frame(keyframe=keyframe)
        assert table.rows == ROWS
        assert table.bytes() <= 90 << 10


def test_an_hour_of_300_processes_takes_0_7_mb() -> None:
    life = Life()
    for number in range(3600 // INTERVAL):
        life.frame(keyframe=number % 12 == 0)
    assert life.history.ranges("n", "r") == [(1, 720)]
    assert life.history.bytes_of("n") <= 700_000
