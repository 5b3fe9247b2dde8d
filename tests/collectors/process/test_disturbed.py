"""Files that are cut, emptied or removed, and reads that fail, at any moment of a tick: no exception but NoData."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gobs_collectors.process import ProcessCollector
from gobs_core import Context, NoData, Proc
from gobs_core.testing import FakeProc
from tests.collectors.process.reading import Ticks, write
from tests.collectors.process.written import INIT, Written
from tests.collectors.reading import collected

PROCESSES = [INIT, *(Written(pid, network="pod" if pid % 2 else "host", received=pid) for pid in range(40, 46))]
FILES = ["stat", "status", "io", "cgroup", "cmdline", "limits", "net/dev", "fd", "ns", "net", "."]
DEEDS = st.tuples(
    st.sampled_from(["cut", "remove", "restore"]), st.sampled_from(FILES), st.integers(0, 6), st.integers(0, 999)
)


class Disturbed(FakeProc):
    """A machine to which something is done before every so many reads, as told."""

    def disturb(self, deeds: list[tuple[str, str, int, int]], every: int) -> None:
        self.deeds, self.every, self.reads = list(deeds), every, 0

    def open(self, path: str) -> int:
        self.next_deed()
        return super().open(path)

    def names(self, path: str) -> list[str]:
        self.next_deed()
        return super().names(path)

    def next_deed(self) -> None:
        self.reads += 1
        if self.reads % self.every or not self.deeds:
            return
        deed, name, index, size = self.deeds.pop()
        process = PROCESSES[index]
        place = self.root / str(process.pid) / name
        if deed == "restore":
            process.write(self)
        elif deed == "remove" and place.exists():
            self.remove(f"{process.pid}/{name}")
        elif place.is_file():
            os.truncate(place, min(size, place.stat().st_size))


@settings(max_examples=30)
@given(st.lists(DEEDS, max_size=40), st.integers(1, 9))
def test_whatever_happens_to_files_during_a_tick_it_ends_with_rows_or_no_data(
    deeds: list[tuple[str, str, int, int]], every: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        proc = Disturbed(folder)
        write(proc, PROCESSES)
        proc.disturb(deeds, every)
        with Ticks(proc, details_every=2) as ticks:
            for _ in range(5):
                try:
                    ticks.tick()
                except NoData:
                    continue
                ticks.collector.unknown()


class Swapped(FakeProc):
    """A machine on which one process ends and its pid is used again, just before one of its files is opened."""

    def swap(self, path: str) -> None:
        self.path = path

    def open(self, path: str) -> int:
        if path == self.path:
            self.path = ""
            Written(42, start=2000, comm=b"other", utime=1, cgroup="/system.slice/other.service").write(self)
        return super().open(path)


@pytest.mark.parametrize("name", ["status", "io", "cgroup", "cmdline", "limits"])
def test_a_pid_used_again_while_a_process_is_first_read_mixes_no_two_processes(tmp_path: Path, name: str) -> None:
    proc = Swapped(tmp_path)
    write(proc, [INIT, Written(42)])
    proc.swap(f"42/{name}")
    with Ticks(proc) as ticks:
        assert "42" not in ticks.tick().processes()
        row = ticks.tick().processes()["42"]
        assert (row["start"], row["comm"], row["workload"]) == ("2000", "other", "other.service")
        assert "1000" not in ticks.pods()
        assert ticks.pods()["other.service"]["processes"] == 1


ERRORS = [errno.ESRCH, errno.ENOENT, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOMEM, errno.EINVAL, errno.ENODEV]


@settings(max_examples=20)
@given(st.lists(st.one_of(st.none(), st.sampled_from(ERRORS), st.integers(1000, 2000)), min_size=1, max_size=50))
def test_whatever_a_read_of_a_kept_descriptor_says_the_tick_ends_with_rows(plan: list[int | None]) -> None:
    reads = 0

    def pread(fd: int, size: int, offset: int) -> bytes:
        nonlocal reads
        reads += 1
        deed = plan[reads % len(plan)]
        if deed is not None and deed < 1000:
            raise OSError(deed, os.strerror(deed))
        raw = os.pread(fd, size, offset)
        return raw if deed is None else raw[: deed - 1000]

    collector = ProcessCollector(ProcessCollector.Config(), Context())
    collector.pread = pread
    proc = Proc()
    try:
        for _ in range(4):
            collected(collector, proc)
            collector.unknown()
    finally:
        collector.close()
        proc.close()
