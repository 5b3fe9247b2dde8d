"""The collectors over the /proc of the machine the tests run on, against psutil."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys

import psutil
import pytest

from gobs_collectors.cpu import CpuCollector
from gobs_collectors.disk import DiskCollector
from gobs_collectors.load import LoadCollector
from gobs_collectors.memory import MemoryCollector
from gobs_collectors.net import NetCollector
from gobs_core import Cell, NoData, Proc
from tests.collectors.golden import registered
from tests.collectors.reading import column, read
from tests.support.programs import searched


def number(cell: Cell) -> float:
    assert isinstance(cell, int)
    return cell


def test_every_collector_reads_this_machine_or_says_that_it_has_no_data() -> None:
    for cls in registered().collectors.values():
        with contextlib.suppress(NoData):
            assert read(cls, Proc())


def test_cpu_time_agrees_with_psutil() -> None:
    before = psutil.cpu_times(percpu=True)
    rows = read(CpuCollector, Proc())["cpu"]
    after = psutil.cpu_times(percpu=True)
    assert len(rows) == 1 + len(before)
    for row, low, high in zip(rows[1:], before, after, strict=True):
        assert low.user - 0.005 <= number(row["user"]) * 0.01 <= high.user + 0.005


def test_memory_and_boot_time_agree_with_psutil() -> None:
    memory = read(MemoryCollector, Proc())["memory"][0]
    assert number(memory["total"]) * 1024 == psutil.virtual_memory().total
    assert number(memory["swap_total"]) * 1024 == psutil.swap_memory().total
    kernel = read(CpuCollector, Proc())["kernel"][0]
    assert number(kernel["boot_time"]) == pytest.approx(psutil.boot_time(), abs=1)


def test_load_agrees_with_psutil() -> None:
    before = psutil.getloadavg()
    row = read(LoadCollector, Proc())["load"][0]
    after = psutil.getloadavg()
    assert number(row["load15"]) / 100 in (pytest.approx(before[2], abs=0.011), pytest.approx(after[2], abs=0.011))


def test_interfaces_and_disks_agree_with_psutil() -> None:
    before = psutil.net_io_counters(pernic=True, nowrap=False)
    received = column(read(NetCollector, Proc())["net"], "interface", "receive_bytes")
    assert received.keys() >= before.keys()
    assert all(number(received[name]) >= counters.bytes_recv for name, counters in before.items())
    disks = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
    found = column(read(DiskCollector, Proc())["disk"], "device", "read_bytes")
    assert found.keys() <= disks.keys()
    assert all(number(found[str(name)]) * 512 >= disks[str(name)].read_bytes for name in found)


def test_a_file_of_more_than_a_page_is_read_to_its_end() -> None:
    with Proc() as proc:
        maps = proc.read("self/maps")
        assert len(maps) > 4096
        assert b"[stack]" in maps


INSIDE = """
import json
from gobs_collectors.net import NetCollector
from gobs_core import Proc
from tests.collectors.reading import read
print(json.dumps([row["interface"] for row in read(NetCollector, Proc())["net"]]))
"""


@pytest.mark.root
def test_from_within_another_network_namespace_the_hosts_interfaces_are_read() -> None:
    ours = {str(row["interface"]) for row in read(NetCollector, Proc())["net"]}
    ran = searched(
        subprocess.run(["unshare", "--net", sys.executable, "-c", INSIDE], capture_output=True, check=True, timeout=60)
    )
    assert set(json.loads(ran.stdout)) == ours
    assert ours != {"lo"}
