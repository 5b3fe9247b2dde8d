"""Reading the past: which segments a question touches, decoding no more than those."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from gobs_server.history.node import NodeHistory, RunHistory
from gobs_server.history.segment import OpenSegment, Parts, Segment
from gobs_server.history.series import Series, Wanted
from gobs_server.tables import RunState, View
from gobs_server.tables.values import Numbers

_CACHED = 16 << 20
"""Bytes of frames, decompressed, of the decoded segments kept for the next question about the same time."""
_BACK = 4
"""Segments decoded at most to find the reading a rate is computed from."""
_GAP = 3
"""Intervals without a reading that make a gap."""

AnySegment = Segment | OpenSegment


class Reader:
    """Answers questions about a node's past; remembers the segments it decoded last."""

    def __init__(self) -> None:
        self._decoded: OrderedDict[Segment, list[Parts]] = OrderedDict()
        self.bytes = 0
        """Bytes of frames, decompressed, of the segments it remembers."""

    def forget(self, segment: Segment) -> None:
        """That segment is not kept any more."""
        if self._decoded.pop(segment, None) is not None:
            self.bytes -= segment.raw

    def at(self, home: NodeHistory, table: str, time: float) -> View | None:
        """The table as it last was at or before `time`."""
        best: View | None = None
        for run, segment in _before(home, time):
            place = run.schemas.place(table)
            gap = gap_of(run, place)
            if segment.end < (time - gap if best is None else best.time):
                break
            if place is None:
                continue
            view = self._view(run, segment, place, time)
            if view is not None and time - view.time <= gap and (best is None or view.time > best.time):
                best = view
        return best

    def series(
        self,
        home: NodeHistory,
        table: str,
        column: str,
        key: tuple[str, ...],
        since: float,
        until: float,
        *,
        rate: bool,
    ) -> tuple[Numbers, Numbers]:
        """Times and values of one cell."""
        wanted = Wanted(table, column, key, rate)
        found = Series(wanted)
        for run in home.runs:
            place = run.schemas.place(table)
            if place is None:
                continue
            found.begin(run, place, gap_of(run, place))
            for segment in run.all():
                if segment.end >= since - found.gap and segment.start <= until:
                    found.read(segment.offset, self._frames(segment))
            found.end()
        return found.result(since, until)

    def _view(self, run: RunHistory, segment: AnySegment, place: int, time: float) -> View | None:
        until_ns = round((time - segment.offset) * 1e9)
        state = self._decode(run, [segment], place, until_ns)
        table = state.tables[place]
        assert table is not None
        if table.read_ns < 0:
            return None
        segments = [segment]
        while not table.rates.seconds > 0 and len(segments) < _BACK:
            before = run.before(segments[0])
            if before is None:
                break
            segments.insert(0, before)
            state = self._decode(run, segments, place, until_ns)
            table = state.tables[place]
            assert table is not None
        return table.view(segment.offset + table.read_ns / 1e9, state.texts)

    def _decode(self, run: RunHistory, segments: Sequence[AnySegment], place: int, until_ns: int) -> RunState:
        state = RunState(run.schemas, only=place)
        for segment in segments:
            for frame in self._frames(segment):
                if state.sequence < frame[0].sequence and frame[0].monotonic_ns <= until_ns:
                    state.apply(frame)
        return state

    def _frames(self, segment: AnySegment) -> Iterable[Parts]:
        if isinstance(segment, OpenSegment) or segment.raw > _CACHED:
            return segment.frames()
        frames = self._decoded.get(segment)
        if frames is None:
            frames = self._decoded[segment] = list(segment.frames())
            self.bytes += segment.raw
            while self.bytes > _CACHED:
                self.forget(next(iter(self._decoded)))
        else:
            self._decoded.move_to_end(segment)
        return frames


def gap_of(run: RunHistory, place: int | None) -> float:
    """Seconds without a reading that make a gap."""
    return _GAP * (run.schemas.intervals[place] if place is not None else max(run.schemas.intervals, default=0.0))


def _before(home: NodeHistory, time: float) -> Iterator[tuple[RunHistory, AnySegment]]:
    """All segments that began at or before `time`, the latest first."""
    begun = [(run, segment) for run in home.runs for segment in run.all() if segment.start <= time]
    yield from sorted(begun, key=lambda pair: pair[1].start, reverse=True)
