"""The contract of a profiler: records stacks on demand.

Only its name, its settings and its place in the plugin list are settled; what it is asked to do is added to this class
together with the part of the product that asks.
"""

from __future__ import annotations

from gobs_core.plugin import Plugin, PluginConfig


class Profiler(Plugin):
    """Records stacks on demand."""

    def __init__(self, config: PluginConfig) -> None:
        self.config = config
