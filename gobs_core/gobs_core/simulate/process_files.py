"""How one simulated process looks below /proc/PID: the text of each file, as a 5.15 kernel writes it."""

from __future__ import annotations

from functools import lru_cache

from gobs_core.simulate.habit import Habit
from gobs_core.simulate.process import PAGE, Process

_STATES = {"R": "running", "S": "sleeping", "D": "disk sleep", "I": "idle", "Z": "zombie"}
MAX_FILES = 1_048_576


def moving(process: Process) -> dict[str, bytes]:
    """Return the files that change while the process lives, by name."""
    return {"stat": stat(process), "status": status(process), "io": io(process)}


def fixed(process: Process) -> dict[str, bytes]:
    """Return the files that stay as they are, by name."""
    habit = process.habit
    return {
        "cmdline": b"".join(part.encode() + b"\0" for part in habit.command),
        "comm": habit.comm.encode() + b"\n",
        "cgroup": f"0::{process.cgroup}\n".encode(),
        "limits": _limits(habit.uid),
    }


def stat(process: Process, thread: int | None = None) -> bytes:
    """Return /proc/PID/stat, or that of one of its threads with its share of the times."""
    p, habit = process, process.habit
    share = 1 if thread is None else len(p.threads)
    kernel = not habit.command
    priority = -1 - habit.realtime if habit.realtime else 20 + habit.nice
    return (
        f"{thread or p.pid} ({habit.comm}) {p.state} {p.parent} {p.pid} {p.pid} 0 -1 {2129984 if kernel else 4194560} "
        f"{p.minor_faults} 0 {p.major_faults} 0 {p.user // share} {p.system // share} {p.children_user} "
        f"{p.children_system} {priority} {habit.nice} {len(p.threads)} 0 {p.started} {_size(p)} {p.memory // PAGE} "
        f"18446744073709551615 {_addresses(habit)} 0 0 4096 17663 {int(kernel)} 0 0 17 {p.processor} "
        f"{habit.realtime} {int(bool(habit.realtime))} 0 0 0 0 0 0 0 0 0 0 0\n"
    ).encode()


def status(process: Process) -> bytes:
    """Return /proc/PID/status."""
    p, habit = process, process.habit
    memory = "" if not habit.command else _memory(p)
    head = _identity(habit, p.pid)
    return (
        f"{head[0]}State:\t{p.state} ({_STATES[p.state]})\n{head[1]}PPid:\t{p.parent}\n{head[2]}{memory}"
        f"Threads:\t{len(p.threads)}\n{_tail(habit, p.cpus)}voluntary_ctxt_switches:\t{p.voluntary}\n"
        f"nonvoluntary_ctxt_switches:\t{p.involuntary}\n"
    ).encode()


def io(process: Process) -> bytes:
    """Return /proc/PID/io."""
    p = process
    return (
        f"rchar: {p.rchar}\nwchar: {p.wchar}\nsyscr: {p.reads}\nsyscw: {p.writes}\n"
        f"read_bytes: {p.read}\nwrite_bytes: {p.written}\ncancelled_write_bytes: {p.cancelled}\n"
    ).encode()


