"""Processes written into a folder as a kernel writes them, field by field."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gobs_core.testing import FakeProc


@dataclass(frozen=True)
class Written:
    """One process as its files will say it is."""

    pid: int
    comm: bytes = b"sh"
    start: int = 1000
    ppid: int = 1
    state: bytes = b"S"
    minor: int = 10
    major: int = 1
    utime: int = 100
    stime: int = 50
    flags: int = 0x400000
    threads: int = 1
    size: int = 8_192_000
    uid: int = 1000
    rss: int | None = 4096
    swap: int = 0
    switches: tuple[int, int] = (20, 3)
    io: tuple[int, int, int] | None = (4096, 8192, 0)
    fds: int = 3
    cgroup: str = "/"
    cmdline: bytes = b"sh\0-c\0sleep 1\0"
    network: str = "host"
    received: int = 0
    extra: dict[str, bytes] = field(default_factory=dict)

    def but(self, **changes: object) -> Written:
        """Return the same process with other values."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the names are checked by replace

    def stat(self) -> bytes:
        numbers = [self.ppid, 1, 1, 0, -1, self.flags, self.minor, 0, self.major, 0, self.utime, self.stime, 7, 8]
        numbers += [20, 0, self.threads, 0, self.start, self.size, 100, 2**64 - 1, *[0] * 11, 0, 17, 1, 0, 0, *[0] * 11]
        line = b" ".join(b"%d" % number for number in numbers)
        return b"%d (%s) %s %s\n" % (self.pid, self.comm, self.state, line)

    def status(self) -> bytes:
        memory = b""
        if self.rss is not None:
            sizes = {b"VmPeak": 9000, b"VmSize": 8000, b"VmLck": 0, b"VmPin": 0, b"VmHWM": self.rss, b"VmRSS": self.rss}
            sizes |= {b"RssAnon": 1, b"VmData": 400, b"VmStk": 132, b"VmExe": 20, b"VmLib": 1500, b"VmSwap": self.swap}
            memory = b"".join(b"%s:\t%8d kB\n" % (name, size) for name, size in sizes.items())
        name = self.comm.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
        head = b"Name:\t%s\nUmask:\t0022\nState:\t%s (sleeping)\nTgid:\t%d\n" % (name, self.state, self.pid)
        ids = b"Uid:\t%d\t%d\t%d\t%d\nGroups:\t \n" % ((self.uid + 1, *[self.uid] * 3))
        rest = (
            b"Threads:\t%d\nNoNewPrivs:\t0\nSeccomp:\t2\nSpeculation_Store_Bypass:\tthread vulnerable\n" % self.threads
        )
        rest += b"Cpus_allowed:\t3\nCpus_allowed_list:\t0-1\nMems_allowed_list:\t0\n"
        return (
            head
            + ids
            + memory
            + rest
            + (b"voluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t%d\n" % self.switches)
        )

    def write(self, proc: FakeProc) -> None:
        """Write all its files, in place."""
        pid = self.pid
        proc.write(f"{pid}/stat", self.stat())
        proc.write(f"{pid}/status", self.status())
        if self.io is not None:
            lines = b"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: %d\nwrite_bytes: %d\n" % self.io[:2]
            proc.write(f"{pid}/io", lines + b"cancelled_write_bytes: %d\n" % self.io[2])
        proc.write(f"{pid}/cgroup", f"0::{self.cgroup}\n")
        proc.write(f"{pid}/cmdline", self.cmdline)
        proc.write(f"{pid}/limits", LIMITS)
        proc.write(f"{pid}/net/dev", net_dev(self.received))
        proc.symlink(f"{pid}/ns/net", f"net:[{self.network}]")
        for number in range(self.fds):
            proc.symlink(f"{pid}/fd/{number}", "/dev/null")
        for name, content in self.extra.items():
            proc.write(f"{pid}/{name}", content)

    def end(self, proc: FakeProc) -> None:
        """Remove it."""
        proc.remove(str(self.pid))


def net_dev(received: int, **others: int) -> bytes:
    """Write /proc/PID/net/dev: eth0 with these bytes, loopback with as many, and others by name."""
    text = b"Inter-|   Receive  |  Transmit\n face |bytes    packets errs drop|bytes    packets errs drop\n"
    for name, count in {"lo": received, "eth0": received, **others}.items():
        text += b"%6s: %d 2 3 4 0 0 0 0 %d 6 7 8 0 0 0 0\n" % (name.encode(), count, count + 1)
    return text


SMAPS = (
    b"5560-7ffd ---p 00000000 00:00 0 [rollup]\n"
    b"Rss:                2200 kB\nPss:                1100 kB\nPss_Dirty:            12 kB\n"
    b"Private_Clean:         0 kB\nSwap:                  0 kB\n"
)
LIMITS = (
    b"Limit                     Soft Limit           Hard Limit           Units     \n"
    b"Max cpu time              unlimited            unlimited            seconds   \n"
    b"Max open files            1024                 524288               files     \n"
    b"Max nice priority         0                    0                    \n"
)
INIT = Written(1, comm=b"init", uid=0, start=1, ppid=0, cgroup="/init.scope", cmdline=b"/sbin/init\0")
