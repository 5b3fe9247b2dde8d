"""Load average: how many tasks run or want to, over 1, 5 and 15 minutes."""

import re
from collections.abc import Iterator

from gobs_core import Cell, Chart, Collector, ParseError, Proc, Rows, Table, Unit, gauge, hookimpl

_AVERAGE = "Tasks that run, wait for a CPU, or wait uninterruptibly (mostly for disks), averaged; minutes:"
_FIELDS = re.compile(rb"(\d{1,9}\.\d\d) (\d{1,9}\.\d\d) (\d{1,9}\.\d\d) (\d{1,9})/(\d{1,9}) \d+\n")
LOAD = Table(
    "load",
    "Load average, and tasks there are",
    [
        *(gauge(f"load{n}", f"{_AVERAGE} {n}", scale=0.01, source="/proc/loadavg") for n in (1, 5, 15)),
        gauge("runnable", "Tasks that run or wait for a CPU now", Unit.ITEMS, scale=1, source="/proc/loadavg"),
        gauge("tasks", "All threads of all processes", Unit.ITEMS, scale=1, source="/proc/loadavg"),
    ],
    charts=[Chart("load1", "load5", "load15", title="Load")],
)


def parse_load(raw: bytes) -> tuple[Cell, ...]:
    """Return the cells: three averages in hundredths, runnable tasks, all tasks; raises ParseError."""
    if not (fields := _FIELDS.fullmatch(raw)):
        raise ParseError(f"loadavg: expected a line like '0.21 0.37 0.39 1/719 19737', found {raw[:80]!r}")
    return tuple(int(field.replace(b".", b"")) for field in fields.groups())


class LoadCollector(Collector):
    """Reads /proc/loadavg."""

    name = "load"
    tables = (LOAD,)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Yield the one row."""
        yield LOAD.batch([parse_load(proc.read("loadavg"))])


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce the collector."""
    return [LoadCollector]
