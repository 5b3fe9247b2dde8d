"""Real processes of this machine: hostile names, ends at any moment, descriptors that are kept and given back."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from gobs_core import Proc
from gobs_core.descriptors import Descriptors
from tests.collectors.process.children import children
from tests.collectors.process.reading import Ticks
from tests.support.programs import searched
from tests.support.soak import counts

NAMES = [
    b"a b", b"a) R 1 1 1 (b", b"(", b")", b") S 0", b"((((((((((((((", b"new\nline", b"\xff\xfe\x80latin", b" ", b"\t",
    b"<script>alert(1", b"\x1b[31mred\x1b[0m", b"back\\slash", "žluťoučk".encode(), b"%s{0}${HOME}", b"0123456789abcde",
]  # fmt: skip
SLEEPER = [sys.executable, "-S", "-c", "import time; time.sleep(1000)"]


def shown(name: bytes) -> str:
    return name[:15].decode("utf-8", "backslashreplace")


def test_no_name_a_process_may_give_itself_confuses_any_field() -> None:
    with children(*(f"name:{name.hex()}" for name in NAMES)) as pids, Ticks(Proc()) as ticks:
        for rows in (ticks.tick().processes(), ticks.tick().processes()):
            for pid, name in zip(pids, NAMES, strict=True):
                row = rows[str(pid)]
                assert row["comm"] == shown(name)
                assert row["ppid"] == rows[str(pids[0])]["ppid"]
                assert row["threads"] == 1
                assert row["uid"] == str(os.geteuid())
                assert str(row["start"]).isdigit()


def test_this_process_is_told_rightly() -> None:
    with Ticks(Proc()) as ticks:
        row = ticks.tick().processes()[str(os.getpid())]
    assert row["ppid"] == str(os.getppid())
    assert row["threads"] == len(os.listdir("/proc/self/task"))


def test_open_descriptors_are_counted_exactly() -> None:
    with children("sleep") as pids, Ticks(Proc()) as ticks:
        row = ticks.tick().processes()[str(pids[0])]
        assert row["open_fds"] == len(os.listdir(f"/proc/{pids[0]}/fd"))
        assert row["max_fds"] == resource.prlimit(pids[0], resource.RLIMIT_NOFILE)[0]


@pytest.mark.parametrize("descriptors", [0, 2, 9000])
def test_processes_that_end_between_two_ticks_are_gone_and_their_descriptors_given_back(descriptors: int) -> None:
    with Ticks(Proc(), descriptors=descriptors) as ticks:
        ticks.tick()
        started = [subprocess.Popen(SLEEPER) for _ in range(5)]
        rows = ticks.tick().processes()
        assert all(str(process.pid) in rows for process in started)
        for process in started:
            process.kill()
            process.wait()
        rows = ticks.tick().processes()
        assert not any(str(process.pid) in rows for process in started)
        ended = {f"/proc/{process.pid}" for process in started}
        kept = [
            os.readlink(f"/proc/self/fd/{fd}")
            for fd in os.listdir("/proc/self/fd")
            if os.path.lexists(f"/proc/self/fd/{fd}")
        ]
        assert not [path for path in kept if path.rpartition("/")[0] in ended]


def test_closing_gives_back_every_descriptor() -> None:
    before = len(os.listdir("/proc/self/fd"))
    ticks = Ticks(Proc())
    ticks.tick()
    assert len(os.listdir("/proc/self/fd")) > before
    ticks.collector.close()
    ticks.collector.close()
    ticks.proc.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_process_that_ended_is_a_zombie_until_its_parent_knows_and_then_gone() -> None:
    with Ticks(Proc()) as ticks:
        process = subprocess.Popen(SLEEPER)
        assert ticks.tick().processes()[str(process.pid)]["vm_rss"]
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        row = ticks.tick().processes()[str(process.pid)]
        assert (row["state"], row["vm_rss"]) == ("Z", None)
        process.wait()
        assert str(process.pid) not in ticks.tick().processes()


def test_a_process_whose_parent_ended_has_its_new_parent_at_the_next_tick() -> None:
    code = "import os, sys, time\nif os.fork() == 0: time.sleep(1000)\nprint(flush=True); sys.stdin.read()"
    with Ticks(Proc()) as ticks:
        parent = searched(
            subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        )
        assert parent.stdout is not None
        assert parent.stdin is not None
        parent.stdout.readline()
        rows = ticks.tick().processes()
        child = next(pid for pid, row in rows.items() if row["ppid"] == str(parent.pid))
        ticks.tick()
        parent.stdin.close()
        os.waitid(os.P_PID, parent.pid, os.WEXITED | os.WNOWAIT)
        try:
            assert ticks.tick().processes()[child]["ppid"] != str(parent.pid), "although it has not run since"
        finally:
            os.kill(int(child), 9)
            parent.stdout.close()
            parent.wait()


def test_an_error_in_the_middle_of_a_batch_costs_only_the_file_it_is_about() -> None:
    proc = Proc()
    descriptors = Descriptors(proc, 100)
    process = subprocess.Popen(SLEEPER)
    fds = [descriptors.keep("stat"), descriptors.keep(f"{process.pid}/stat"), descriptors.keep("loadavg")]
    process.kill()
    process.wait()
    found = descriptors.read_kept([*fds, *fds], 100_000)
    assert [bool(raw) for raw in found] == [True, False, True] * 2
    descriptors.close()


def test_a_file_longer_than_expected_is_read_whole() -> None:
    descriptors = Descriptors(Proc(), 100)
    fd = descriptors.keep("self/status")
    with open("/proc/self/status", "rb") as file:
        whole = file.read()
    lines = descriptors.read_kept([fd], 100)[0].split(b"\n")
    assert len(lines) == len(whole.split(b"\n"))
    assert lines[0] == whole.split(b"\n")[0]
    descriptors.close()


@counts("ticks", reduced=30, full=3000)
def test_a_storm_of_processes_that_come_and_go_raises_nothing(ticks: int) -> None:
    with children("fork", "fork", "exec", "fork", "exec") as pids, Ticks(Proc()) as reading:
        for _ in range(ticks):
            rows = reading.tick().processes()
            assert all(str(pid) in rows for pid in pids)
            reading.collector.unknown()
