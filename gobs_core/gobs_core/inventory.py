"""The contract of an inventory: knows which workloads there are on this node, and what they are called.

Lifetime: constructed once with validated settings and no I/O; `open` once, which returns at once, since what waits for
somebody runs in a thread of its own; then it reports, from any thread, whenever something changed; `close` once, within
a second or two, after which it reports no more. No tick waits for an inventory. Collectors read what is known through
`Context.workloads`, and go on with ids for names while nothing is. In a worker, where inventories of others live, each
life of it has an inventory of its own, and of several reports the last is heard.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Protocol

from gobs_core.described import WorkloadInfo
from gobs_core.plugin import Plugin, PluginConfig

MAX_WORKLOADS = 20_000
"""Workloads taken from one inventory; no table could show more."""


class Report(Protocol):
    """What an inventory tells; may be called from any thread, and never blocks."""

    def workloads(self, known: Iterable[WorkloadInfo], lacking: str = "") -> None:
        """These are the workloads there are now; any trouble is over. `lacking`: what is left out of them, and why."""
        ...

    def trouble(self, why: str) -> None:
        """What was told last may be old from now on: why, and what would help, in one line."""
        ...


class Inventory(Plugin, ABC):
    """Knows workloads by name. Subclass it, declare `name`, write `open` and `close`."""

    Config: ClassVar[type[PluginConfig]] = PluginConfig

    def __init__(self, config: PluginConfig, node: str) -> None:
        self.config = config
        self.node = node

    @abstractmethod
    def open(self, report: Report) -> None:
        """Begin to report, in the background. Raises NoData, with the reason, where there is nothing to ask here."""

    @abstractmethod
    def close(self) -> None:
        """End it; safe unopened and twice."""
