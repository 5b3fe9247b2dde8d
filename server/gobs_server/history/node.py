"""One node's past: its runs, each with its segments in order."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from gobs_server.history.ranges import Range, covers, merge
from gobs_server.history.segment import LENT, MODEL, OpenSegment, Segment
from gobs_server.tables import Schemas

_RUN = 500
"""Bytes a run takes besides all else, about."""


@dataclass(eq=False)
class RunHistory:
    """The segments of one run of the agent, and what is needed to decode them."""

    run: str
    schemas: Schemas
    segments: list[Segment] = field(default_factory=list)
    """Sealed, by their first sequence number; two may overlap, none lies within what the others hold."""
    open: OpenSegment | None = None
    _model: bytes = b""
    _lent: int = 0

    def lend(self, keyframe: Iterable[bytes]) -> bytes:
        """What the segment that begins with this keyframe is compressed with; the keyframe may be the next model."""
        model = self._model
        self._lent += 1
        if not model or self._lent >= LENT:
            raw = b"".join(keyframe)
            self._model, self._lent = raw if len(raw) <= MODEL else b"", 0
        return model

    def ranges(self) -> list[Range]:
        """The sequence numbers of all frames kept."""
        found = [r for segment in self.segments for r in segment.ranges]
        if self.open is not None:
            found += self.open.ranges
        return merge(found)

    def copy(self) -> RunHistory:
        """The same as it is now; what comes later does not change it."""
        return RunHistory(self.run, self.schemas, list(self.segments), None if self.open is None else self.open.copy())

    def all(self) -> list[Segment | OpenSegment]:
        """All segments in order, the open one last."""
        return [*self.segments, self.open] if self.open is not None and self.open.ranges else list(self.segments)

    def before(self, segment: Segment | OpenSegment) -> Segment | None:
        """The sealed segment before one of this run's."""
        first = segment.ranges[0][0]
        return next((s for s in reversed(self.segments) if s.first < first), None)

    def add(self, segment: Segment) -> list[Segment] | None:
        """Keep a segment; returns those it made superfluous, or None when it brings nothing new itself."""
        near = [old for old in self.segments if old.first <= segment.last and old.last >= segment.first]
        found = [r for old in near for r in old.ranges]
        if self.open is not None:
            found += self.open.ranges
        if covers(merge(found), segment.ranges):
            return None
        own = list(segment.ranges)
        superfluous = {old for old in near if covers(own, old.ranges)}
        self.segments = [old for old in self.segments if old not in superfluous]
        insort(self.segments, segment, key=lambda s: s.first)
        return list(superfluous)

    def offset_for(self, first: int, bias_ns: int, otherwise: float) -> float:
        """What takes monotonic seconds to the server's wall clock, for frames that come late.

        Taken from the segment nearest in sequence whose wall and monotonic clock were as far apart: so a clock that was
        set, or a machine that slept, does not misplace them.
        """
        known = [(s.first, s.bias_ns, s.offset) for s in self.segments]
        if self.open is not None and self.open.ranges:
            known.append((self.open.ranges[0][0], self.open.bias_ns, self.open.offset))
        if not known:
            return otherwise
        return min(known, key=lambda k: (abs(k[1] - bias_ns) > 1_000_000_000, abs(k[0] - first)))[2]


@dataclass(eq=False)
class NodeHistory:
    """All that is kept of one node."""

    runs: list[RunHistory] = field(default_factory=list)
    """In the order they were first heard of."""
    bytes: int = 0
    schemas: int = 0
    """Bytes of `bytes` that the declarations of its runs take."""
    connected: bool = False

    def weight(self) -> int:
        """What the declarations of its runs take in memory; what runs share counts once."""
        layouts = {layout for run in self.runs for layout in run.schemas.layouts if layout is not None}
        others = sum(_RUN + sum(map(len, run.schemas.faults)) for run in self.runs)
        return others + sum(layout.bytes for layout in layouts)

    def copy(self) -> NodeHistory:
        """The same as it is now; what comes later does not change it."""
        return NodeHistory([run.copy() for run in self.runs], self.bytes, self.schemas, self.connected)

    def span(self) -> tuple[float, float] | None:
        """The first and the last moment kept."""
        spans = [(segment.start, segment.end) for run in self.runs for segment in run.all()]
        return (min(start for start, _ in spans), max(end for _, end in spans)) if spans else None

    def run(self, run: str) -> RunHistory | None:
        """The run of that id."""
        return next((r for r in reversed(self.runs) if r.run == run), None)
