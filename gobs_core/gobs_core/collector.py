"""The contract of a collector: reads one source and yields rows.

Lifetime: constructed once at the agent's start with validated settings and no I/O; `open` once before the first tick;
`collect` at every tick that is due; `close` once at the end. All calls come from one thread at a time, never the event
loop's. A call that has not returned by its deadline costs nobody else anything: the collector is skipped until it has
returned. Raising NoData says "this machine has none of that now"; any other exception is a failure, logged when the
state changes, and repeated failures put the collector in quarantine with growing pauses.

Charter: a collector reads one source, needs no network and no child process, yields the kernel's own numbers and keeps
no rates: those are the server's business. It returns plain values and keeps no live object of anybody else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Protocol, runtime_checkable

import msgspec

from gobs_core.plugin import Plugin, PluginConfig
from gobs_core.proc import Proc
from gobs_core.table import Rows, Table
from gobs_core.values import Duration
from gobs_core.workloads import Workloads


class CollectorConfig(PluginConfig, frozen=True, kw_only=True):
    """What may be set for every collector; subclass it as `Config` to add settings of your own."""

    interval: Annotated[Duration, msgspec.Meta(ge=1)] | None = None
    """Time between two readings; unset: the agent's interval."""
    deadline: Annotated[Duration, msgspec.Meta(gt=0)] | None = None
    """Time a reading may take before the tick goes on without it; unset: the agent's interval."""


@dataclass(frozen=True)
class Context:
    """What a collector may know besides its settings: plain contracts, so that collectors need not know each other."""

    node: str = "localhost"
    workloads: Workloads = field(default_factory=Workloads)


class Collector(Plugin, ABC):
    """Reads one source. Subclass it, declare `name` and `tables`, write `collect`."""

    tables: ClassVar[tuple[Table, ...]]
    Config: ClassVar[type[CollectorConfig]] = CollectorConfig

    def __init__(self, config: CollectorConfig, context: Context) -> None:
        self.config = config
        self.context = context

    def open(self, proc: Proc) -> None:
        """Get ready. May raise NoData: the collector is tried again later."""

    @abstractmethod
    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Read the source once and yield the rows of every table; a row not yielded again is gone."""

    def unknown(self) -> Mapping[str, str]:
        """Why columns are not known on this machine: `table.column` -> reason. Asked after each tick; keep it cheap."""
        return {}

    def close(self) -> None:
        """Give back what is held."""


@runtime_checkable
class Inspector(Protocol):
    """A collector that can tell more about one row when asked; too dear to read at every tick."""

    sections: ClassVar[tuple[str, ...]]
    """What can be asked for, e.g. `threads`."""

    def inspect(self, proc: Proc, key: Mapping[str, str], sections: tuple[str, ...]) -> Mapping[str, object]:
        """Section -> plain value (str, int, float, list, dict); a section that cannot be read is `{"unknown": reason}`.

        `key` is the row's key by column. Raises Gone when the row is no more.
        """
        ...
