"""Uptime: how long the machine has been up, and how long its CPUs had nothing to do."""

from collections.abc import Iterator

from gobs_core import Collector, Proc, Rows, Table, Unit, gauge, hookimpl

UPTIME = Table("uptime", "How long it is up", [gauge("up", "Since boot", Unit.SECONDS, source="/proc/uptime")])


class UptimeCollector(Collector):
    """Reads /proc/uptime."""

    name = "uptime"
    tables = (UPTIME,)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        yield UPTIME.row(up=proc.numbers("uptime")[0])


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    return [UptimeCollector]
