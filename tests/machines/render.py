"""How a kernel writes its files about processes and network interfaces, from 4.18 to 6.x."""

from __future__ import annotations

from dataclasses import dataclass, field

TREE = dict[str, bytes | str]
"""Path -> content of a file (bytes), or target of a symbolic link (str)."""

NET_HEADER = (
    b"Inter-|   Receive                                                |  Transmit\n"
    b" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier"
    b" compressed\n"
)
_LIMITS = (
    b"Limit                     Soft Limit           Hard Limit           Units     \n"
    b"Max cpu time              unlimited            unlimited            seconds   \n"
    b"Max stack size            8388608              unlimited            bytes     \n"
    b"Max core file size        0                    unlimited            bytes     \n"
    b"Max processes             63432                63432                processes \n"
    b"Max open files            %-20s 1048576              files     \n"
    b"Max locked memory         8388608              8388608              bytes     \n"
)
_SMAPS = (
    b"559d7a3c1000-7ffd3b1f2000 ---p 00000000 00:00 0                          [rollup]\n"
    b"Rss:            %8d kB\nPss:            %8d kB\nPss_Dirty:      %8d kB\nShared_Clean:       1204 kB\n"
    b"Private_Dirty:  %8d kB\nSwap:                  0 kB\n"
)


def net_dev(*interfaces: tuple[bytes, int, int, int, int]) -> bytes:
    """Write net/dev: name, then bytes and packets received, bytes and packets sent."""
    line = b"%6s: %7d %7d    %d    %d    0     0          0         0 %8d %7d    0    0    0     0       0          0\n"
    return NET_HEADER + b"".join(
        line % (name, rx, rx_packets, rx_packets % 3, rx_packets % 7, tx, tx_packets)
        for name, rx, rx_packets, tx, tx_packets in interfaces
    )


