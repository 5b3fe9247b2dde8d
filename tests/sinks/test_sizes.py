"""How many bytes it takes, counted on a process table that moves as a node's does."""

from __future__ import annotations

from itertools import islice

import pytest

from gobs_core import Frame, Reading, RowValues
from gobs_sinks.grpc.encoder import Encoder
from gobs_sinks.grpc.recorder import Recorder
from tests.sinks.realistic import COLUMNS, PROCESS, moving, processes

ROWS = 300
SAMPLES = ROWS * COLUMNS


def frame(sequence: int, rows: list[RowValues], seconds: int = 5) -> Frame:
    now = sequence * seconds * 10**9
    return Frame(sequence, 1_700_000_000 * 10**9 + now, now, (Reading(PROCESS, rows, now),))


def changed_cells(before: list[RowValues], after: list[RowValues]) -> int:
    return sum(a != b for old, new in zip(before, after, strict=True) for a, b in zip(old, new, strict=True))


@pytest.mark.parametrize(("share", "most"), [(0.03, 0.5), (0.11, 1.5), (0.4, 2.0), (1.0, 2.0)])
def test_bytes_for_each_sample_stay_below_the_goal(share: float, most: float) -> None:
    rows = processes(ROWS)
    encoder = Encoder([PROCESS])
    encoder.encode(frame(1, rows))
    sizes, changed = [], []
    for sequence, moved in enumerate(islice(moving(rows, share), 30), 2):
        changed.append(changed_cells(rows, moved))
        rows = moved
        sizes.append(sum(map(len, encoder.encode(frame(sequence, rows)).parts)))
    assert sum(changed) / len(changed) / SAMPLES >= min(share, 0.8) * 0.8
    assert max(sizes) / SAMPLES <= most


@pytest.mark.parametrize("age", [0, 100_000])
def test_a_keyframe_within_a_session_stays_below_two_bytes_for_each_sample(age: int) -> None:
    encoder = Encoder([PROCESS])
    encoder._texts.last = age
    rows = processes(ROWS)
    mark = encoder.encode(frame(1, rows)).mark
    keyframe = encoder.encode(frame(2, rows), keyframe=True, mark=mark)
    assert sum(map(len, keyframe.live)) / SAMPLES <= 2.0


@pytest.mark.parametrize("share", [0.017, 0.03])
async def test_an_hour_in_the_ring_costs_at_most_seven_tenths_of_a_megabyte(share: float) -> None:
    recorder = Recorder([PROCESS], 16 << 20, 60)
    for sequence, rows in enumerate(islice(moving(processes(ROWS), share), 720), 1):
        await recorder.keep(recorder.encode(frame(sequence, rows)))
    assert recorder.ring.size <= 700_000
    assert 10 <= len(recorder.ring) <= 60


async def test_the_ring_s_bytes_hold_however_long_the_agent_runs() -> None:
    recorder = Recorder([PROCESS], 1 << 16, 5)
    for sequence, rows in enumerate(islice(moving(processes(50), 0.4), 300), 1):
        await recorder.keep(recorder.encode(frame(sequence, rows)))
        assert recorder.ring.size <= 1 << 16
    assert recorder.ring.evicted > 10
