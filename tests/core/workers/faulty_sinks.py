"""A plugin of sinks, each with a fault of its own; a worker imports this module as it would a stranger's."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from gobs_core import Frame, Secret, Sink, SinkConfig, hookimpl
from gobs_core.plugins import Origin
from tests.core.workers import faulty
from tests.core.workers.faulty import table_of

THEIRS = Origin("faulty_sinks", "gobs-plugin-faulty-sinks", "1.0", __name__)
TABLE = table_of("box")


class FaultyConfig(SinkConfig, frozen=True, kw_only=True):
    """Settings."""

    key: Secret = Secret()
    path: str = ""
    while_there: str = ""
    """The fault lasts while this file is there; empty: always."""


class FaultySink(Sink):
    """Does what its fault is with every frame."""

    Config = FaultyConfig
    config: FaultyConfig
    fault: Any
    opened = 0

    def __init__(self, config: SinkConfig, source: Any) -> None:
        super().__init__(config, source)
        self.held: list[bytearray] = []

    async def open(self) -> None:
        """Note it."""
        self.opened += 1

    async def send(self, frame: Frame) -> None:
        """Do what the fault is."""
        lasts = self.config.while_there
        if not lasts or await asyncio.to_thread(os.path.exists, lasts):
            type(self).fault(self, TABLE)
        if self.config.path:
            with open(self.config.path, "a", encoding="utf-8") as file:  # noqa: ASYNC230  a line of a test
                file.write(f"{frame.sequence}\n")


class TellingSink(FaultySink):
    """Writes down all it knows."""

    name = "telling"

    async def send(self, frame: Frame) -> None:
        """Do so."""
        source = self.source
        told = {
            "frame": [frame.sequence, frame.wall_ns, frame.monotonic_ns],
            "rows": [[reading.table.name, reading.read_ns, [*reading.rows]] for reading in frame.readings],
            "tables": repr(source.tables),
            "source": [source.node, source.version, source.run, source.boot_id, source.interval, source.intervals],
            "states": sorted(state.name for state in source.plugins()),
            "key": str(self.config.key),
            "environment": sorted(os.environ),
            "opened": self.opened,
        }
        Path(self.config.path).write_text(json.dumps(told), encoding="utf-8")  # noqa: ASYNC240  a test's file

    def dropped(self) -> int:
        """Some."""
        return 2

    def acknowledged(self) -> int | None:
        """As far."""
        return 7


def lies(it: Any, mine: Any) -> None:
    """Drop less than nothing."""
    it.dropped = lambda: -1


def awaits(it: Any, mine: Any) -> None:
    """Print, which is no fault."""
    print("hello", file=sys.stderr)


NAMES = ("raises", "hang", "spin", "regex", "leak", "children", "segfault", "leaves", "exits", "garbage", "huge")
FAULTS = (*(getattr(faulty, name) for name in (*NAMES, "chatter", "prints_endlessly")), lies)


def _made(fault: Any) -> type[FaultySink]:
    return type(fault.__name__.title(), (FaultySink,), {"name": fault.__name__, "fault": staticmethod(fault)})


CLASSES = {fault.__name__: _made(fault) for fault in (*FAULTS, faulty.nothing, awaits)} | {"telling": TellingSink}


@hookimpl
def gobs_register_sinks() -> list[type[Sink]]:
    """Announce them all."""
    return list(CLASSES.values())
