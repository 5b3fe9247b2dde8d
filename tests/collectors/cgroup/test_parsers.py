"""The files of control groups as kernels of both versions write them, and as they never should be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.cgroup import parsers
from gobs_collectors.cgroup.devices import Devices
from gobs_collectors.cgroup.sources import CELLS, sources
from gobs_collectors.cgroup.tables import READ_CELLS
from gobs_core import Proc
from gobs_core.testing import FakeProc
from tests.machines.groups import MIB, trees_2, version_1, version_2


def all_count(device: bytes) -> bool:
    return True


V2 = version_2("x", cpu=(5, 7), throttled=(9, 2, 11), memory=64 * MIB, io=(4096, 8192), events=(1, 2, 3, 4), waits=100)
V1 = version_1("x", cpu=(5, 7), throttled=(9, 2, 11), io=(4096, 8192), kills=3)


def file(tree: dict[str, bytes | str], name: str) -> bytes:
    content = next(content for path, content in tree.items() if path.endswith(f"/{name}"))
    assert isinstance(content, bytes)
    return content


def test_cpu_time_and_throttling_of_version_2() -> None:
    assert parsers.parse_cpu_stat(file(V2, "cpu.stat")) == (12, 5, 7, 9, 2, 11)
    root = b"usage_usec 12\nuser_usec 5\nsystem_usec 7\n"
    assert parsers.parse_cpu_stat(root) == (12, 5, 7, None, None, None), "without a limit some kernels tell no periods"


def test_cpu_time_and_throttling_of_version_1() -> None:
    assert parsers.parse_nanoseconds(file(V1, "cpuacct.usage")) == (12,)
    assert parsers.parse_throttling(file(V1, "cpu,cpuacct/x/cpu.stat")) == (9, 2, 11)


@pytest.mark.parametrize(
    ("raw", "milli"),
    [(b"max 100000\n", None), (b"50000 100000\n", 500), (b"250000 100000\n", 2500), (b"1 3\n", 333), (b"5 0\n", None)],
)
def test_a_cpu_limit_is_thousandths_of_a_core(raw: bytes, milli: int | None) -> None:
    assert parsers.parse_cpu_max(raw) == (milli,)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (b"max\n", None),
        (b"4096\n", 4096),
        (b"-1\n", None),
        (b"4096", None),
        (b"9223372036854771712\n", None),
        (b"", None),
    ],
)
def test_a_number_is_one_only_where_it_is_whole_and_a_limit(raw: bytes, number: int | None) -> None:
    assert parsers.number(raw) == number


def test_memory_of_both_versions() -> None:
    assert parsers.parse_memory_stat(file(V2, "memory.stat")) == (32 * MIB, 16 * MIB, 4 * MIB, 8 * MIB)
    old = b"anon 1\nfile 2\nkernel_stack 16384\nslab 1000\nsock 5\ninactive_file 3\n"
    assert parsers.parse_memory_stat(old) == (1, 2, 17384, 3), "before Linux 5.18 the kernel's part is told in pieces"
    assert parsers.parse_memory_stat(b"anon 1\nfile 2\n") == (1, 2, None, None)
    assert parsers.parse_memory_stat_1(file(V1, "memory.stat")) == (4 * MIB, 2 * MIB, MIB)


def test_events_of_both_versions() -> None:
    assert parsers.parse_memory_events(file(V2, "memory.events")) == (3, 4, 1, 2)
    assert parsers.parse_memory_events(b"low 0\nhigh 1\nmax 2\noom 3\n") == (3, None, 1, 2)
    assert parsers.parse_oom_control(file(V1, "memory.oom_control")) == (3,)
    assert parsers.parse_oom_control(b"oom_kill_disable 0\nunder_oom 0\n") == (None,), "before Linux 4.13"


def test_io_is_summed_over_the_devices_that_count() -> None:
    raw = file(V2, "io.stat")
    assert parsers.parse_io_stat(raw, all_count) == (8192, 16384, 2, 4)
    assert parsers.parse_io_stat(raw, lambda device: device == b"253:0") == (4096, 8192, 1, 2)
    assert parsers.parse_io_stat(b"8:0 \n8:16 rbytes=5 cost.usage=3\n", all_count) == (5, 0, 0, 0)
    assert parsers.parse_io_stat(b"", all_count) == (0, 0, 0, 0), "none at all"
    assert parsers.parse_blkio(file(V1, "blkio.throttle.io_service_bytes"), all_count) == (4096, 8192)
    assert parsers.parse_blkio(b"Total 0\n", all_count) == (0, 0)
    assert parsers.parse_blkio(b"", all_count) == (None, None)


def test_pressure_is_the_whole_time_waited() -> None:
    assert parsers.parse_pressure(file(V2, "cpu.pressure")) == (100, 50)
    assert parsers.parse_pressure(b"some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n") == (7, None)


def test_no_byte_is_counted_once_for_the_volume_and_again_for_its_disk(proc: FakeProc) -> None:
    for path, content in trees_2().items():
        place = proc.sys / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content) if isinstance(content, bytes) else place.symlink_to(content)
    (proc.sys / "devices/virtual/block/loop3").mkdir(parents=True)
    (proc.sys / "dev/block/7:3").symlink_to("../../devices/virtual/block/loop3")
    devices = Devices(proc)
    assert devices.counts(b"253:0")
    assert not devices.counts(b"252:1"), "it lies on the disk"
    assert not devices.counts(b"7:3"), "its file lies on a disk"
    assert devices.counts(b"259:5"), "of which nothing is known"
    assert not devices.counts(b"../../etc")
    raw = file(V2, "io.stat")
    assert parsers.parse_io_stat(raw, devices.counts) == (4096, 8192, 1, 2)


def test_a_disk_that_comes_later_is_looked_at_anew(proc: FakeProc) -> None:
    devices = Devices(proc)
    assert devices.counts(b"7:3")
    (proc.sys / "devices/virtual/block/loop3").mkdir(parents=True)
    (proc.sys / "dev/block").mkdir(parents=True)
    (proc.sys / "dev/block/7:3").symlink_to("../../devices/virtual/block/loop3")
    assert devices.counts(b"7:3")
    devices.forget()
    assert not devices.counts(b"7:3")


def _bytes() -> st.SearchStrategy[bytes]:
    words = st.sampled_from([
        b"usage_usec ", b"anon ", b"\n", b" ", b"8:0 Read ", b"Total ", b"8:0 rbytes=", b"some avg10=0.00 avg60=0.00 ",
        b"avg300=0.00 total=", b"9223372036854775807", b"18446744073709551616", b"7", b"max", b"-1", b"\xff", b"\0",
    ])  # fmt: skip
    return st.binary(max_size=60) | st.lists(words, max_size=12).map(b"".join)


@pytest.mark.parametrize("version", [1, 2])
@given(raw=_bytes())
def test_any_bytes_of_any_file_are_numbers_that_fit_or_not_known(version: int, raw: bytes) -> None:
    for source in sources(version, Devices(Proc("/nowhere/proc", "/nowhere/sys"))):
        cells = source.parse(raw)
        assert len(cells) == len(source.cells)
        assert all(cell is None or 0 <= cell < 1 << 62 for cell in cells)


@pytest.mark.parametrize("tree", [V1, V2], ids=["1", "2"])
def test_a_file_cut_off_anywhere_tells_nothing_that_is_not_so(tree: dict[str, bytes | str]) -> None:
    """What is told of a file without its end is what the whole file says, or not known; a sum may be a smaller one."""
    sums = {"read_bytes", "write_bytes", "reads", "writes", "kernel"}
    for source in sources(2 if tree is V2 else 1, Devices(Proc("/nowhere/proc", "/nowhere/sys"))):
        if not any(path.endswith(f"/{source.file}") for path in tree):
            continue
        raw = file(tree, f"{'cpu,cpuacct/x/' if source.tree == 'cpu' else ''}{source.file}")
        whole = source.parse(raw)
        for end in range(len(raw)):
            for place, cell, full in zip(source.cells, source.parse(raw[:end]), whole, strict=True):
                assert cell in (None, full) or (CELLS[place] in sums and cell <= (full or 0))


def test_every_shown_cell_has_a_file_or_is_made_from_others() -> None:
    named = {
        CELLS[place] for source in sources(2, Devices(Proc("/nowhere/proc", "/nowhere/sys"))) for place in source.cells
    }
    assert {column.name for column in READ_CELLS} - named == {"working_set"}
