"""Why cells are not known on this machine, in words for its user."""

from __future__ import annotations

from gobs_collectors.process.discovery import HIDDEN
from gobs_collectors.process.reader import Reader
from gobs_collectors.process.settings import ProcessConfig
from gobs_collectors.process.stat_file import Value
from gobs_collectors.process.tables import (
    INFO_CELLS,
    IO_CELLS,
    IO_NEEDS,
    LIMIT_CELLS,
    NAME_CELLS,
    NET_CELLS,
    SHARE_CELLS,
    STATUS_CELLS,
)
from gobs_core.descriptors import UNREADABLE


def reasons(reader: Reader, config: ProcessConfig) -> dict[str, str]:
    """`table.column` -> reason, as of the last tick."""
    found: dict[str, str] = {}
    processes = reader.tracked.values()
    closed = sum(1 for process in processes if process.io_raw is UNREADABLE)
    if closed:
        for column in IO_CELLS:
            found[f"process.{column.name}"] = (
                f"/proc/PID/io may not be read for {closed} of {len(processes)} processes: it takes {IO_NEEDS}"
            )
            found[f"pod.{column.name}"] = "not known for one of its processes: see process." + column.name
    uncounted = sum(1 for process in processes if process.fds[0] is None)
    if uncounted:
        found["process.open_fds"] = (
            f"for {uncounted} of {len(processes)} processes: before Linux 6.2 counting takes listing /proc/PID/fd, "
            "and that CAP_DAC_READ_SEARCH"
        )
        found["pod.open_fds"] = "not known for one of its processes: see process.open_fds"
    for column in NET_CELLS:
        found[f"pod.{column.name}"] = (
            "only for workloads with a network namespace of their own: these are in the host's, see `net`"
        )
    if not config.cmdline:
        found["process.cmdline"] = "switched off: [collectors.process] cmdline = false"
    found.update(_of_names(reader))
    found.update(_of_status(reader))
    found.update(_left_out(reader, config))
    return found


def _of_names(reader: Reader) -> dict[str, str]:
    why = reader.names.unnamed()
    found = {f"process.{column.name}": why or "only processes of pods have one" for column in NAME_CELLS[3:]}
    for column in (*INFO_CELLS[1:11], *LIMIT_CELLS[:3]):
        found[f"pod.{column.name}"] = why or "only pods have one"
    for column in LIMIT_CELLS[3:]:
        found[f"pod.{column.name}"] = why or "none is set"
    for share in SHARE_CELLS:
        found[f"pod.{share.name}"] = why or f"without a {share.name.rpartition('_')[2]} there is no share of it"
    if not reader.pods.groups.readable:
        found["pod.memory_working_set"] = (
            "no control groups below the machine's /sys/fs/cgroup: in a pod, mount the node's /sys read-only"
        )
    else:
        found["pod.memory_working_set"] = "known of pods whose control group can be read"
    return found


def _of_status(reader: Reader) -> dict[str, str]:
    whole = next(
        (process for process in reader.tracked.values() if not process.memoryless and process.status_raw), None
    )
    if whole is None:
        return {}
    cells: tuple[str | Value, ...] = whole.status
    missing = [column.name for column, cell in zip(STATUS_CELLS[: len(cells)], cells, strict=True) if cell is None]
    found = {f"process.{name}": "this kernel's /proc/PID/status has no such line" for name in missing}
    if any(process.memoryless for process in reader.tracked.values()):
        for column in STATUS_CELLS:
            if column.name.startswith("vm_"):
                found.setdefault(
                    f"process.{column.name}", "processes that have ended and kernel threads have no memory of their own"
                )
    return found


def _left_out(reader: Reader, config: ProcessConfig) -> dict[str, str]:
    hidden, dropped = reader.discovery.count(HIDDEN), reader.discovery.dropped
    said = []
    if dropped:
        said.append(f"{dropped} processes over max_processes = {config.max_processes} are left out")
    if hidden:
        said.append(f"{hidden} processes are hidden from the agent (mount option hidepid): it takes CAP_SYS_PTRACE")
    return {"process.pid": "; ".join(said)} if said else {}
