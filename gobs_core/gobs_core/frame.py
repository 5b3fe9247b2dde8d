"""A frame: what one node's due collectors read at one tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gobs_core.table import RowValues, Table


class Reading(NamedTuple):
    """All rows of one table, read at one moment. A row of the last reading that is not here is gone.

    A row that did not change may be the very same tuple as in the last reading, so that whoever looks for changes can
    compare by identity first.
    """

    table: Table
    rows: Sequence[RowValues]
    read_ns: int
    """When it was read, on the agent's monotonic clock."""


class Frame(NamedTuple):
    """What one node's due collectors read at one tick. A table that is not here was not read."""

    sequence: int
    """1, 2, 3, … within the agent's run; never repeated."""
    wall_ns: int
    """The node's wall clock at the tick, nanoseconds since 1970; may jump."""
    monotonic_ns: int
    """The agent's monotonic clock at the tick: all durations come from it."""
    readings: tuple[Reading, ...]
