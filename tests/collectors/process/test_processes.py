"""One row for every process, with what its files say, nothing else, and nothing made up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gobs_core import NoData, SettingsError
from gobs_core.plugins import load_plugins
from gobs_core.settings import load_settings
from gobs_core.table import MAX_ROWS
from gobs_core.testing import FakeProc
from tests.collectors.process.reading import Ticks, write
from tests.collectors.process.written import INIT, Written

SH = Written(42)


def test_a_process_is_told_with_all_its_files(proc: FakeProc) -> None:
    write(proc, [INIT, SH.but(cgroup="/system.slice/a.service", comm=b"nginx", network="x")])
    with Ticks(proc).tick() as ticks:
        row = ticks.processes()["42"]
    assert {name: cell for name, cell in row.items() if not name.startswith("vm_")} == {
        "pid": "42", "start": "1000", "state": "S", "ppid": "1", "minor_faults": 10, "major_faults": 1, "utime": 100,
        "stime": 50, "cutime": 7, "cstime": 8, "priority": 20, "nice": 0, "threads": 1, "start_time": 1000,
        "processor": 1, "rt_priority": 0, "uid": "1000", "seccomp": "filter",
        "speculation_store_bypass": "thread vulnerable", "cpus_allowed_list": "0-1", "mems_allowed_list": "0",
        "voluntary_ctxt_switches": 20, "nonvoluntary_ctxt_switches": 3, "read_bytes": 4096, "write_bytes": 8192,
        "cancelled_write_bytes": 0, "open_fds": 3, "max_fds": 1024, "comm": "nginx", "cmdline": "sh -c sleep 1",
        "workload": "a.service", "kind": "unit", "container": None, "cgroup": "/system.slice/a.service",
        "network_namespace": "net:[x]", "namespace": None, "pod": None, "container_name": None, "owner": None,
    }  # fmt: skip


def test_secrets_in_command_lines_are_hidden_unless_that_is_switched_off(proc: FakeProc) -> None:
    write(proc, [INIT, SH.but(cmdline=b"app\0--token\0s3cret\0")])
    shown = {}
    for settings in dict[str, object](), {"scrub": True}, {"scrub": False}:
        with Ticks(FakeProc(proc.folder), pread=os.pread, **settings).tick() as ticks:
            shown[str(settings)] = ticks.processes()["42"]["cmdline"]
    assert shown == {
        "{}": "app --token ***",
        "{'scrub': True}": "app --token ***",
        "{'scrub': False}": "app --token s3cret",
    }


def test_no_more_processes_may_be_asked_for_than_a_table_may_have_rows(tmp_path: Path) -> None:
    file, plugins = tmp_path / "gobs.toml", load_plugins()
    file.write_text(f"[collectors.process]\nmax_processes = {MAX_ROWS + 1}\n")
    with pytest.raises(SettingsError) as raised:
        load_settings(environ={}, config=str(file), plugins=plugins)
    assert str(raised.value) == (
        f"{file}:collectors.process.max_processes: expected a whole number, at least 1, at most 20000, got 20001"
    )
    file.write_text(f"[collectors.process]\nmax_processes = {MAX_ROWS}\n")
    load_settings(environ={}, config=str(file), plugins=plugins)


def test_a_row_in_which_nothing_changed_is_the_very_same_tuple(proc: FakeProc) -> None:
    write(proc, [INIT, SH])
    with Ticks(proc) as ticks:
        ticks.tick()
        first = [row for _, rows in ticks.tick().readings for row in rows]
        second = [row for _, rows in ticks.tick().readings for row in rows]
        assert all(a is b for a, b in zip(first, second, strict=True))
        SH.but(utime=101).write(proc)
        third = [row for _, rows in ticks.tick().readings for row in rows]
    assert sum(a is not b for a, b in zip(second, third, strict=True)) == 2, "its own row and its workload's"


@pytest.mark.parametrize(
    ("changes", "column", "cell"),
    [
        ({"utime": 101}, "utime", 101),
        ({"state": b"R"}, "state", "R"),
        ({"rss": 5000}, "vm_rss", 5000),
        ({"switches": (21, 3)}, "voluntary_ctxt_switches", 21),
        ({"switches": (20, 4)}, "nonvoluntary_ctxt_switches", 4),
        ({"io": (4096, 9000, 0)}, "write_bytes", 9000),
        ({"uid": 0}, "uid", "0"),
        ({"ppid": 7}, "ppid", "7"),
    ],
)
def test_a_change_is_in_the_next_reading(proc: FakeProc, changes: dict[str, object], column: str, cell: object) -> None:
    write(proc, [INIT, SH])
    with Ticks(proc) as ticks:
        ticks.tick()
        SH.but(**changes).write(proc)
        assert ticks.tick().processes()["42"][column] == cell


def test_a_process_that_runs_another_program_is_read_anew_at_once(proc: FakeProc) -> None:
    write(proc, [INIT, SH])
    with Ticks(proc) as ticks:
        for _ in range(4):
            ticks.tick()
        SH.but(comm=b"nginx", cmdline=b"nginx\0-g\0", cgroup="/system.slice/nginx.service").write(proc)
        row = ticks.tick().processes()["42"]
    assert (row["comm"], row["cmdline"], row["workload"]) == ("nginx", "nginx -g", "nginx.service")


def test_what_changes_rarely_is_read_anew_in_its_turn(proc: FakeProc) -> None:
    write(proc, [INIT, SH])
    with Ticks(proc, details_every=5) as ticks:
        for _ in range(3):
            ticks.tick()
        SH.but(cgroup="/system.slice/later.service", cmdline=b"title\0").write(proc)
        for _ in range(5):
            row = ticks.tick().processes()["42"]
    assert (row["workload"], row["cmdline"]) == ("later.service", "title")


def test_a_new_process_is_looked_at_twice_because_runtimes_move_it_first(proc: FakeProc) -> None:
    write(proc, [INIT])
    with Ticks(proc) as ticks:
        ticks.tick()
        SH.but(cgroup="/system.slice/containerd.service").write(proc)
        assert ticks.tick().processes()["42"]["workload"] == "containerd.service"
        SH.but(cgroup="/docker/" + "a" * 64).write(proc)
        assert ticks.tick().processes()["42"]["workload"] == "a" * 64


def test_a_process_that_ended_has_no_row(proc: FakeProc) -> None:
    write(proc, [INIT, SH])
    with Ticks(proc) as ticks:
        assert "42" in ticks.tick().processes()
        SH.end(proc)
        assert "42" not in ticks.tick().processes()


def test_a_pid_that_is_used_again_is_another_row(proc: FakeProc) -> None:
    write(proc, [INIT, SH])
    with Ticks(proc) as ticks:
        ticks.tick()
        SH.but(start=2000, comm=b"other", utime=1).write(proc)
        row = ticks.tick().processes()["42"]
        assert (row["start"], row["comm"], row["utime"]) == ("2000", "other", 1)
        pod = ticks.pods()["1000"]
    assert pod["processes"] == 1
    assert pod["cpu_user"] == 101 * 10_000, "what the one before it used is carried on"


def test_kernel_threads_are_left_out_unless_asked_for(proc: FakeProc) -> None:
    thread = Written(9, comm=b"kworker/0:1", flags=0x208040, ppid=2, size=0, rss=None, io=None, uid=0)
    write(proc, [INIT, thread])
    with Ticks(proc).tick() as ticks:
        assert ticks.processes().keys() == {"1"}
        assert ticks.pods().keys() == {"init.scope"}
    with Ticks(proc, kernel_threads=True).tick() as ticks:
        row, pod = ticks.processes()["9"], ticks.pods()["kernel"]
    assert (row["kind"], row["workload"], row["vm_rss"]) == ("kernel", "kernel", None)
    assert (pod["kind"], pod["memory_rss"]) == ("kernel", 0)


def test_a_pid_of_a_kernel_thread_is_looked_at_again_for_it_may_be_somebody_elses(proc: FakeProc) -> None:
    thread = Written(9, flags=0x208040, ppid=2, size=0, rss=None)
    write(proc, [INIT, thread])
    with Ticks(proc, details_every=3) as ticks:
        ticks.tick()
        SH.but(pid=9).write(proc)
        seen = [("9" in ticks.tick().processes()) for _ in range(3)]
    assert seen[-1]


def test_a_zombie_has_no_memory_which_is_not_known_for_it_and_nothing_for_its_workload(proc: FakeProc) -> None:
    write(proc, [INIT, SH, SH.but(pid=43, state=b"Z", rss=None, size=0)])
    with Ticks(proc).tick() as ticks:
        assert ticks.processes()["43"]["vm_rss"] is None
        assert ticks.processes()["43"]["state"] == "Z"
        assert ticks.pods()["1000"]["memory_rss"] == 4096
        assert "have ended" in ticks.collector.unknown()["process.vm_rss"]


def test_more_processes_than_the_limit_are_left_out_and_said(proc: FakeProc) -> None:
    write(proc, [SH.but(pid=pid) for pid in range(100, 110)])
    with Ticks(proc, max_processes=4) as ticks:
        assert len(ticks.tick().processes()) == 4
        kept = set(ticks.processes())
        assert set(ticks.tick().processes()) == kept
        assert ticks.collector.unknown()["process.pid"] == "6 processes over max_processes = 4 are left out"
        proc.remove(min(kept))
        assert len(ticks.tick().processes()) == 4
        assert ticks.collector.unknown()["process.pid"].startswith("5 processes")


def test_without_io_the_bytes_are_not_known_and_never_0(proc: FakeProc) -> None:
    write(proc, [INIT, SH.but(io=None)])
    with Ticks(proc).tick() as ticks:
        row = ticks.processes()["42"]
        assert (row["read_bytes"], row["write_bytes"], row["cancelled_write_bytes"]) == (None, None, None)
        assert row["utime"] == 100
        assert ticks.pods()["1000"]["read_bytes"] is None


@pytest.mark.parametrize("name", ["status", "io", "cgroup", "cmdline", "limits", "net/dev", "ns/net", "fd"])
def test_a_process_with_any_file_missing_still_has_a_row(proc: FakeProc, name: str) -> None:
    write(proc, [INIT, SH])
    proc.remove(f"42/{name}")
    with Ticks(proc) as ticks:
        assert ticks.tick().processes()["42"]["utime"] == 100
        SH.write(proc)
        proc.remove(f"42/{name}")
        assert ticks.tick().processes()["42"]["utime"] == 100


@pytest.mark.parametrize("content", [b"", b"gone"])
def test_a_process_without_a_sound_stat_has_no_row_at_first(proc: FakeProc, content: bytes) -> None:
    write(proc, [INIT, SH])
    proc.write("42/stat", content)
    with Ticks(proc) as ticks:
        assert "42" not in ticks.tick().processes()
        SH.write(proc)
        assert "42" in ticks.tick().processes()


def test_a_known_process_whose_stat_is_empty_is_gone_and_one_whose_stat_is_garbage_is_not_known_now(
    proc: FakeProc,
) -> None:
    write(proc, [INIT, SH, SH.but(pid=43)])
    with Ticks(proc) as ticks:
        ticks.tick()
        proc.write("42/stat", b"")
        proc.write("43/stat", b"garbage")
        rows = ticks.tick().processes()
        assert "42" not in rows
        assert rows["43"]["utime"] is None
        assert rows["43"]["vm_rss"] == 4096
        SH.but(pid=43, utime=120).write(proc)
        assert ticks.tick().processes()["43"]["utime"] == 120
        assert ticks.pods()["1000"]["cpu_user"] == (100 + 120) * 10_000


def test_command_lines_can_be_switched_off(proc: FakeProc) -> None:
    write(proc, [INIT, SH])
    with Ticks(proc, cmdline=False).tick() as ticks:
        assert ticks.processes()["42"]["cmdline"] is None
        assert "switched off" in ticks.collector.unknown()["process.cmdline"]


def test_secrets_in_command_lines_are_hidden(proc: FakeProc) -> None:
    write(proc, [INIT, SH.but(cmdline=b"app\0--password=abc\0--pin\x004711\0")])
    with Ticks(proc, hide=(r"--pin (?P<secret>\d+)",)).tick() as ticks:
        assert ticks.processes()["42"]["cmdline"] == "app --password=*** --pin ***"


def test_an_empty_proc_has_no_rows_and_no_proc_is_no_data(proc: FakeProc) -> None:
    with Ticks(proc).tick() as ticks:
        assert ticks.processes() == {}
    os.rmdir(proc.root)
    with Ticks(proc) as ticks, pytest.raises(NoData):
        ticks.tick()


def test_folders_that_are_no_processes_do_not_matter(proc: FakeProc) -> None:
    write(proc, [INIT, SH])
    proc.write("sys/kernel/osrelease", "6.1")
    proc.write("77", "a file, not a folder")
    proc.write("78/other", "")
    with Ticks(proc).tick() as ticks:
        assert ticks.processes().keys() == {"1", "42"}
