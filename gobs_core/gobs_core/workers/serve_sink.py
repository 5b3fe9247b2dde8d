"""A sink in its worker: on an event loop of its own, one frame at a time, opened before the first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from operator import index
from typing import Annotated, Any

import msgspec

from gobs_core.frame import Frame, Reading
from gobs_core.sink import Sink, Source
from gobs_core.state import PluginState
from gobs_core.workers.serving import serve
from gobs_core.workers.shapes import shapes_of, tables_of
from gobs_core.workers.wire import Ask, Line


class Sending(msgspec.Struct, frozen=True, array_like=True):
    """A frame as it travels."""

    sequence: int
    wall_ns: int
    monotonic_ns: int
    readings: list[tuple[int, list[tuple[str | int | float | None, ...]], int]]
    """The table's place in the source's, its rows, and when it was read."""
    states: tuple[PluginState, ...]
    """How the agent's plugins fare."""


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """What a sink says of itself once it has taken a frame."""

    dropped: Annotated[int, msgspec.Meta(ge=0)]
    acknowledged: Annotated[int, msgspec.Meta(ge=0)] | None


def told_of(source: Source) -> dict[str, Any]:
    """What a sink in a worker is made with of where its frames come from."""
    names = ("node", "version", "run", "boot_id", "interval")
    told = {name: getattr(source, name) for name in names}
    return {"source": {**told, "intervals": dict(source.intervals), "tables": shapes_of(source.tables)}}


class ServedSink:
    """Holds one sink."""

    def __init__(self, cls: type[Sink], config: Any, about: Mapping[str, Any]) -> None:
        told = {**about["source"], "tables": tables_of(about["source"]["tables"])}
        self._states: tuple[PluginState, ...] = ()
        self._source = Source(**told, plugins=lambda: self._states)
        self._sink = cls(config, self._source)
        self._opened = False

    def serve(self, line: Line) -> None:
        """Answer until nobody asks."""
        asyncio.run(serve(line, self._answer))

    async def _answer(self, ask: Ask) -> Sent | None:
        if ask.method == "close":
            await self._sink.close()
            return None
        if not self._opened:
            await self._sink.open()
            self._opened = True
        told = msgspec.msgpack.decode(ask.body, type=Sending)
        self._states = told.states
        tables = self._source.tables
        readings = tuple(Reading(tables[place], rows, read) for place, rows, read in told.readings)
        await self._sink.send(Frame(told.sequence, told.wall_ns, told.monotonic_ns, readings))
        acknowledged = self._sink.acknowledged()
        return Sent(index(self._sink.dropped()), None if acknowledged is None else index(acknowledged))
