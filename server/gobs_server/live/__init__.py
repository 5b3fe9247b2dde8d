"""The newest rows of every table of every node, and how each node fares."""

from gobs_server.live.live import Live
from gobs_server.live.node import LiveTable, Node
from gobs_server.live.totals import rows_of, totals_of
from gobs_server.tables import View

__all__ = ["Live", "LiveTable", "Node", "View", "rows_of", "totals_of"]
