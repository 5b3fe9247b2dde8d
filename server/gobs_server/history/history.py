"""The recent past of every node, read back."""

from __future__ import annotations

import numpy as np

from gobs_server.tables import View
from gobs_server.tables.values import Numbers


class History:
    """The recent past of every node. Lives as long as the server; filled by ingest alone. Times: server's wall seconds."""

    def at(self, node: str, table: str, wall_seconds: float) -> View | None:
        """The table as it last was at or before that time; None where nothing is kept that is recent enough for it."""
        raise NotImplementedError

    def series(
        self, node: str, table: str, column: str, key: tuple[str, ...], since: float, until: float, *, rate: bool
    ) -> tuple[Numbers, Numbers]:
        """Times and values of one cell between two times: its rate per second, or its level; NaN at every gap.

        Raises KeyError for a column the table has not. A node or table nothing is kept of gives two empty arrays.
        """
        raise NotImplementedError

    def span(self, node: str) -> tuple[float, float] | None:
        """The first and the last moment kept of a node."""
        raise NotImplementedError

    @property
    def bytes(self) -> int:
        """What all of it takes in memory."""
        raise NotImplementedError

    def bytes_of(self, node: str) -> int:
        """What one node's part of it takes in memory."""
        raise NotImplementedError
