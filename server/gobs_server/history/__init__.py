"""The recent past of every node: the frames themselves, compressed, within a memory budget."""

from gobs_server.history.history import History

__all__ = ["History"]
