"""One node's past as it was when somebody asked: read beside the event loop while the node's frames go on coming."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gobs_server.history.lines import Lines
from gobs_server.history.node import NodeHistory
from gobs_server.history.read import Reader
from gobs_server.history.readings import PastReading, moments, readings
from gobs_server.history.series import Wanted
from gobs_server.history.track import MOST_CELLS, Key
from gobs_server.tables import View


class Past:
    """All that is kept of one node. A value: later frames, and what is let go, do not change it.

    Its methods take milliseconds and more, and may be called in any thread. Times: server's wall seconds.
    """

    def __init__(self, reader: Reader, home: NodeHistory) -> None:
        self._reader = reader
        self._home = home

    def span(self) -> tuple[float, float] | None:
        """The first and the last moment kept; None: nothing is."""
        return self._home.span()

    def at(self, table: str, moment: float) -> View | None:
        """The table as it last was at or before that moment; None where nothing kept is recent enough for it."""
        return self._reader.at(self._home, table, moment)

    def last(self, table: str, key: Key) -> View | None:
        """The table as it was at the newest reading that has the row of that key; None: none kept has it."""
        return self._reader.last(self._home, table, key)

    def lines(
        self, wanted: Sequence[Wanted], since: float, until: float, *, most: int = MOST_CELLS
    ) -> dict[str, Lines]:
        """Table -> the lines of those wanted that are of it, in their order; each segment is decoded once for all.

        Raises KeyError for a column no run of the node has, and TooMuch.
        """
        return self._reader.lines(self._home, wanted, since, until, most)

    def readings(self, table: str, since: float, until: float) -> Iterator[PastReading]:
        """The readings of a table between two times, in order, each with all its rows."""
        return readings(self._home, self._reader.frames, table, since, until)

    def moments(self, since: float, until: float) -> Iterator[float]:
        """When the node's frames between two times were made."""
        return moments(self._home, self._reader.frames, since, until)
