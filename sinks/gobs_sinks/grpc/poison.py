"""Which segments broke a stream, so that one that the server cannot take is not sent for ever."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import NamedTuple

from gobs_sinks.grpc.losses import Losses
from gobs_sinks.grpc.ranges import Ranges
from gobs_sinks.grpc.ring import Segment

STRIKES = 3
_BLAMED = {"INVALID_ARGUMENT", "OUT_OF_RANGE", "RESOURCE_EXHAUSTED", "INTERNAL", "UNKNOWN", "DATA_LOSS"}
"""Statuses a server gives because of what it was sent; a server that merely ends or vanishes blames nothing."""


class _Suspect(NamedTuple):
    sequences: Ranges
    after: int


class Poison:
    """Strikes against segments. Lives as long as the run.

    A segment is under suspicion from the moment it is sent until a live frame sent after it is acknowledged. When the
    stream breaks meanwhile it gets a strike, with all others under suspicion; one that has a strike is sent alone.

    An acknowledgement means that the server has received what was sent before, and that it broke nothing. Putting a
    segment into history comes later and never ends the stream: one the server cannot read it counts, and leaves out.
    """

    def __init__(self, losses: Losses | None = None) -> None:
        self.given_up = 0
        """Segments that will not be sent again."""
        self._strikes: Counter[int] = Counter()
        self._losses = losses or Losses()
        self._suspects: dict[int, _Suspect] = {}

    def refused(self, segment: Segment) -> bool:
        """Whether it has been given up."""
        return self._strikes[segment.first] >= STRIKES

    def must_wait(self, segment: Segment) -> bool:
        """Whether it may not be sent yet: it has a strike, or one that has is not acknowledged."""
        return bool(self._suspects) and any(self._strikes[first] for first in (segment.first, *self._suspects))

    def sending(self, segment: Segment, after: int) -> None:
        """The segment is being sent; `after`: the live frame sent last."""
        self._suspects[segment.first] = _Suspect(segment.sequences, after)

    def acked(self, sequence: int) -> None:
        """A live frame was taken: everything sent before it has at least been received."""
        suspects, self._suspects = self._suspects, {}
        for first, suspect in suspects.items():
            if suspect.after >= sequence:
                self._suspects[first] = suspect
            else:
                self._losses.took(suspect.sequences)
        on_their_way = chain.from_iterable(suspect.sequences for suspect in self._suspects.values())
        self._losses.settle(sequence, on_their_way)

    def ended(self, code: str) -> list[int]:
        """The stream is over; returns the first sequences of segments that are given up now."""
        suspects, self._suspects = self._suspects, {}
        if code not in _BLAMED:
            return []
        self._strikes.update(suspects.keys())
        lost = [first for first in suspects if self._strikes[first] == STRIKES]
        self.given_up += len(lost)
        for first in lost:
            self._losses.give_up(suspects[first].sequences)
        return lost
