"""Real control groups of this machine: whatever its kernel tells is read, and agrees with what processes count."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gobs_collectors.cgroup.devices import Devices
from gobs_collectors.cgroup.sources import CELLS, sources
from gobs_collectors.cgroup.tables import READ_CELLS
from gobs_core import Proc
from gobs_core.control_groups import mounted
from tests.collectors.cgroup.reading import Row, Ticks
from tests.support.groups import GroupedPod, grouped_pods, sys_of_version_2, unified

pytestmark = pytest.mark.root
WORK = """
import os, time
while time.process_time() < 0.3:
    pass
with open(%r, "wb") as file:
    file.write(b"x" * (1 << 20))
    os.fsync(file.fileno())
time.sleep(1_000_000)
"""
"""Uses some CPU, writes something to a disk, and stays."""
ONLY_WITH_A_LIMIT = {"cpu_limit", "memory_limit", "pids_limit"}
ONLY_WITH_THE_CONTROLLER = {"periods", "throttled_periods", "throttled_time"}


class Place:
    """One container with one process, and a collector that reads it tick after tick."""

    def __init__(self, pod: GroupedPod, proc: Proc, written: Path) -> None:
        self.pod = pod
        self.ticks = Ticks(proc)
        self.process = pod.start(WORK % str(written))

    @property
    def row(self) -> Row:
        """What is read of it now."""
        return self.ticks.tick().containers[self.pod.container]

    def until(self, condition: Callable[[Row], object]) -> Row:
        """Read until that is so, and return the row."""
        end = time.monotonic() + 60
        while not condition(row := self.row):
            assert time.monotonic() < end, row
            time.sleep(0.05)
        return row

    def own_cpu(self) -> float:
        """Seconds of CPU that the process itself counts."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def working(sys: Path, folder: Path, roots: list[str]) -> Iterator[Place]:
    with grouped_pods("web", roots=roots) as [pod], Proc(Path("/proc"), sys) as proc:
        place = Place(pod, proc, folder / "written")
        yield place
        place.ticks.collector.close()


@pytest.mark.parametrize("alone", [False, True], ids=["as it is", "version 2 alone"])
def test_all_that_the_kernel_tells_of_a_container_is_known_and_true(*, alone: bool, tmp_path: Path) -> None:
    sys = sys_of_version_2(tmp_path) if alone else Path("/sys")
    with working(sys, tmp_path, [unified()] if alone else []) as place:
        row = place.until(lambda row: (row["cpu_usage"] or 0) > 290_000 and (tmp_path / "written").exists())  # type: ignore[operator]  # a number
        used = {name: int(row[name]) / 1e6 for name in ("cpu_usage", "cpu_user", "cpu_system")}  # type: ignore[arg-type]  # numbers
        assert used["cpu_usage"] == pytest.approx(place.own_cpu(), abs=0.1), "as the process counts, and its shell"
        assert used["cpu_user"] + used["cpu_system"] == pytest.approx(used["cpu_usage"], abs=0.1)
        assert (row["workload"], row["runtime"], row["nested"]) == (place.pod.uid, "containerd", "no")

        mounts = mounted(place.ticks.proc)
        trees = {**mounts.controllers, "": mounts.unified}
        told = {
            CELLS[number]
            for source in sources(mounts.version, Devices(place.ticks.proc))
            if (tree := trees.get(source.tree)) and (tree / place.pod.path / source.file).exists()
            for number in source.cells
        }
        lenient = ONLY_WITH_A_LIMIT | ONLY_WITH_THE_CONTROLLER
        cells = {column.name for column in READ_CELLS}
        assert {name for name in told & cells - lenient if row[name] is None} == set()
        assert {name for name in cells - told - {"working_set"} if row[name] is not None} == set()
        assert {"cpu_usage", "cpu_some", "io_full"} <= told if alone else "memory" in told


def test_an_ended_container_is_gone_with_its_group(tmp_path: Path) -> None:
    with working(Path("/sys"), tmp_path, []) as place:
        place.until(lambda row: row["cpu_usage"])
        key = place.pod.container
        place.pod.close()
        assert key not in place.ticks.tick().containers
