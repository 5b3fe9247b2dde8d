"""Judging a segment that comes late: every frame of it is applied, one after another, before any of it is kept."""

from __future__ import annotations

from collections.abc import Iterator

from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES, MAX_SEGMENT_BYTES
from gobs_server.history.framing import frames_of, inflated
from gobs_server.history.node import RunHistory
from gobs_server.history.ranges import MAX_RANGES, Range, extend
from gobs_server.history.segment import Segment
from gobs_server.tables import BadFrame, RunState, Schemas

_MOST_FRAMES = 10_000
_FRAME_BYTES = 16 * MAX_MESSAGE_BYTES


class Judged:
    """A segment being judged. Lives until it is kept or refused."""

    def __init__(self, schemas: Schemas) -> None:
        self._state = RunState(schemas)
        self._ranges: list[Range] = []
        self._raw = 0
        self._first = pb.Frame()
        self.count = 0
        """Frames it has."""

    def take(self, data: bytes) -> Iterator[None]:
        """Judge frame by frame; raises BadFrame."""
        for frame in frames_of(self._counted(data), part=MAX_MESSAGE_BYTES, frame=_FRAME_BYTES):
            self._state.apply(frame)
            if not self.count:
                head = frame[0]
                self._first = pb.Frame(sequence=head.sequence, wall_ns=head.wall_ns, monotonic_ns=head.monotonic_ns)
            self.count += 1
            extend(self._ranges, frame[0].sequence)
            if self.count > _MOST_FRAMES or len(self._ranges) > MAX_RANGES:
                raise BadFrame("limits", f"a segment of more than {_MOST_FRAMES} frames or {MAX_RANGES} pieces")
            yield

    def segment(self, data: bytes, claimed: Range, run: RunHistory, skew: float) -> Segment:
        """What is to be kept; raises BadFrame when it is not what the agent says it is."""
        ranges, first = tuple(self._ranges), self._first
        if (ranges[0][0], ranges[-1][1]) != claimed:
            raise BadFrame("segment", f"a segment said to be {claimed} holds {ranges[0][0]} to {ranges[-1][1]}")
        bias_ns = first.wall_ns - first.monotonic_ns
        offset = run.offset_for(first.sequence, bias_ns, otherwise=bias_ns / 1e9 - skew)
        last_ns = self._state.monotonic_ns
        return Segment((data,), ranges, first.monotonic_ns, last_ns, offset, bias_ns, raw=self._raw)

    def _counted(self, data: bytes) -> Iterator[bytes]:
        for piece in inflated(data, MAX_SEGMENT_BYTES):
            self._raw += len(piece)
            yield piece
