"""Reading the past: which segments a question touches, decoding no more than those."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from threading import Lock

from gobs_server.history.lines import Lines
from gobs_server.history.node import NodeHistory, RunHistory
from gobs_server.history.readings import touched
from gobs_server.history.replay import Replay, replayed
from gobs_server.history.segment import OpenSegment, Parts, Segment
from gobs_server.history.series import TableSeries, Wanted, texts_of
from gobs_server.history.track import Key, Track
from gobs_server.tables import RunState, View

_CACHED = 16 << 20
"""Bytes of frames, decompressed, of the decoded segments kept for the next question about the same time."""
_BACK = 4
"""Segments decoded at most to find the reading a rate is computed from."""
_GAP = 3
"""Intervals without a reading that make a gap."""

AnySegment = Segment | OpenSegment


class Reader:
    """Answers questions about a node's past; remembers the segments it decoded last. May be asked in any thread."""

    def __init__(self) -> None:
        self._decoded: OrderedDict[Segment, list[Parts]] = OrderedDict()
        self._lock = Lock()
        self.bytes = 0
        """Bytes of frames, decompressed, of the segments it remembers."""

    def forget(self, segment: Segment) -> None:
        """That segment is not kept any more."""
        with self._lock:
            self._forget(segment)

    def at(self, home: NodeHistory, table: str, moment: float) -> View | None:
        """The table as it last was at or before that moment."""
        best: View | None = None
        for run, segment in _before(home, moment):
            place = run.schemas.place(table)
            gap = gap_of(run, place)
            if segment.end < (moment - gap if best is None else best.time):
                break
            if place is None:
                continue
            view = self._view(run, segment, place, round((moment - segment.offset) * 1e9))
            if view is not None and moment - view.time <= gap and (best is None or view.time > best.time):
                best = view
        return best

    def lines(
        self, home: NodeHistory, wanted: Sequence[Wanted], since: float, until: float, most: int
    ) -> dict[str, Lines]:
        """Table -> the lines of those wanted that are of it, in their order. Raises KeyError and TooMuch."""
        tables = {
            name: TableSeries([one for one in wanted if one.table == name], most)
            for name in dict.fromkeys(one.table for one in wanted)
        }
        for run in home.runs:
            segments = touched(run, since, until)
            here = [
                (series, place) for name, series in tables.items() if (place := run.schemas.place(name)) is not None
            ]
            replays: dict[int, tuple[Replay, list[Track]]] = {}
            for series, place in here:
                layout = run.schemas.layouts[place]
                assert layout is not None
                replays[place] = Replay(layout), series.begin(layout, gap_of(run, place))
            names = texts_of([track for _, tracks in replays.values() for track in tracks])
            for segment in segments if here else ():
                until_ns = round((until - segment.offset) * 1e9)
                by_place = {place: replay for place, (replay, _) in replays.items()}
                for head, places in replayed(self.frames(segment), by_place, names):
                    if head.monotonic_ns > until_ns:
                        break
                    for place in places:
                        replay, tracks = replays[place]
                        for track in tracks:
                            track.take(replay, segment.offset, names)
                time.sleep(0)  # in a thread beside the event loop: let it have its turn
            for series, _ in here:
                series.end()
        return {name: series.result(since, until) for name, series in tables.items()}

    def last(self, home: NodeHistory, table: str, key: Key) -> View | None:
        """The table as it was at the newest reading that has the row of that key."""
        for run, segment in _before(home, inf):
            place = run.schemas.place(table)
            layout = None if place is None else run.schemas.layouts[place]
            if place is None or layout is None:
                continue
            replay, track = Replay(layout), Track(layout, [key], (), 1)
            names, seen_ns = texts_of([track]), -1
            for head, here in replayed(self.frames(segment), {place: replay}, names):
                if here and track.here(replay, names):
                    seen_ns = head.monotonic_ns
            if seen_ns >= 0:
                return self._view(run, segment, place, seen_ns)
            time.sleep(0)
        return None

    def _view(self, run: RunHistory, segment: AnySegment, place: int, until_ns: int) -> View | None:
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
            for frame in self.frames(segment):
                if state.sequence < frame[0].sequence and frame[0].monotonic_ns <= until_ns:
                    state.apply(frame)
        return state

    def frames(self, segment: AnySegment) -> Iterable[Parts]:
        """The frames of a segment, decoded anew or as remembered."""
        if isinstance(segment, OpenSegment) or segment.raw > _CACHED:
            return segment.frames()
        with self._lock:
            frames = self._decoded.get(segment)
            if frames is not None:
                self._decoded.move_to_end(segment)
                return frames
        frames = list(segment.frames())
        with self._lock:
            if segment not in self._decoded:
                self._decoded[segment] = frames
                self.bytes += segment.raw
                while self.bytes > _CACHED:
                    self._forget(next(iter(self._decoded)))
        return frames

    def _forget(self, segment: Segment) -> None:
        if self._decoded.pop(segment, None) is not None:
            self.bytes -= segment.raw


def gap_of(run: RunHistory, place: int | None) -> float:
    """Seconds without a reading that make a gap."""
    return _GAP * (run.schemas.intervals[place] if place is not None else max(run.schemas.intervals, default=0.0))


def _before(home: NodeHistory, moment: float) -> Iterator[tuple[RunHistory, AnySegment]]:
    """All segments that began at or before that moment, the latest first."""
    begun = [(run, segment) for run in home.runs for segment in run.all() if segment.start <= moment]
    yield from sorted(begun, key=lambda pair: pair[1].start, reverse=True)