@dataclass
class Process:
    """One process; what is not said is what a small idle one has. A kernel thread has no memory."""

    pid: int
    comm: bytes
    cgroup: bytes
    ppid: int = 1
    state: bytes = b"S"
    uid: int = 0
    cmdline: bytes = b""
    net: str | bytes = "../1/net"
    """Whose namespace it shares, or the net/dev of its own."""
    times: tuple[int, int, int, int] = (0, 0, 0, 0)
    """utime, stime, cutime, cstime in ticks."""
    start: int = 100
    memory: int = 4096
    """VmRSS in KiB; 0 for a kernel thread or a zombie."""
    nice: int = 0
    processor: int = 0
    realtime: int = 0
    switches: tuple[int, int] = (10, 2)
    io: tuple[int, int, int] | None = (0, 0, 0)
    """read_bytes, write_bytes, cancelled_write_bytes; None where it cannot be read."""
    fds: tuple[str, ...] = ("/dev/null", "socket:[31337]", "pipe:[4711]")
    open_files: bytes = b"1024"
    threads: tuple[bytes, ...] = ()
    """Names of the threads besides the first."""
    seccomp: int = 0
    cpus: bytes = b"0-3"
    modern: bool = True
    """Kernel 5.9 or later: more lines in status."""
    files: dict[str, bytes] = field(default_factory=dict)

    def tree(self) -> TREE:
        """Return the files below /proc/PID."""
        files: TREE = {
            "stat": self._stat(self.pid, self.comm),
            "status": self._status(),
            "comm": self.comm + b"\n",
            "cmdline": self.cmdline,
            "cgroup": self.cgroup,
            "limits": _LIMITS % self.open_files,
            "ns/net": f"net:[{4026530000 + self._namespace()}]",
        }
        if isinstance(self.net, str):
            files["net"] = self.net
        else:
            files["net/dev"] = self.net
        if self.io is not None:
            files["io"] = (
                b"rchar: %d\nwchar: %d\nsyscr: 12\nsyscw: 7\n"
                b"read_bytes: %d\nwrite_bytes: %d\ncancelled_write_bytes: %d\n"
            ) % (self.io[0] * 3, self.io[1] * 2, *self.io)
        if self.memory:
            rss = self.memory
            files["smaps_rollup"] = _SMAPS % (rss, rss // 2, rss // 3, rss // 4)
            files |= {f"fd/{number}": target for number, target in enumerate(self.fds)}
        for number, name in enumerate((self.comm, *self.threads)):
            tid = self.pid + number
            files |= {f"task/{tid}/comm": name + b"\n", f"task/{tid}/stat": self._stat(tid, name)}
        return files | self.files

    def _namespace(self) -> int:
        return int(self.net.split("/")[1]) if isinstance(self.net, str) else self.pid

    def _stat(self, pid: int, comm: bytes) -> bytes:
        head = b"%d (%s) %s %d %d %d 0 -1 4194560 812 0 3 0" % (pid, comm, self.state, self.ppid, pid, pid)
        priority = -1 - self.realtime if self.realtime else 20 + self.nice
        numbers = (
            *self.times,
            priority,
            self.nice,
            1 + len(self.threads),
            0,
            self.start,
            self.memory * 5120,
            self.memory // 4,
        )
        tail = b"18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17"
        last = b"%d %d %d 0 0 0 0 0 0 0 0 0 0 0" % (self.processor, self.realtime, 1 if self.realtime else 0)
        return b" ".join((head, b" ".join(b"%d" % number for number in numbers), tail, last)) + b"\n"

    def _status(self) -> bytes:
        name = self.comm.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
        uid = b"%d" % self.uid
        lines = [
            b"Name:\t" + name,
            b"Umask:\t0022",
            b"State:\t"
            + {b"S": b"S (sleeping)", b"R": b"R (running)", b"Z": b"Z (zombie)", b"I": b"I (idle)"}[self.state],
            b"Tgid:\t%d" % self.pid,
            b"Pid:\t%d" % self.pid,
            b"PPid:\t%d" % self.ppid,
            b"Uid:\t" + b"\t".join([uid] * 4),
            b"Gid:\t" + b"\t".join([uid] * 4),
            b"FDSize:\t64",
        ]
        if self.memory:
            kib = {
                b"VmPeak": self.memory * 6, b"VmSize": self.memory * 5, b"VmLck": 0, b"VmPin": 0,
                b"VmHWM": self.memory + 64, b"VmRSS": self.memory, b"VmData": self.memory * 2, b"VmStk": 132,
                b"VmExe": 940, b"VmLib": 2048,
                b"VmPTE": 88, b"VmSwap": self.memory // 64,
            }  # fmt: skip
            lines += [b"%s:\t%8d kB" % item for item in kib.items()]
        lines += [b"Threads:\t%d" % (1 + len(self.threads)), b"NoNewPrivs:\t0", b"Seccomp:\t%d" % self.seccomp]
        if self.modern:
            lines += [b"Seccomp_filters:\t%d" % (1 if self.seccomp else 0)]
        lines += [b"Speculation_Store_Bypass:\tthread vulnerable"]
        if self.modern:
            lines += [b"SpeculationIndirectBranch:\tconditional enabled"]
        lines += [
            b"Cpus_allowed:\tf",
            b"Cpus_allowed_list:\t" + self.cpus,
            b"Mems_allowed:\t00000000,00000001",
            b"Mems_allowed_list:\t0",
            b"voluntary_ctxt_switches:\t%d" % self.switches[0],
            b"nonvoluntary_ctxt_switches:\t%d" % self.switches[1],
        ]
        return b"\n".join(lines) + b"\n"


def processes(*several: Process) -> TREE:
    """Return the files of several processes, below /proc."""
    return {f"{process.pid}/{path}": content for process in several for path, content in process.tree().items()}


def machine(proc: TREE, sys: TREE | None = None) -> TREE:
    """Join what is below /proc and below /sys."""
    return {f"proc/{path}": content for path, content in proc.items()} | {
        f"sys/{path}": content for path, content in (sys or {}).items()
    }
