"""The agent: reads what is due, makes one frame of it, and gives the frame to every sink."""

from gobs_core.agent.clock import Clock
from gobs_core.agent.loop import Agent, TickStats

__all__ = ["Agent", "Clock", "TickStats"]
