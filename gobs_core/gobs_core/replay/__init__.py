"""Recordings of a machine: exactly what its collectors read, tick for tick, and reading it again as if it were now."""

from gobs_core.replay.layout import Header, Tick
from gobs_core.replay.looking import Replay
from gobs_core.replay.proc import ReplayedProc
from gobs_core.replay.reading import Recording

__all__ = ["Header", "Recording", "Replay", "ReplayedProc", "Tick"]
