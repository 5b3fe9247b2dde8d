"""A plugin of inventories, each with a fault of its own; a worker imports this module as it would a stranger's."""

from __future__ import annotations

import json
import math
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from gobs_core import Inventory, NoData, PluginConfig, Report, Secret, WorkloadInfo, hookimpl
from gobs_core.plugins import Origin
from gobs_core.workers.wire import HEAD
from tests.core.workers import faulty
from tests.core.workers.faulty import SLEEP, table_of, the_line

THEIRS = Origin("faulty_inventories", "gobs-plugin-faulty-inventories", "1.0", __name__)
TABLE = table_of("box")
SLOW = 4.0
WEB = WorkloadInfo(id="1", name="web-0", namespace="shop")


class FaultyConfig(PluginConfig, frozen=True, kw_only=True):
    """Settings."""

    key: Secret = Secret()
    path: str = ""
    while_there: str = ""
    """The fault lasts while this file is there; empty: always."""


class FaultyInventory(Inventory):
    """Tells of one workload, then does what its fault is, where it is asked to open."""

    Config = FaultyConfig
    config: FaultyConfig
    fault: Any

    def __init__(self, config: PluginConfig, node: str) -> None:
        super().__init__(config, node)
        self.held: list[bytearray] = []

    def open(self, report: Report) -> None:
        """Do so."""
        report.workloads([WEB])
        lasts = self.config.while_there
        if not lasts or os.path.exists(lasts):
            type(self).fault(self, TABLE)

    def close(self) -> None:
        """Note it."""
        if self.config.path:
            Path(self.config.path).write_text("closed", encoding="utf-8")


class Telling(FaultyInventory):
    """Tells of its surroundings, from a thread of its own."""

    name = "telling"

    def open(self, report: Report) -> None:
        """Do so."""
        print(f"asks with {self.config.key}", flush=True)
        told = {"environment": sorted(os.environ), "key": str(self.config.key), "node": self.node}
        info = WorkloadInfo(id="1", name=json.dumps(told), labels={"pid": str(os.getpid())})
        threading.Thread(target=lambda: report.workloads([info]), daemon=True).start()


class Followed(FaultyInventory):
    """Tells what stands in a file, whenever that is something else, and ends when it says so."""

    name = "followed"

    def open(self, report: Report) -> None:
        """Begin to look."""
        threading.Thread(target=self._follow, args=(report,), daemon=True).start()

    def _follow(self, report: Report) -> None:
        last = None
        while True:
            words = Path(self.config.path).read_text(encoding="utf-8")
            if words != last:
                last = words
                self._tell(report, words)
            time.sleep(0.01)

    def _tell(self, report: Report, words: str) -> None:
        if words.startswith("trouble "):
            report.trouble(words.removeprefix("trouble "))
        elif words == "end":
            os._exit(3)
        else:
            report.workloads([WorkloadInfo(id=word, name=word.upper()) for word in words.split()])

    def close(self) -> None:
        """Nothing."""


class Missing(FaultyInventory):
    """Has nothing to ask here, as long as a file is there."""

    name = "missing"
    fault = staticmethod(faulty.nothing)

    def open(self, report: Report) -> None:
        """Say so."""
        if os.path.exists(self.config.while_there):
            raise NoData("this is no pod")
        super().open(report)


class Many(FaultyInventory):
    """Knows more workloads than anybody would take, in more bytes than a frame has, and one that is too large."""

    name = "many"

    def open(self, report: Report) -> None:
        """Tell of them."""
        large = WorkloadInfo(id="large", name="x" * 300_000)
        infos = [WorkloadInfo(id=f"{number:x}", name="x" * 100) for number in range(20_010)]
        report.workloads([large, *infos[:5]] if self.config.while_there else infos)


class Hearing(FaultyInventory):
    """Leaves a child behind, and closes when it is told to."""

    name = "hearing"

    def open(self, report: Report) -> None:
        """Do so."""
        subprocess.Popen(SLEEP, start_new_session=True)
        report.workloads([WEB])


class ReportsEndlessly(FaultyInventory):
    """Tells another thing again and again, without a pause: no fault, but nobody could listen to all of it."""

    name = "reports_endlessly"

    def open(self, report: Report) -> None:
        """Begin."""
        threading.Thread(target=self._report, args=(report,), daemon=True).start()

    def _report(self, report: Report) -> None:
        number = 0
        while True:
            number += 1
            report.workloads([WorkloadInfo(id="1", name=str(number))])


class Infinite(FaultyInventory):
    """Tells what no limit can be, and would keep a table from being filled."""

    name = "infinite"

    def open(self, report: Report) -> None:
        """Do so."""
        report.workloads([WorkloadInfo(id="1", name="x", cpu_limit=math.inf)])


def slow(it: Any, mine: Any) -> None:
    """Take nine tenths of the time there is."""
    time.sleep(0.9 * SLOW)


def bloats(it: Any, mine: Any) -> None:
    """Tell without end, past the worker that would tell only the latest."""
    part = framed("part", [{"id": "1", "name": "x", "labels": {}}] * 2000)
    line = the_line()
    while True:
        line.sendall(part)


def framed(kind: str, body: object) -> bytes:
    """An answer to the first question as it travels: 1 was the start."""
    raw = msgspec.msgpack.encode((2, kind, body))
    return HEAD.pack(len(raw)) + raw


NAMES = (
    *("raises", "hang", "spin", "regex", "leak", "children", "segfault", "leaves", "exits", "garbage", "huge"),
    *("chatter", "prints_endlessly"),
)
FAULTS = (*(getattr(faulty, name) for name in NAMES), bloats)


def _made(fault: Any) -> type[FaultyInventory]:
    return type(fault.__name__.title(), (FaultyInventory,), {"name": fault.__name__, "fault": staticmethod(fault)})


CLASSES: dict[str, type[FaultyInventory]] = {
    **{fault.__name__: _made(fault) for fault in (*FAULTS, faulty.nothing, faulty.prints, slow, faulty.greedy)},
    **{cls.name: cls for cls in (Telling, Followed, Missing, Many, Hearing, ReportsEndlessly, Infinite)},
}


@hookimpl
def gobs_register_inventories() -> list[type[Inventory]]:
    """Announce them all."""
    return list(CLASSES.values())
