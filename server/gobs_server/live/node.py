"""What is known of a node now: who it is, how it fares, and its newest tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gobs_core import Column, PluginState, Table
from gobs_server.tables import Chosen, Counted, TableState, Totals, View
from gobs_server.tables.layout import Layout
from gobs_server.tables.texts import Texts

State = Literal["fresh", "stale", "down"]
_SMALL = 64
"""Rows up to which plain numbers are faster than arrays."""


class LiveTable:
    """The newest rows of one table of one node. Lives as long as the agent's run; read it between two awaits."""

    __slots__ = (
        "_counted",
        "_state",
        "_texts",
        "_totals",
        "_view",
        "interval",
        "read",
        "read_at",
        "table",
        "version",
    )

    def __init__(self, state: TableState, interval: float) -> None:
        self.table: Table = state.layout.table
        self.interval = interval
        """Seconds between two readings."""
        self.version = 0
        """The version of `Live` at which it last changed."""
        self.read_at = 0.0
        """When it was read, in seconds since 1970 by the server's clock."""
        self.read = float("-inf")
        """When it was read, on the server's monotonic clock."""
        self._state = state
        self._texts = Texts()
        self._view: View | None = None
        self._totals: Totals | None = None
        self._counted: Counted | None = None

    @property
    def layout(self) -> Layout:
        """What its cells are; tables declared the same share it."""
        return self._state.layout

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self._state.rows

    def view(self) -> View:
        """The table as people see it; made once per version and shared."""
        if self._view is None:
            self._view = self._state.view(self.read_at, self._texts)
        return self._view

    @property
    def texts(self) -> Texts:
        """The dictionary that `text_ids` are of; the same for all tables of a node, most of the time."""
        return self._texts

    def text_ids(self) -> NDArray[np.integer]:
        """The ids of the texts of every row: of its keys, then of its info columns in order."""
        return self._state.text_ids()

    def total(self, column: Column) -> float:
        """What `view().total` tells, for a small table without making the view."""
        if self._view is not None or self._state.rows > _SMALL:
            return self.view().total(column)
        if self._totals is None:
            self._totals = Totals(*self.chosen(None))
        return self._totals.of(column)

    def chosen(self, keys: tuple[tuple[str, ...], ...] | None) -> tuple[TableState, Chosen]:
        """Its cells as they are now, and which rows a total counts, or those with these keys."""
        if self._counted is None:
            self._counted = Counted()
        return self._state, self._counted.chosen(self._state, self._texts, keys)

    def update(self, state: TableState, texts: Texts, read_at: float, version: int) -> None:
        """Take what a frame brought."""
        self._state, self._texts, self.read_at, self.version = state, texts, read_at, version
        self._view = self._totals = None


@dataclass(slots=True)
class Node:
    """One machine that runs an agent, until it is forgotten; its fields change under the reader between two awaits."""

    name: str
    state: State = "down"
    state_since: float = 0.0
    """Seconds since 1970, as all times here, by the server's clock."""
    first_seen: float = 0.0
    last_seen: float = 0.0
    """When anything was last heard of it; 0: never since this server started and its database was made."""
    agent_version: str = ""
    protocol: int = 0
    boot_id: str = ""
    run: str = ""
    """The random id of the agent's start."""
    connected: bool = False
    skew: float = 0.0
    """Seconds the node's wall clock is ahead of the server's, the way of its message included."""
    interval: float = 0.0
    notes: tuple[str, ...] = ()
    """What a person should know, e.g. "two agents claim this name"."""
    plugins: tuple[PluginState, ...] = ()
    tables: Mapping[str, LiveTable] = field(default_factory=dict)
    version: int = 0
    """The version of `Live` at which anything of it last changed."""
    frames: int = 0
    """Frames taken since the server started."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Reason -> frames or tables not taken since the server started."""
    heard: float = float("-inf")
    """When anything was last heard of it, on the server's monotonic clock."""
    framed: float = float("-inf")
    """When its newest frame came, on the server's monotonic clock."""
    down_since: float = 0.0
    """When it went down, on the server's monotonic clock; means nothing unless it is down."""
    troubled: bool = False
    """Whether the newest frame it sent was refused."""
