"""Reading control groups written into a folder, tick after tick, through one collector."""

from __future__ import annotations

from typing import Self

from gobs_collectors.cgroup import CgroupCollector
from gobs_core import Cell, Context, Proc, Workloads
from gobs_core.testing import FakeProc
from tests.collectors.reading import collected, named
from tests.machines.render import TREE

UID = "7f3c9a52-1d4e-4b6a-9c8d-0e1f2a3b4c5d"
OTHER = "11111111-2222-4333-8444-555555555555"
A, B, C = "a" * 64, "b" * 64, "c" * 64
POD = f"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{UID.replace('-', '_')}.slice"
Row = dict[str, Cell]


def group(container: str, pod: str = POD) -> str:
    return f"{pod}/cri-containerd-{container}.scope"


def write(proc: FakeProc, *trees: TREE) -> None:
    """Write files and links below /sys, in place."""
    for tree in trees:
        for path, content in tree.items():
            if isinstance(content, bytes):
                proc.write_sys(path, content)
            elif not (proc.sys / path).is_symlink():
                (proc.sys / path).parent.mkdir(parents=True, exist_ok=True)
                (proc.sys / path).symlink_to(content)


class Ticks:
    """One collector on one machine."""

    def __init__(self, proc: Proc, **settings: object) -> None:
        self.proc = proc
        self.workloads = Workloads()
        config = CgroupCollector.Config(**settings)  # type: ignore[arg-type]  # names are checked by the class
        self.collector = CgroupCollector(config, Context(workloads=self.workloads))
        self.collector.open(proc)
        self.rows: list[tuple[Cell, ...]] = []

    def tick(self) -> Self:
        """Read once; every row is checked as the agent does."""
        (table, rows), (of_devices, devices) = collected(self.collector, self.proc)
        self.rows = list(rows)
        self.containers: dict[str, Row] = {str(row["container"]): row for row in named(table, rows)}
        self.device_rows = list(devices)
        self.devices = {(str(row["container"]), str(row["device"])): row for row in named(of_devices, devices)}
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.collector.close()
        self.proc.close()
