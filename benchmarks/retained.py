"""What one node costs the server's memory: its newest frame, and an hour of everything at 5 s."""

from __future__ import annotations

from benchmarks.report import Report
from gobs_core import Frame, Reading
from gobs_proto import gobs_pb2 as pb
from gobs_server.clock import Clock
from gobs_server.history import History
from gobs_server.history.segment import delimited
from gobs_server.tables import RunState, schemas_from
from gobs_sinks.grpc.encoder import Encoder
from tests.sinks.realistic import COLUMNS, PROCESS, moving, processes
from tests.support.frames import hello_of

_ROWS = 300
_INTERVAL = 5
_KEYFRAME = 60.0
"""The sink's default."""


class _Still(Clock):
    """An hour is over in a moment."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


def run(quick: bool = False) -> list[Report]:
    """Measure with 3 % of the cells changing per frame, and with 11 %."""
    return [_retained(share, 60 if quick else 3600 // _INTERVAL) for share in (0.03, 0.11)]


def _retained(share: float, frames: int) -> Report:
    clock, encoder = _Still(), Encoder((PROCESS,))
    history, state = History(clock), RunState(schemas_from(hello_of(PROCESS)), run="run-1")
    history.begin("n1", "run-1", state.schemas)
    ticks = moving(processes(_ROWS), share)
    for number in range(1, frames + 1):
        clock.now += _INTERVAL
        now = number * _INTERVAL * 10**9
        due = (number - 1) * _INTERVAL % _KEYFRAME == 0
        frame = Frame(number, int(clock.now * 1e9), now, (Reading(PROCESS, next(ticks), now),))
        encoded = encoder.encode(frame, keyframe=due)
        parts = [pb.Frame.FromString(part) for part in encoded.parts]
        state.apply(parts)
        history.append("n1", "run-1", parts, list(map(delimited, encoded.parts)), clock.now - now / 1e9, state)
    table = state.tables[0]
    assert table is not None
    report = Report(
        f"Retained per node: {_ROWS} x {COLUMNS}, {100 * share:g} % of the cells changing every {_INTERVAL} s"
    )
    hour = history.bytes * 3600 / (frames * _INTERVAL) / 1e6
    report.figure("history per sample", history.bytes / (frames * _ROWS * COLUMNS), "B")
    report.figure("newest frame, its cells", table.matrix.nbytes / 1024, "KiB")
    report.figure("an hour", hour, "MB", f"{frames} frames, a keyframe every {_KEYFRAME:g} s")
    if share <= 0.03:
        report.bar(
            "newest frame, with keys and what its rates are made from", table.bytes() / 1024, at_most=90, unit="KiB"
        )
        report.bar("an hour of everything", hour, at_most=0.7, unit="MB")
    return report


if __name__ == "__main__":
    for one in run():
        print(one.text(), flush=True)
