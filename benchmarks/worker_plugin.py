"""The plugin that the benchmark of workers measures; a worker imports this and nothing else of the benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from gobs_core import Collector, Proc, Rows, Table, counter, gauge, hookimpl, info, key


def _table(name: str) -> Table:
    columns = [key("id", "Which"), *(counter(f"count{n}", "A count") for n in range(8))]
    return Table(name, "Rows", [*columns, gauge("level", "A level"), info("text", "A text")])


class Small(Collector):
    """One row, as most collectors have."""

    name = "small"
    tables = (_table("small"),)
    rows = 1

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Yield rows of which all have changed."""
        self.reading = getattr(self, "reading", 0) + 1
        load = float(proc.read("loadavg").split()[0])
        found = [(str(n), *[self.reading + n] * 8, load + n, f"text {n}") for n in range(self.rows)]
        yield self.tables[0].batch(found)


class Large(Small):
    """A thousand rows, all of which change."""

    name = "large"
    tables = (_table("large"),)
    rows = 1000


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce them, to the workers."""
    return [Small, Large]
