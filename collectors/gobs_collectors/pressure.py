"""Pressure stall information: the share of time in which tasks wait for CPU, memory, disks or interrupts."""

import re
from collections.abc import Iterator
from contextlib import suppress

from gobs_core import (
    Cell,
    Chart,
    Collector,
    Column,
    Missing,
    ParseError,
    Proc,
    Rows,
    Table,
    Unit,
    counter,
    gauge,
    hookimpl,
    key,
)

_NEEDS = "Linux 4.20 with CONFIG_PSI, booted with psi=1 where that is not the default"
_LINE = re.compile(
    rb"(some|full) avg10=(\d{1,3}\.\d\d) avg60=(\d{1,3}\.\d\d) avg300=(\d{1,3}\.\d\d) total=(\d{1,18})\n"
)


def _columns(who: str, meaning: str, needs: str) -> Iterator[Column]:
    for seconds in (10, 60, 300):
        text = f"Share of the last {seconds} seconds in which {meaning}"
        yield gauge(f"{who}_avg{seconds}", text, Unit.PERCENT, scale=0.01, needs=needs, source="/proc/pressure")
    yield counter(
        f"{who}_total", f"Time in which {meaning}", Unit.SECONDS, scale=1e-6, needs=needs, source="/proc/pressure"
    )


PRESSURE = Table(
    "pressure",
    "Pressure stall information, by resource",
    [
        key("resource", "What is waited for: cpu, memory, io, irq"),
        *_columns("some", "at least one task waited for it", f"{_NEEDS}; never known of irq"),
        *_columns(
            "full", "all busy tasks waited for it at once; always 0 of cpu", f"{_NEEDS}; of cpu 5.13, of irq 6.1"
        ),
    ],
    charts=[
        Chart("some_total", title="Some tasks wait", each=True),
        Chart("full_total", title="All busy tasks wait", each=True),
    ],
)


def parse_pressure(raw: bytes, file: str) -> tuple[Cell, ...]:
    """Return avg10, avg60, avg300 (0.01 %) and total (µs) of `some`, then of `full`; raises ParseError."""
    found = {line[1]: [int(field.replace(b".", b"")) for field in line.groups()[1:]] for line in _LINE.finditer(raw)}
    if not found or _LINE.sub(b"", raw):
        raise ParseError(
            f"{file}: expected lines like 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0', found {raw[:80]!r}"
        )
    return (*found.get(b"some", [None] * 4), *found.get(b"full", [None] * 4))


class PressureCollector(Collector):
    """Reads /proc/pressure/*; a resource of which this kernel does not tell has no row."""

    name = "pressure"
    tables = (PRESSURE,)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Yield one row for each resource; raises Missing where there is none."""
        rows: list[tuple[Cell, ...]] = []
        for resource in ("cpu", "memory", "io", "irq"):
            with suppress(Missing):
                rows.append((resource, *parse_pressure(proc.read(f"pressure/{resource}"), f"pressure/{resource}")))
        if not rows:
            raise Missing(f"pressure: this kernel tells nothing of it; needs {_NEEDS}")
        yield PRESSURE.batch(rows)


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce the collector."""
    return [PressureCollector]
