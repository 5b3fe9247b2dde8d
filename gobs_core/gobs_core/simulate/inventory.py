"""The inventory of a simulated node: tells its agent what the pods of the model are called, at each of its steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from gobs_core.inventory import Inventory, Report
from gobs_core.plugin import PluginConfig
from gobs_core.plugins import Plugins
from gobs_core.simulate.machine import Machine
from gobs_core.simulate.told import told

NAME = "simulated"


class World(Protocol):
    """A simulated machine in whatever folders it stands."""

    @property
    def machine(self) -> Machine:
        """The model."""
        ...

    def step(self, now: float) -> None:
        """Move on to `now`, in seconds since 1970."""
        ...


class Telling:
    """A world that tells an agent's inventory what its pods are called, whenever it has moved on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._report: Report | None = None

    def step(self, now: float) -> None:
        """Move on, and tell."""
        self._world.step(now)
        self._tell()

    def plugins(self, plugins: Plugins, *, alone: bool) -> Plugins:
        """Return the plugins with this inventory among them, or, `alone`, with no other."""
        others = {} if alone else plugins.inventories
        return replace(plugins, inventories={**others, NAME: self._class()})

    def _class(self) -> type[Inventory]:
        telling = self

        class Simulated(Inventory):
            """Knows the simulated pods of one node."""

            name = NAME

            def __init__(self, config: PluginConfig, node: str) -> None:
                super().__init__(config, node)
                self._open = False

            def open(self, report: Report) -> None:
                """Tell what there is, and go on with every step."""
                self._open = True
                telling.listen(report)

            def close(self) -> None:
                """Tell no more."""
                if self._open:
                    telling.listen(None)

        return Simulated

    def listen(self, report: Report | None) -> None:
        """Tell this one from now on; None: nobody."""
        self._report = report
        self._tell()

    def _tell(self) -> None:
        if self._report is not None:
            self._report.workloads(told(self._world.machine.pods))
