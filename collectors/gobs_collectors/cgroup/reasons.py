"""Why cells are not known on this machine, in words for its user."""

from __future__ import annotations

from gobs_collectors.cgroup.reader import NO_GROUPS, Reader
from gobs_collectors.cgroup.settings import CgroupConfig
from gobs_collectors.cgroup.tables import CONTAINER_IO, INFO_CELLS, IO_CELLS, READ_CELLS, TOLD_CELLS
from gobs_collectors.cgroup.tree import MAX_NODES
from gobs_core.table import MAX_ROWS

_PRESSURE = "only version 2 tells it, on Linux 4.20 with CONFIG_PSI and booted with psi=1 where that is not the default"
_UNTOLD = "its pod does not tell"
_LIMITS = {"cpu_limit": "cpu", "memory_limit": "memory", "pids_limit": "pids"}


def reasons(reader: Reader | None, unnamed: str, config: CgroupConfig, io_left_out: int) -> dict[str, str]:
    """`table.column` -> reason, as of the last tick."""
    found = {f"container.{one.name}": unnamed or _UNTOLD for one in (*INFO_CELLS[:11], *TOLD_CELLS)}
    found |= {f"container_io.{one.name}": unnamed or _UNTOLD for one in CONTAINER_IO.cells[:4]}
    found |= {f"container_io.{one.name}": "its control group does not tell it of this device" for one in IO_CELLS}
    if io_left_out:
        found["container_io.device"] = f"{io_left_out} rows over {MAX_ROWS} are left out"
    if reader is None:
        return found | {f"container.{column.name}": NO_GROUPS for column in READ_CELLS}
    for column in READ_CELLS:
        name = column.name
        if name in _LIMITS:
            found[f"container.{name}"] = "none is set"
        elif name.endswith(("_some", "_full")):
            found[f"container.{name}"] = _PRESSURE
        elif name not in reader.told and name != "working_set":
            found[f"container.{name}"] = f"control groups of version {reader.version} do not tell it"
        else:
            found[f"container.{name}"] = "it does not run now, or its control group does not tell"
    said = []
    if reader.left_out:
        said.append(f"{reader.left_out} containers over max_containers = {config.max_containers} are left out")
    if reader.tree.left_out:
        said.append(f"{reader.tree.left_out} control groups over {MAX_NODES} are not looked at")
    return found | ({"container.container": "; ".join(said)} if said else {})
