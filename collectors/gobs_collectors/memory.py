"""/proc/meminfo: what the memory of the machine is used for."""

from collections.abc import Iterator

from gobs_core import Cell, Chart, Collector, Proc, Rows, RowValues, Table, Thresholds, Unit, derived, gauge, hookimpl
from gobs_core.parse import garbage, lines, numbers

_FIELDS = {
    b"MemTotal": ("total", "Usable memory: physical, less what firmware and the kernel's code keep"),
    b"MemFree": ("free", "Memory nobody uses; low is normal, as caches fill what is left"),
    b"MemAvailable": ("available", "What new work could get without swapping, as the kernel estimates"),
    b"Buffers": ("buffers", "Cached blocks of raw disks"),
    b"Cached": ("cached", "Cached files (page cache) and shared memory, without the swap cache"),
    b"SwapCached": ("swap_cached", "Memory that was swapped in again and still has its copy in swap"),
    b"SwapTotal": ("swap_total", "Swap space there is"),
    b"SwapFree": ("swap_free", "Swap space nobody uses"),
    b"Slab": ("slab", "Caches of the kernel's own structures"),
    b"Dirty": ("dirty", "Memory waiting to be written to disk"),
    b"Writeback": ("writeback", "Memory being written to disk"),
}
MEMORY = Table(
    "memory",
    "What the memory of the machine is used for",
    [
        *(gauge(name, text, Unit.BYTES, scale=1024, source="/proc/meminfo") for name, text in _FIELDS.values()),
        derived("used", "total - available: what could not be had without swapping", "total - available", Unit.BYTES),
        derived(
            "used_percent",
            "used as a share of total",
            "100 * (total - available) / total",
            Unit.PERCENT,
            thresholds=Thresholds(85, 95),
        ),
        derived("swap_used", "swap_total - swap_free", "swap_total - swap_free", Unit.BYTES),
        derived(
            "swap_used_percent",
            "swap_used as a share of swap_total; not known without swap",
            "100 * (swap_total - swap_free) / swap_total",
            Unit.PERCENT,
        ),
    ],
    charts=[
        Chart("used", "cached", "free", title="Memory"),
        Chart("used_percent", "swap_used_percent", title="Memory and swap used", top=100),
        Chart("dirty", "writeback", title="Waiting to be written"),
    ],
)


def parse_meminfo(raw: bytes) -> RowValues:
    """Return the cells of the row in KiB; a field the kernel does not tell is None. Raises ParseError."""
    found: dict[bytes, Cell] = {}
    for line in lines(raw, "meminfo"):
        name, _, rest = line.partition(b":")
        if name in _FIELDS:
            number, _, unit = rest.strip().partition(b" ")
            if unit != b"kB":
                raise garbage("meminfo", f"a number of kB after {name.decode()}:", line)
            found[name] = numbers([number], "meminfo", f"a number after {name.decode()}:")[0]
    if b"MemTotal" not in found:
        raise garbage("meminfo", "a line 'MemTotal: … kB'", raw)
    return tuple(found.get(name) for name in _FIELDS)


class MemoryCollector(Collector):
    """Reads /proc/meminfo."""

    name = "memory"
    tables = (MEMORY,)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Yield the one row."""
        yield MEMORY.batch([parse_meminfo(proc.read("meminfo"))])


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce the collector."""
    return [MemoryCollector]