def smaps_rollup(process: Process) -> bytes:
    """Return /proc/PID/smaps_rollup."""
    total, private = process.memory >> 10, (process.memory * 4 // 5) >> 10
    shared = total - private
    rows = {
        "Rss": total, "Pss": private + shared // 4, "Pss_Anon": private, "Pss_File": shared // 4, "Pss_Shmem": 0,
        "Shared_Clean": shared, "Shared_Dirty": 0, "Private_Clean": 0, "Private_Dirty": private, "Referenced": total,
        "Anonymous": private, "LazyFree": 0, "AnonHugePages": 0, "ShmemPmdMapped": 0, "FilePmdMapped": 0,
        "Shared_Hugetlb": 0, "Private_Hugetlb": 0, "Swap": 0, "SwapPss": 0, "Locked": 0,
    }  # fmt: skip
    lines = "".join(f"{name + ':':<15} {value:8d} kB\n" for name, value in rows.items())
    return f"556ad4000000-7ffee6b2f000 ---p 00000000 00:00 0                          [rollup]\n{lines}".encode()


def _size(process: Process) -> int:
    return process.peak + process.habit.library + len(process.threads) * (8 << 20) if process.habit.command else 0


def _addresses(habit: Habit) -> str:
    return "1 1 0 0 0" if habit.command else "0 0 0 0 0"


def _memory(process: Process) -> str:
    p, size = process, _size(process) >> 10
    rss = p.memory >> 10
    anonymous = rss * 4 // 5
    rows = {
        "VmPeak": size, "VmSize": size, "VmLck": 0, "VmPin": 0, "VmHWM": p.peak >> 10, "VmRSS": rss,
        "RssAnon": anonymous, "RssFile": rss - anonymous, "RssShmem": 0,
        "VmData": anonymous + len(p.threads) * 132, "VmStk": 132, "VmExe": 1_024, "VmLib": p.habit.library >> 10,
        "VmPTE": 60 + rss // 512, "VmSwap": 0, "HugetlbPages": 0,
    }  # fmt: skip
    return "".join(f"{name}:\t{value:8d} kB\n" for name, value in rows.items()) + "CoreDumping:\t0\nTHP_enabled:\t1\n"


@lru_cache(maxsize=4096)
def _identity(habit: Habit, pid: int) -> tuple[str, str, str]:
    ids = "\t".join([str(habit.uid)] * 4)
    spaces = f"NStgid:\t{pid}\nNSpid:\t{pid}\nNSpgid:\t{pid}\nNSsid:\t{pid}\n"
    return (
        f"Name:\t{habit.comm}\nUmask:\t0022\n",
        f"Tgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\n",
        f"TracerPid:\t0\nUid:\t{ids}\nGid:\t{ids}\nFDSize:\t64\nGroups:\t \n{spaces}",
    )


@lru_cache(maxsize=256)
def _tail(habit: Habit, cpus: int) -> str:
    filters = int(habit.seccomp > 0)
    return (
        "SigQ:\t0/31391\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\nSigBlk:\t0000000000000000\n"
        "SigIgn:\t0000000000001000\nSigCgt:\t0000000180014003\nCapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\n"
        "CapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\n"
        f"NoNewPrivs:\t{filters}\nSeccomp:\t{habit.seccomp}\nSeccomp_filters:\t{filters}\n"
        f"Speculation_Store_Bypass:\tthread {'force mitigated' if filters else 'vulnerable'}\n"
        f"SpeculationIndirectBranch:\tconditional enabled\nCpus_allowed:\t{(1 << cpus) - 1:x}\n"
        f"Cpus_allowed_list:\t0-{cpus - 1}\n"
        "Mems_allowed:\t00000000,00000001\nMems_allowed_list:\t0\n"
    )


@lru_cache(maxsize=8)
def _limits(uid: int) -> bytes:
    rows = (
        ("Max cpu time", "unlimited", "unlimited", "seconds"),
        ("Max file size", "unlimited", "unlimited", "bytes"),
        ("Max data size", "unlimited", "unlimited", "bytes"),
        ("Max stack size", "8388608", "unlimited", "bytes"),
        ("Max core file size", "0" if uid else "unlimited", "unlimited", "bytes"),
        ("Max resident set", "unlimited", "unlimited", "bytes"),
        ("Max processes", "31391" if uid else "unlimited", "31391" if uid else "unlimited", "processes"),
        ("Max open files", str(MAX_FILES), str(MAX_FILES), "files"),
        ("Max locked memory", "67108864", "67108864", "bytes"),
        ("Max address space", "unlimited", "unlimited", "bytes"),
        ("Max file locks", "unlimited", "unlimited", "locks"),
        ("Max pending signals", "31391", "31391", "signals"),
        ("Max msgqueue size", "819200", "819200", "bytes"),
        ("Max nice priority", "0", "0", ""),
        ("Max realtime priority", "0", "0", ""),
        ("Max realtime timeout", "unlimited", "unlimited", "us"),
    )
    head = f"{'Limit':<26}{'Soft Limit':<21}{'Hard Limit':<21}{'Units':<10}\n"
    return (head + "".join(f"{a:<26}{b:<21}{c:<21}{d:<10}\n" for a, b, c, d in rows)).encode()
