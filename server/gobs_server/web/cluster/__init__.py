"""The page of all nodes: cards, a table or a heat map, the last minutes of each, and the whole cluster in one line."""

from gobs_server.web.cluster.pages import add_cluster

__all__ = ["add_cluster"]
