"""The contract of a sink: takes frames somewhere.

Lifetime: constructed once with validated settings and no I/O; `open` once; `send` for every frame, in order, one call
at a time; `close` once, after the last frame. All calls come from the event loop. Every sink has a queue of its own:
a sink that is slow or raises loses its own frames, which are counted and shown, and delays nobody. In a worker, where
sinks of others live, `open` is called before the first frame of every life, and a frame may take 30 seconds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal, Protocol

import msgspec

from gobs_core.frame import Frame
from gobs_core.plugin import Plugin, PluginConfig
from gobs_core.profiler import ProfileHearer, ProfileOrder
from gobs_core.state import PluginState
from gobs_core.table import Table

Inspect = Callable[[str, tuple[str, ...], tuple[str, ...]], Awaitable[Mapping[str, object]]]
"""(table, key values, sections) -> section -> value; raises NoData, or KeyError for a table nobody can inspect."""


class Recordings(Protocol):
    """The recordings of stacks an agent can be asked for."""

    def start(self, name: str, order: ProfileOrder, hearer: ProfileHearer) -> None:
        """Begin a recording by the profiler `name`; what becomes of it is told to `hearer`, a refusal too."""
        ...

    def cancel(self, id: str) -> None:  # noqa: A002  the word of the wire
        """End a recording; nothing happens where there is none of that id."""
        ...


async def _cannot_inspect(table: str, key: tuple[str, ...], sections: tuple[str, ...]) -> Mapping[str, object]:
    raise KeyError(table)


def _nothing_to_retry(kind: str, name: str) -> bool:
    return False


@dataclass(frozen=True)
class Source:
    """Where the frames of a sink come from. One agent's run: its values do not change while it lasts."""

    node: str
    version: str = "0"
    run: str = ""
    """A new random id at every start of the agent: counters and dictionaries begin anew with it."""
    boot_id: str = ""
    interval: float = 5.0
    tables: tuple[Table, ...] = ()
    intervals: Mapping[str, float] = field(default_factory=dict)
    """Table -> seconds between readings where that differs from `interval`."""
    plugins: Callable[[], tuple[PluginState, ...]] = tuple
    """What is loaded, and how it fares, now."""
    inspect: Inspect = _cannot_inspect
    recordings: Recordings | None = None
    """None where stacks cannot be asked for, such as in a test."""
    retry: Callable[[str, str], bool] = _nothing_to_retry
    """(kind, name): let a plugin in quarantine be tried at its next turn; returns whether it was in one."""


class SinkConfig(PluginConfig, frozen=True, kw_only=True):
    """What may be set for every sink; subclass it as `Config` to add settings of your own."""

    queue: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64
    """Frames that may wait for this sink before the oldest is dropped and counted."""


class Sink(Plugin, ABC):
    """Takes frames somewhere. Subclass it, declare `name`, write `send`."""

    Config: ClassVar[type[SinkConfig]] = SinkConfig
    side: ClassVar[Literal["agent", "server"]] = "agent"
    default: ClassVar[bool] = False
    """Whether it runs without being named in the settings."""

    def __init__(self, config: SinkConfig, source: Source) -> None:
        self.config = config
        self.source = source

    async def open(self) -> None:
        """Get ready; must return soon and not wait for a peer: connecting goes on in the background."""

    @abstractmethod
    async def send(self, frame: Frame) -> None:
        """Take one frame. Raising loses this frame for this sink, counted and logged on the change of state."""

    def dropped(self) -> int:
        """Frames this sink itself gave up so far, besides those its queue dropped. Cheap; asked at every tick."""
        return 0

    def acknowledged(self) -> int | None:
        """The highest sequence its peer has acknowledged; None for none, or without such a peer. Cheap, as above."""
        return None

    async def close(self) -> None:
        """Flush within a second or two, then give back what is held."""
