"""What a server lacks of the past, as messages in the order it should get them."""

from __future__ import annotations

from collections.abc import Iterator

from gobs_proto.gobs_pb2 import AgentMessage, SegmentPart
from gobs_sinks.grpc.poison import Poison
from gobs_sinks.grpc.ranges import Ranges
from gobs_sinks.grpc.ring import Ring, Segment

PART_BYTES = 64 * 1024
"""A part is small, so that a live frame never waits for much; and few segments need a second one."""


class Backfill:
    """The missing segments of one session, oldest first; asks the ring anew each time and holds none that is gone."""

    def __init__(self, ring: Ring, poison: Poison, held: Ranges, history_seconds: int) -> None:
        self.held = held
        """What the server has, or has been sent in this session."""
        self.sent = 0
        """Segments sent."""
        self._ring = ring
        self._poison = poison
        self._history_ns = history_seconds * 10**9
        self._after = -1
        self._parts: Iterator[bytes] = iter(())

    def next(self, live: int, now_ns: int) -> bytes | None:
        """The next part to send, None when there is none now.

        `live` is the sequence of the live frame sent last, `now_ns` the agent's monotonic clock there.
        """
        part = next(self._parts, None)
        while part is None:
            segment = self._missing(now_ns)
            if segment is None or self._poison.must_wait(segment):
                return None
            self._after = segment.first
            self._poison.sending(segment, live)
            self._parts = _messages(segment)
            self.sent += 1
            for first, last in segment.sequences:
                self.held.add(first, last)
            part = next(self._parts, None)
        return part

    def _missing(self, now_ns: int) -> Segment | None:
        since = now_ns - self._history_ns
        for segment in self._ring:
            if (
                segment.first > self._after
                and segment.monotonic_ns >= since
                and not self.held.covers(segment.sequences)
                and not self._poison.refused(segment)
            ):
                return segment
        return None


def _messages(segment: Segment) -> Iterator[bytes]:
    parts = -(-len(segment.data) // PART_BYTES)
    for part in range(parts):
        data = segment.data[part * PART_BYTES : (part + 1) * PART_BYTES]
        message = SegmentPart(
            first_sequence=segment.first, last_sequence=segment.last, part=part, parts=parts, data=data
        )
        yield AgentMessage(segment=message).SerializeToString()
