"""What is too dear for every tick and read only when somebody asks about one process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from gobs_collectors.process.limits_file import parse_limits
from gobs_collectors.process.smaps_file import parse_smaps
from gobs_collectors.process.stat_file import parse_stat
from gobs_collectors.process.tables import CLOCK_TICK
from gobs_core import Gone, Missing, NoData, ParseError, Proc
from gobs_core.proc import text

MOST = 10_000
"""Threads or descriptors told at most; where there are more, it is said."""
_STATUS_BYTES = 64 * 1024


def inspect(proc: Proc, key: Mapping[str, str], sections: tuple[str, ...]) -> dict[str, object]:
    """Section -> what it holds, or `{"unknown": reason}`; raises Gone when this process is no more."""
    pid, start = key.get("pid", ""), key.get("start", "")
    _check(proc, pid, start)
    found: dict[str, object] = {}
    for section in sections:
        read = _READERS.get(section)
        if read is None:
            found[section] = {"unknown": f"no such section; there are {', '.join(SECTIONS)}"}
            continue
        try:
            found[section] = read(proc, pid)
        except (NoData, ParseError, OSError) as error:
            found[section] = {"unknown": _reason(section, error)}
    _check(proc, pid, start)
    return found


def _check(proc: Proc, pid: str, start: str) -> None:
    """Raise Gone unless the pid is still, or again, the process that started then."""
    if not (pid.isascii() and pid.isdigit()):
        raise Gone(f"process {pid!r}: not a pid")
    try:
        stat = parse_stat(proc.read_once(f"{pid}/stat"))
    except (NoData, ParseError):
        raise Gone(f"process {pid} has ended") from None
    if stat.start.decode() != start:
        raise Gone(f"process {pid} that started at {start} has ended; the pid is another process's now")


def _reason(section: str, error: Exception) -> str:
    if isinstance(error, Missing):
        return f"this kernel does not have it, or the process has ended ({error})"
    needs = _NEEDS.get(section)
    return f"{error}: it takes {needs}" if needs else str(error)


def _threads(proc: Proc, pid: str) -> dict[str, object]:
    tids = sorted(proc.names(f"{pid}/task"), key=lambda name: (len(name), name))
    threads: list[dict[str, object]] = []
    for tid in tids[:MOST]:
        try:
            stat = parse_stat(proc.read_once(f"{pid}/task/{tid}/stat"))
        except (NoData, ParseError):
            continue  # it has ended since
        utime, stime = stat.cells[4], stat.cells[5]
        threads.append(
            {
                "tid": int(tid) if tid.isdigit() else tid,
                "comm": text(stat.comm),
                "state": stat.cells[0],
                "user_seconds": _seconds(utime),
                "system_seconds": _seconds(stime),
                "processor": stat.cells[12],
            }
        )
    return {"count": len(tids), "threads": threads, "cut": len(tids) > MOST}


def _limits(proc: Proc, pid: str) -> list[dict[str, object]]:
    limits = parse_limits(proc.read_once(f"{pid}/limits"))
    return [{"limit": name, "soft": soft, "hard": hard, "unit": unit} for name, (soft, hard, unit) in limits.items()]


def _descriptors(proc: Proc, pid: str) -> dict[str, object]:
    names = sorted(proc.names(f"{pid}/fd"), key=lambda name: (len(name), name))
    kinds: Counter[str] = Counter()
    descriptors: list[dict[str, object]] = []
    for name in names[:MOST]:
        try:
            target = proc.link(f"{pid}/fd/{name}")
        except Missing:
            continue  # closed since
        kind = _kind(target)
        kinds[kind] += 1
        descriptors.append({"fd": int(name) if name.isdigit() else name, "target": target, "kind": kind})
    return {"count": len(names), "kinds": dict(kinds), "descriptors": descriptors, "cut": len(names) > MOST}


def _kind(target: str) -> str:
    """`file`, `device`, or what the kernel writes before the colon: socket, pipe, anon_inode."""
    if target.startswith("/"):
        return "device" if target.startswith("/dev/") and target.count("/") < 4 and "/shm/" not in target else "file"
    return target.partition(":")[0]


def _smaps(proc: Proc, pid: str) -> dict[str, object]:
    sizes: dict[str, object] = {**parse_smaps(proc.read_once(f"{pid}/smaps_rollup"))}
    return sizes or {"unknown": "it has no memory of its own: a kernel thread, or a process that has ended"}


def _status(proc: Proc, pid: str) -> list[str]:
    return text(proc.read_once(f"{pid}/status")[:_STATUS_BYTES]).splitlines()


def _seconds(ticks: object) -> float | None:
    return round(ticks * CLOCK_TICK, 2) if isinstance(ticks, int) else None


_READERS: dict[str, Callable[[Proc, str], object]] = {
    "threads": _threads,
    "limits": _limits,
    "descriptors": _descriptors,
    "smaps": _smaps,
    "status": _status,
}
_NEEDS = {
    "descriptors": "CAP_SYS_PTRACE, and CAP_DAC_READ_SEARCH when the agent is not root, for processes of other users",
    "smaps": "CAP_SYS_PTRACE for processes of other users",
}
SECTIONS = tuple(_READERS)
