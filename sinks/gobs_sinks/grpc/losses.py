"""Which frames no server will ever get: they had to go from the ring, or broke the stream, before one had them."""

from __future__ import annotations

from collections.abc import Iterable

from gobs_sinks.grpc.ranges import Ranges


class Losses:
    """Counts frames that are lost for good. Lives as long as the run.

    A frame that went from the ring may still be on its way: it is counted once an acknowledgement has passed it by, or
    when there is no session it could travel in. What was taken while the stream broke, so that the acknowledgement
    never came, counts as lost, unless the next Welcome says otherwise before it goes from the ring.
    """

    def __init__(self) -> None:
        self.count = 0
        """Frames lost."""
        self._settled = Ranges()
        self._gone: list[tuple[int, int]] = []

    def took(self, sequences: Iterable[tuple[int, int]]) -> None:
        """A server has these."""
        for first, last in sequences:
            self._settled.add(first, last)

    def left(self, sequences: Iterable[tuple[int, int]]) -> None:
        """These have gone from the ring: who has them not yet gets them only if they are on their way."""
        for first, last in sequences:
            self._gone += self._settled.lacks(first, last)

    def give_up(self, sequences: Iterable[tuple[int, int]]) -> None:
        """These are not sent any more."""
        for first, last in sequences:
            self._lose(first, last)

    def settle(self, upto: int | None = None, on_their_way: Iterable[tuple[int, int]] = ()) -> None:
        """What has gone from the ring is lost, up to the live frame acknowledged last; all of it without a session.

        `on_their_way`: segments sent whose acknowledgement is still to come.
        """
        sent, gone, self._gone = Ranges(on_their_way), self._gone, []
        for first, last in gone:
            end = last if upto is None else min(last, upto)
            if sent.touches(first, end):
                self._gone.append((first, last))
                continue
            self._lose(first, end)
            if end < last:
                self._gone.append((max(first, end + 1), last))

    def _lose(self, first: int, last: int) -> None:
        for start, end in self._settled.lacks(first, last):
            self.count += end - start + 1
        self._settled.add(first, last)
