"""The past: random lives of a machine, partly live, partly filled in later, read back as they were."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gobs_core import Frame, Table
from gobs_proto import gobs_pb2 as pb
from gobs_server.history import History
from gobs_server.history.segment import delimited
from gobs_server.tables import RunState, View, schemas_from
from gobs_sinks.grpc.encoder import Encoded, Encoder
from tests.server.feeding import HeldClock
from tests.sinks.histories import TABLES, expected, histories
from tests.support.frames import hello_of

OFFSET = 1_000_000.0
Shown = dict[tuple[str, ...], tuple[object, ...]]


def shown(view: View | None) -> Shown:
    """Every row as a peer shows it."""
    assert view is not None
    found: Shown = {}
    for row, key in enumerate(view.keys):
        cells: list[object] = []
        for column in view.table.cells:
            if column.numeric:
                value = view.values[column.name][row]
                cells.append(None if np.isnan(value) else float(value))
            else:
                cells.append(view.infos[column.name][row])
        found[key] = tuple(cells)
    return found


def as_shown(table: Table, rows: Sequence[tuple[object, ...]]) -> Shown:
    def cell(column_scale: float | None, value: object) -> object:
        return float(np.float64(value) * column_scale) if isinstance(value, int) and column_scale else value

    return {
        key: tuple(cell(column.scale, value) for column, value in zip(table.cells, row, strict=True))
        for key, row in expected(table, rows).items()  # type: ignore[arg-type]
    }


Rates = dict[tuple[str, ...], list[float | None]]


class Reading(NamedTuple):
    """One table as a slow model says it was at one frame."""

    read_ns: int
    raw: Shown
    rows: Shown
    rates: Rates


class Truth:
    """What a slow model says of one run: after every frame the newest reading of every table."""

    def __init__(self) -> None:
        self.frames: list[dict[int, Reading]] = []

    def take(self, frame: Frame) -> None:
        newest = dict(self.frames[-1]) if self.frames else {}
        for table, rows, read_ns in frame.readings:
            place = TABLES.index(table)
            raw: Shown = dict(expected(table, rows))
            newest[place] = Reading(read_ns, raw, as_shown(table, rows), _rates(table, newest.get(place), raw, read_ns))
        self.frames.append(newest)


def _rates(table: Table, old: Reading | None, raw: Shown, read_ns: int) -> Rates:
    rates: Rates = {}
    for key, row in raw.items():
        before = old.raw.get(key) if old else None
        rates[key] = []
        for at, column in enumerate(table.cells):
            if column.kind == "counter":
                now, was = row[at], before[at] if before else None
                known = isinstance(now, int) and isinstance(was, int) and now >= was
                scale = column.scale or 1
                rates[key].append((now - was) * scale * 1e9 / (read_ns - old.read_ns) if known else None)  # type: ignore[operator,union-attr]
    return rates


def rates_of(view: View | None) -> Rates:
    assert view is not None
    columns = list(view.rates.values())
    return {
        key: [None if np.isnan(column[row]) else float(column[row]) for column in columns]
        for row, key in enumerate(view.keys)
    }


def assert_close(found: Rates, wanted: Rates) -> None:
    assert found.keys() == wanted.keys()
    for key, rates in wanted.items():
        for one, other in zip(found[key], rates, strict=True):
            assert (one is None) == (other is None), (key, found[key], rates)
            assert one is None or other is None or abs(one - other) <= 1e-9 * max(abs(one), abs(other))


def parts_of(encoded: Encoded) -> list[pb.Frame]:
    return [pb.Frame.FromString(part) for part in encoded.parts]


def segment_of(frames: Sequence[Encoded]) -> bytes:
    return zlib.compress(b"".join(delimited(part) for frame in frames for part in frame.parts))


class Run:
    """A run, its frames and what is true of them, and the server's history."""

    def __init__(self, frames: list[tuple[Frame, bool]]) -> None:
        self.clock = HeldClock()
        self.history = History(self.clock)
        self.schemas = schemas_from(hello_of(*TABLES))
        self.truth = Truth()
        self.encoded: list[Encoded] = []
        encoder = Encoder(TABLES)
        for frame, keyframe in frames:
            self.encoded.append(encoder.encode(frame, keyframe=keyframe))
            self.truth.take(frame)
        self.history.begin("n", "r", self.schemas)

    def live(self, frames: Sequence[Encoded]) -> RunState:
        state = RunState(self.schemas, run="r")
        for encoded in frames:
            parts = parts_of(encoded)
            state.apply(parts)
            self.history.append("n", "r", parts, [delimited(part) for part in encoded.parts], OFFSET, state)
        return state

    def segments(self) -> list[list[Encoded]]:
        found: list[list[Encoded]] = []
        for encoded in self.encoded:
            if encoded.keyframe:
                found.append([])
            found[-1].append(encoded)
        return found

    def check(self, frames: Sequence[int]) -> None:
        """Whether the past is the truth at these frames."""
        for number in frames:
            at = OFFSET + self.encoded[number].monotonic_ns / 1e9
            for place, (read_ns, _, rows, rates) in self.truth.frames[number].items():
                view = self.history.at("n", TABLES[place].name, at)
                if view is None:
                    assert at - OFFSET - read_ns / 1e9 > 2.9
                    continue
                assert shown(view) == rows
                assert abs(view.time - OFFSET - read_ns / 1e9) < 1e-3
                if not all(rate is None for one in rates_of(view).values() for rate in one):
                    assert_close(rates_of(view), rates)


