"""How a simulated machine looks in the files of /proc that speak of the whole node, as a 5.15 kernel writes them."""

from __future__ import annotations

from dataclasses import replace

from gobs_core.simulate.hardware import Disk
from gobs_core.simulate.machine import Machine
from gobs_core.simulate.pod import Pod, Traffic

KERNEL = "5.15.0-105-generic"


def fixed(machine: Machine, boot_id: str) -> dict[str, bytes]:
    """Return the files that stay as they are, by path."""
    processor = "".join(f"processor\t: {n}\nmodel name\t: Simulated CPU\n\n" for n in range(len(machine.cpus.each)))
    return {
        "version": f"Linux version {KERNEL} (simulated) #115-Ubuntu SMP\n".encode(),
        "cpuinfo": processor.encode(),
        "sys/kernel/osrelease": f"{KERNEL}\n".encode(),
        "sys/kernel/random/boot_id": f"{boot_id}\n".encode(),
    }


def moving(machine: Machine) -> dict[str, bytes]:
    """Return the files that change, by path; the network's files are `network`'s."""
    files = {"stat": stat(machine), "meminfo": meminfo(machine), "diskstats": diskstats(machine)}
    one, five, fifteen = machine.averages
    living = machine.processes.living
    threads = sum(len(p.threads) for p in living.values())
    last = max(living, default=1)
    files["loadavg"] = f"{one:.2f} {five:.2f} {fifteen:.2f} {machine.cpus.running}/{threads} {last}\n".encode()
    idle = sum(cpu.idle for cpu in machine.cpus.each) / 100
    files["uptime"] = f"{machine.uptime:.2f} {idle:.2f}\n".encode()
    for what in ("cpu", "memory", "io"):
        lines = [f"{who} {_pressure(machine, f'{what} {who}')}\n" for who in ("some", "full")]
        files[f"pressure/{what}"] = "".join(lines).encode()
    return files


def stat(machine: Machine) -> bytes:
    """Return /proc/stat."""
    rows = [(c.user, c.nice, c.system, c.idle, c.iowait, c.irq, c.softirq, c.steal, 0, 0) for c in machine.cpus.each]
    total = [sum(column) for column in zip(*rows, strict=True)]
    lines = ["cpu  " + " ".join(map(str, total))]
    lines += [f"cpu{number} " + " ".join(map(str, row)) for number, row in enumerate(rows)]
    blocked = sum(p.state == "D" for p in machine.processes.living.values())
    lines += [
        f"intr {machine.cpus.switches // 2} 0 0 0",
        f"ctxt {machine.cpus.switches}",
        f"btime {int(machine.boot)}",
        f"processes {machine.processes.forks}",
        f"procs_running {machine.cpus.running}",
        f"procs_blocked {blocked}",
        f"softirq {machine.cpus.switches // 3} 0 0 0 0 0 0 0 0 0 0",
    ]
    return ("\n".join(lines) + "\n").encode()


def meminfo(machine: Machine) -> bytes:
    """Return /proc/meminfo."""
    m = machine.memory
    rows = {
        "MemTotal": m.total, "MemFree": m.free, "MemAvailable": m.free + m.cached * 9 // 10 + m.slab // 2,
        "Buffers": m.buffers, "Cached": m.cached, "SwapCached": 0, "Active": m.used, "Inactive": m.cached,
        "SwapTotal": 0, "SwapFree": 0, "Dirty": m.dirty, "Writeback": m.writeback, "AnonPages": m.used,
        "Mapped": m.cached // 4, "Shmem": 8 << 20, "KReclaimable": m.slab // 2, "Slab": m.slab,
        "SReclaimable": m.slab // 2, "SUnreclaim": m.slab - m.slab // 2, "CommitLimit": m.total // 2,
        "Committed_AS": m.used * 2,
    }  # fmt: skip
    lines = "".join(f"{name + ':':<16}{value >> 10:8d} kB\n" for name, value in rows.items())
    return f"{lines}HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n".encode()


def diskstats(machine: Machine) -> bytes:
    """Return /proc/diskstats: a loop device, the disk, its partition and the logical volume on it."""
    d = machine.disk
    volume = replace(d, name="dm-0", major=253, minor=0, read_merges=0, write_merges=0)
    part = replace(d, name=f"{d.name}p1", minor=d.minor + 1)
    return "".join(_disk(disk) for disk in (Disk("loop0", 7, 0), d, part, volume)).encode()


def network(machine: Machine) -> bytes:
    """Return net/dev of the host's namespace: loopback, uplink and one veth for each pod."""
    rows = [("lo", machine.loopback), ("eth0", machine.uplink)]
    pods = [pod for pod in machine.pods.running if pod.netns]
    rows += [(veth(pod), _seen_from_outside(pod.traffic)) for pod in pods]
    return devices(rows)


def pod_network(pod: Pod) -> bytes:
    """Return net/dev of a pod's own namespace."""
    return devices([("lo", Traffic()), ("eth0", pod.traffic)])


def veth(pod: Pod) -> str:
    """Return the name of the host's end of a pod's link."""
    return f"veth{pod.uid[:8]}"


def devices(rows: list[tuple[str, Traffic]]) -> bytes:
    """Return the text of a net/dev file with these interfaces."""
    head = (
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls "
        "carrier compressed\n"
    )
    lines = [
        f"{name:>6}: {t.received:7d} {t.received_packets:7d}    0 {t.drops:4d}    0     0          0         0 "
        f"{t.sent:8d} {t.sent_packets:7d}    0    0    0     0       0          0\n"
        for name, t in rows
    ]
    return (head + "".join(lines)).encode()


def _seen_from_outside(traffic: Traffic) -> Traffic:
    return Traffic(traffic.sent, traffic.sent_packets, traffic.received, traffic.received_packets)


def _pressure(machine: Machine, name: str) -> str:
    pressure = machine.pressures[name]
    ten, sixty, long = pressure.averages
    return f"avg10={ten:.2f} avg60={sixty:.2f} avg300={long:.2f} total={pressure.total}"


def _disk(d: Disk) -> str:
    values = (
        d.reads, d.read_merges, d.sectors_read, d.read_ms, d.writes, d.write_merges, d.sectors_written, d.write_ms,
        d.in_flight, d.busy_ms, d.weighted_ms,
    )  # fmt: skip
    return f"{d.major:4d} {d.minor:7d} {d.name} {' '.join(map(str, values))} 0 0 0 0 0 0\n"
