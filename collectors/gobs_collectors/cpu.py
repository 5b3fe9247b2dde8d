"""/proc/stat: where the time of the CPUs goes, and what the kernel has counted since boot."""

from collections.abc import Iterator

from gobs_core import (
    Cell,
    Chart,
    Collector,
    Proc,
    Rows,
    RowValues,
    Table,
    Thresholds,
    Total,
    Unit,
    counter,
    derived,
    gauge,
    hookimpl,
    key,
)
from gobs_core.parse import garbage, lines, numbers

_MODES = {
    "user": "Time in user mode; what guests used is inside",
    "nice": "Time in user mode at low priority; what niced guests used is inside",
    "system": "Time in the kernel",
    "idle": "Time with nothing to do",
    "iowait": "Time with nothing to do while a task waited for a disk; by the kernel's own word unreliable, may fall",
    "irq": "Time in interrupts",
    "softirq": "Time in soft interrupts",
    "steal": "Time that the hypervisor gave to other machines while this one wanted to run",
    "guest": "Time that guests of this machine used; also counted in user",
    "guest_nice": "Time that niced guests of this machine used; also counted in nice",
}
_AT_WORK = ("user", "nice", "system", "irq", "softirq", "steal")
_BUSY = " + ".join(f"rate({mode})" for mode in _AT_WORK)
_WHOLE = f"({_BUSY} + rate(idle) + rate(iowait))"
CPU = Table(
    "cpu",
    "Where the time of the CPUs goes",
    [
        key("cpu", "Number of the CPU, or all: the sum over the CPUs of the machine"),
        *(counter(mode, text, Unit.SECONDS, scale=0.01, source="/proc/stat") for mode, text in _MODES.items()),
        derived(
            "busy",
            "Share of the row's time that was neither idle nor iowait; steal is busy, guests count once, in user",
            f"100 * ({_BUSY}) / {_WHOLE}",
            Unit.PERCENT,
            thresholds=Thresholds(90, 98),
        ),
        *(
            derived(
                f"{mode}_percent", f"Share of the row's time: {mode}", f"100 * rate({mode}) / {_WHOLE}", Unit.PERCENT
            )
            for mode in _MODES
        ),
    ],
    total=Total("cpu", frozenset({"all"})),
    charts=[
        Chart(*(f"{mode}_percent" for mode in (*_AT_WORK, "iowait")), title="CPU", stacked=True, top=100),
        Chart("busy", title="Each CPU", each=True, top=100),
    ],
)
KERNEL = Table(
    "kernel",
    "What the kernel has counted since boot",
    [
        counter("context_switches", "Switches from one task to another, of all CPUs", source="/proc/stat"),
        counter("forks", "Tasks made: processes and threads", source="/proc/stat"),
        counter("interrupts", "Interrupts served, of all kinds", source="/proc/stat"),
        gauge("running", "Tasks that run or wait for a CPU now", Unit.ITEMS, scale=1, source="/proc/stat"),
        gauge("blocked", "Tasks that wait for a disk now", Unit.ITEMS, scale=1, source="/proc/stat"),
        gauge("boot_time", "When the kernel was booted, in seconds since 1970", scale=1, source="/proc/stat"),
    ],
    charts=[Chart("context_switches", "interrupts"), Chart("forks"), Chart("running", "blocked")],
)
_KERNEL_LINES = (b"ctxt", b"processes", b"intr", b"procs_running", b"procs_blocked", b"btime")


def parse_stat(raw: bytes) -> tuple[list[RowValues], RowValues]:
    """Return the rows of `cpu` and the row of `kernel`; what an old kernel does not tell is None. Raises ParseError."""
    cpus: list[RowValues] = []
    kernel: dict[bytes, Cell] = {}
    for line in lines(raw, "stat"):
        name, _, rest = line.partition(b" ")
        if name.startswith(b"cpu"):
            cpus.append(_cpu(name, rest))
        elif name in _KERNEL_LINES:
            first = rest.split(b" ", 1)[:1]  # intr goes on with a number for each interrupt
            kernel[name] = numbers(first, "stat", f"a number after {name.decode()}")[0]
    if not cpus or cpus[0][0] != "all":
        raise garbage("stat", "a line 'cpu' with the sum of all CPUs first", raw)
    return cpus, tuple(kernel.get(name) for name in _KERNEL_LINES)


def _cpu(name: bytes, rest: bytes) -> RowValues:
    number = name[3:]
    fields = rest.split()[: len(_MODES)]
    if len(fields) < 4 or not (number.isdigit() or number == b""):
        raise garbage("stat", "'cpu' or 'cpuN' and at least four numbers", name + b" " + rest)
    times = numbers(fields, "stat", f"times after {name.decode()}")
    return (number.decode() or "all", *times, *[None] * (len(_MODES) - len(times)))


class CpuCollector(Collector):
    """Reads /proc/stat; a CPU that is offline has no row."""

    name = "cpu"
    tables = (CPU, KERNEL)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Yield the rows of both tables."""
        cpus, kernel = parse_stat(proc.read("stat"))
        yield CPU.batch(cpus)
        yield KERNEL.batch([kernel])


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce the collector."""
    return [CpuCollector]