@settings(max_examples=60)
@given(histories())
def test_live_and_the_past_are_what_a_slow_model_says(frames: list[tuple[Frame, bool]]) -> None:
    run = Run(frames)
    state = RunState(run.schemas, run="r")
    for encoded, truth in zip(run.encoded, run.truth.frames, strict=True):
        parts = parts_of(encoded)
        state.apply(parts)
        run.history.append("n", "r", parts, [delimited(part) for part in encoded.parts], OFFSET, state)
        for place, (_, _, rows, rates) in truth.items():
            table = state.tables[place]
            assert table is not None
            view = table.view(0.0, state.texts)
            assert shown(view) == rows
            assert_close(rates_of(view), rates)
    run.check(range(len(run.encoded)))
    assert run.history.ranges("n", "r") == ranges(run.encoded)


@settings(max_examples=60)
@given(histories(), st.data())
def test_late_segments_fill_every_hole_and_double_nothing(
    frames: list[tuple[Frame, bool]], data: st.DataObject
) -> None:
    run = Run(frames)
    segments = run.segments()
    live = data.draw(st.sets(st.integers(0, len(segments) - 1)), label="live")
    cut = data.draw(st.integers(1, 3), label="of the live ones only so many frames")
    late = data.draw(st.permutations(range(len(segments))), label="late")
    for number in sorted(live):
        run.live(segments[number][:cut])
    for number in late:
        found = segments[number]
        claimed = (found[0].sequence, found[-1].sequence)
        first = run.history.fill("n", "r", segment_of(found), claimed, skew=10**9 - OFFSET)
        again = run.history.fill("n", "r", segment_of(found), claimed, skew=10**9 - OFFSET)
        assert first in (0, len(found))
        assert again == 0
    run.history.end("n", "r")
    assert run.history.ranges("n", "r") == ranges(run.encoded)
    run.check(range(len(run.encoded)))
    for at, key in ((1, ()), (0, ("p1", "a")), (2, ("b",))):
        column = {0: "b", 1: "x", 2: "v"}[at]
        times, values = run.history.series("n", TABLES[at].name, column, key, 0, 1e12, rate=False)
        readings = {truth[at].read_ns: truth[at].rows.get(key) for truth in run.truth.frames if at in truth}
        place = [c.name for c in TABLES[at].cells].index(column)
        wanted = [
            (ns, row[place]) for ns, row in sorted(readings.items()) if row is not None and row[place] is not None
        ]
        points = [(time, value) for time, value in zip(times, values, strict=True) if not np.isnan(value)]
        assert [value for _, value in points] == [value for _, value in wanted]
        assert all(abs(time - OFFSET - ns / 1e9) < 1e-3 for (time, _), (ns, _) in zip(points, wanted, strict=True))
    assert run.history.bytes == run.history.bytes_of("n") >= 0


def ranges(frames: Sequence[Encoded]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for frame in frames:
        if found and found[-1][1] == frame.sequence - 1:
            found[-1] = (found[-1][0], frame.sequence)
        else:
            found.append((frame.sequence, frame.sequence))
    return found
