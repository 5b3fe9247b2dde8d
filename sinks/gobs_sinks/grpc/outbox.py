"""What waits to be written to one session: short messages first, then live frames, then parts of the past."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from gobs_sinks.grpc.encoder import Encoded
from gobs_sinks.grpc.parts import agent_message

MOST_FRAMES = 8
MOST_BYTES = 4 << 20
MOST_NOTES = 64


class Item(NamedTuple):
    """Messages that are written one after the other, with nothing between."""

    messages: list[bytes]
    frame: Encoded | None = None


class Outbox:
    """Bounded. When the peer takes too little, all live frames that wait are dropped: the next has to be a keyframe."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.skipped = 0
        """Live frames dropped or not taken."""
        self.whole = True
        """Whether the next live frame has to be a keyframe."""
        self.mark = 0
        """The highest number of a text the peer has once all that waits is written."""
        self._wake = wake
        self._notes: deque[bytes] = deque(maxlen=MOST_NOTES)
        self._live: deque[Encoded] = deque()
        self._bytes = 0
        self._begun = 0

    def note(self, message: bytes) -> None:
        """Add a short message; the oldest goes when too many wait."""
        self._notes.append(message)
        self._wake()

    def offer(self, frame: Encoded) -> None:
        """Add a live frame, or skip it."""
        if self.whole and not frame.keyframe:
            self.skipped += 1
            return
        size = sum(map(len, frame.live))
        if self._live and (len(self._live) >= MOST_FRAMES or self._bytes + size > MOST_BYTES):
            self.skipped += len(self._live) + 1
            self._live.clear()
            self._bytes = 0
            self.mark = self._begun
            self.whole = True
            return
        self._live.append(frame)
        self._bytes += size
        self.mark = frame.mark
        self.whole = False
        self._wake()

    def take(self) -> Item | None:
        """What to write next, but for the past."""
        if self._notes:
            return Item([self._notes.popleft()])
        if not self._live:
            return None
        frame = self._live.popleft()
        self._bytes -= sum(map(len, frame.live))
        self._begun = frame.mark
        return Item([agent_message(part) for part in frame.live], frame)

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._notes and not self._live
