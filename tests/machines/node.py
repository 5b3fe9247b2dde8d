"""How a kernel writes its files about the whole node, from 4.18 to 6.x."""

from __future__ import annotations

from collections.abc import Sequence

from tests.machines.render import TREE

Times = tuple[int, ...]


def stat(cpus: Sequence[Times], *, interrupts: int, switches: int, boot: int, forks: int, running: int = 1) -> bytes:
    """Write /proc/stat; `cpus` holds ten times in ticks for each CPU, the sum is made here."""
    rows = [(b"cpu ", [sum(column) for column in zip(*cpus, strict=True)])]
    rows += [(b"cpu%d" % number, list(times)) for number, times in enumerate(cpus)]
    text = b"".join(name + b"".join(b" %d" % time for time in times) + b"\n" for name, times in rows)
    text += b"intr %d 0 9 0 0 412 0 0 33\n" % interrupts
    text += b"ctxt %d\nbtime %d\nprocesses %d\nprocs_running %d\nprocs_blocked 0\n" % (switches, boot, forks, running)
    return text + b"softirq 73155 3 20741 11 4011 2301 0 97 21034 0 24957\n"


def meminfo(total: int, free: int, available: int, *, swap: int = 0, swap_free: int = 0) -> bytes:
    """Write /proc/meminfo, all in KiB."""
    fields = {
        b"MemTotal": total, b"MemFree": free, b"MemAvailable": available, b"Buffers": total // 100,
        b"Cached": total // 4, b"SwapCached": (swap - swap_free) // 8, b"Active": total // 3, b"Inactive": total // 5,
        b"SwapTotal": swap,
        b"SwapFree": swap_free, b"Dirty": 412, b"Writeback": 16, b"AnonPages": total // 6, b"Slab": total // 40,
        b"SReclaimable": total // 60, b"SUnreclaim": total // 120, b"VmallocTotal": 34359738367,
    }  # fmt: skip
    lines = b"".join(b"%-16s%8d kB\n" % (name + b":", value) for name, value in fields.items())
    return lines + b"HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n"


def pressure(scale: int, *, full_of_cpu: bool, irq: bool) -> TREE:
    """Write /proc/pressure; totals and averages grow with `scale`."""
    line = b"%s avg10=%d.%02d avg60=%d.%02d avg300=%d.%02d total=%d\n"

    def both(who: bytes, part: int) -> bytes:
        value = scale * part
        return line % (
            who,
            value // 100,
            value % 100,
            value // 200,
            value // 2 % 100,
            value // 400,
            value // 4 % 100,
            value * 997,
        )

    some_cpu = both(b"some", 7)
    files: TREE = {
        "pressure/cpu": some_cpu + (line % (b"full", 0, 0, 0, 0, 0, 0, 0) if full_of_cpu else b""),
        "pressure/memory": both(b"some", 1) + both(b"full", 1),
        "pressure/io": both(b"some", 5) + both(b"full", 3),
    }
    return files | ({"pressure/irq": both(b"full", 2)} if irq else {})


def diskstats(fields: int, devices: Sequence[tuple[int, int, bytes, int]]) -> bytes:
    """Write /proc/diskstats with 11, 15 or 17 numbers; each device as major, minor, name, and how much it has done."""
    text = b""
    for major, minor, name, done in devices:
        numbers = (
            done, done // 9, done * 48, done * 2, done * 3, done, done * 80, done * 7,
            min(done, 2), done * 4, done * 9, done // 5, 0, done * 64, done // 11, done // 40, done // 50,
        )  # fmt: skip
        text += b"%4d %7d %s" % (major, minor, name) + b"".join(b" %d" % number for number in numbers[:fields]) + b"\n"
    return text


def identity(name: str, release: bytes, cpus: int) -> TREE:
    """Write the files that say which machine this is."""
    return {
        "sys/kernel/hostname": name.encode() + b"\n",
        "sys/kernel/osrelease": release + b"\n",
        "sys/kernel/random/boot_id": b"6d1c0b2e-0000-4000-8000-%012d\n" % len(name),
        "version": b"Linux version " + release + b" (gcc) #1 SMP\n",
        "cpuinfo": b"".join(b"processor\t: %d\nmodel name\t: Fixture CPU\n\n" % number for number in range(cpus)),
        "net": "1/net",
    }
