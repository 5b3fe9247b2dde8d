"""Tables and rows for the tests of REST and pages: small, with every kind of column."""

from __future__ import annotations

from gobs_core import RowValues, Table, Total, Unit, counter, derived, gauge, info, key

CPU = Table(
    "cpu",
    "Where the time goes",
    [
        key("cpu", "Number of the CPU, or all"),
        counter("user", "Time in user mode", Unit.SECONDS, scale=0.01, source="/proc/stat"),
        derived("busy", "Share of the time", "100 * rate(user)", Unit.PERCENT),
    ],
    total=Total("cpu", frozenset({"all"})),
)
MEMORY = Table(
    "memory",
    "What memory is used for",
    [
        gauge("total", "All of it", Unit.BYTES, scale=1024),
        gauge("available", "What could be had", Unit.BYTES, scale=1024),
        derived("used_percent", "used as a share of total", "100 * (total - available) / total", Unit.PERCENT),
    ],
)
NET = Table(
    "net",
    "What went through each interface",
    [
        key("interface", "Its name"),
        info("kind", "physical or not"),
        counter("receive_bytes", "Bytes received", Unit.BYTES),
    ],
    total=Total("kind", frozenset({"physical"})),
)
PROCESS = Table(
    "process",
    "Every process",
    [
        key("pid", "Its number"),
        key("start", "When it began, in clock ticks"),
        info("comm", "Its name"),
        gauge("rss", "Resident memory", Unit.BYTES, scale=1024),
        counter("read_bytes", "Bytes read", Unit.BYTES, needs="CAP_SYS_PTRACE", source="/proc/PID/io"),
        derived("cpu", "Share of a CPU", "100 * rate(read_bytes)", Unit.PERCENT),
    ],
)

CPU_ROWS: tuple[tuple[RowValues, ...], ...] = ((("0", 100), ("all", 150)), (("0", 350), ("all", 400)))
MEMORY_ROWS: tuple[RowValues, ...] = ((16_000, 12_000),)


def processes(count: int, name: str = "worker") -> list[RowValues]:
    """Rows of `count` processes."""
    return [(str(pid), "77", f"{name}-{pid}", 1000 + pid, pid * 10) for pid in range(1, count + 1)]
