"""What is told of one process when somebody asks, and of none that is gone."""

from __future__ import annotations

import os
import time

import pytest

from gobs_collectors.process import ProcessCollector
from gobs_collectors.process.inspection import MOST, SECTIONS
from gobs_collectors.process.smaps_file import parse_smaps
from gobs_core import Context, Gone, Inspector, Proc
from gobs_core.testing import FakeProc
from tests.collectors.process.children import children
from tests.collectors.process.written import LIMITS, SMAPS, Written

SH = Written(42, extra={"smaps_rollup": SMAPS})


def inspect(proc: Proc, pid: int | str, start: int | str, *sections: str) -> dict[str, object]:
    collector = ProcessCollector(ProcessCollector.Config(), Context())
    assert isinstance(collector, Inspector)
    return dict(collector.inspect(proc, {"pid": str(pid), "start": str(start)}, sections))


def written(proc: FakeProc) -> FakeProc:
    SH.write(proc)
    for number, name in ((42, b"main"), (43, b"worker) S ("), (99, b"\xff")):
        proc.write(f"42/task/{number}/stat", SH.but(pid=number, comm=name, utime=number).stat())
    for number, target in enumerate(
        ("/dev/null", "/var/log/x", "socket:[123]", "socket:[124]", "anon_inode:[eventfd]")
    ):
        proc.symlink(f"42/fd/{number}", target)
    return proc


def test_the_threads_of_a_process_are_told_one_by_one(proc: FakeProc) -> None:
    found = inspect(written(proc), 42, 1000, "threads")["threads"]
    assert found == {
        "count": 3,
        "cut": False,
        "threads": [
            {"tid": tid, "comm": comm, "state": "S", "user_seconds": tid / 100, "system_seconds": 0.5, "processor": 1}
            for tid, comm in ((42, "main"), (43, "worker) S ("), (99, "\\xff"))
        ],
    }


def test_descriptors_are_told_with_their_targets_and_counted_by_kind(proc: FakeProc) -> None:
    found = inspect(written(proc), 42, 1000, "descriptors")["descriptors"]
    assert isinstance(found, dict)
    assert found["count"] == 5
    assert found["kinds"] == {"device": 1, "file": 1, "socket": 2, "anon_inode": 1}
    assert found["descriptors"][2] == {"fd": 2, "target": "socket:[123]", "kind": "socket"}


def test_limits_memory_and_status_are_told(proc: FakeProc) -> None:
    found = inspect(written(proc), 42, 1000, "limits", "smaps", "status")
    assert {"limit": "Max open files", "soft": 1024, "hard": 524288, "unit": "files"} in found["limits"]  # type: ignore[operator]  # a list
    assert found["smaps"] == parse_smaps(SMAPS)
    assert "Seccomp:\t2" in found["status"]  # type: ignore[operator]  # a list
    assert LIMITS


def test_a_section_that_cannot_be_read_or_is_not_known_says_why_and_the_others_are_told(proc: FakeProc) -> None:
    written(proc).remove("42/limits")
    proc.write("42/smaps_rollup", b"")
    found = inspect(proc, 42, 1000, "limits", "smaps", "weather", "status")
    assert "limits" in found["limits"]["unknown"]  # type: ignore[index]  # a dict
    assert "no memory of its own" in found["smaps"]["unknown"]  # type: ignore[index]  # a dict
    assert found["weather"] == {"unknown": f"no such section; there are {', '.join(SECTIONS)}"}
    assert found["status"]


def test_more_threads_than_are_told_are_said_to_be_cut(proc: FakeProc) -> None:
    SH.write(proc)
    (proc.root / "42" / "task").mkdir()
    for number in range(MOST + 1):
        (proc.root / "42" / "task" / str(number)).touch()
    found = inspect(proc, 42, 1000, "threads")["threads"]
    assert isinstance(found, dict)
    assert (found["count"], found["cut"]) == (MOST + 1, True)


@pytest.mark.parametrize(
    ("pid", "start"), [("42", "1001"), ("43", "1000"), ("", ""), ("../1", "1"), ("42", ""), ("٤٢", "1000")]
)
def test_a_process_that_is_not_the_one_meant_is_gone(proc: FakeProc, pid: str, start: str) -> None:
    with pytest.raises(Gone):
        inspect(written(proc), pid, start, "status")


def test_a_real_process_can_be_inspected() -> None:
    with children("thread") as (pid,), Proc() as proc:
        with open(f"/proc/{pid}/stat", "rb") as file:
            start = file.read().rpartition(b")")[2].split()[19].decode()
        while len(os.listdir(f"/proc/{pid}/task")) < 2:
            time.sleep(0.01)
        found = inspect(proc, pid, start, *SECTIONS)
        assert found["threads"]["count"] == 2  # type: ignore[index]  # a dict
        assert found["descriptors"]["count"] >= len(os.listdir(f"/proc/{pid}/fd")) - 1  # type: ignore[index]  # a dict
        assert found["smaps"]["Rss"] > 0  # type: ignore[index]  # a dict
    with Proc() as proc, pytest.raises(Gone):
        inspect(proc, pid, start, "status")
