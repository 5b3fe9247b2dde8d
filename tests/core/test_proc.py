"""Proc: how files of /proc are read, and how reading them fails."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gobs_core import Forbidden, Gone, Missing, Proc
from gobs_core.proc import outcome, text
from gobs_core.testing import FakeProc


def test_a_kept_descriptor_sees_what_is_new(proc: FakeProc) -> None:
    for content in ("first\n", "second, longer\n", "3\n", ""):
        proc.write("loadavg", content)
        assert proc.read("loadavg") == content.encode()


def test_a_file_of_any_size_is_read_whole(proc: FakeProc) -> None:
    for size in (0, 1, 4096, 65535, 65536, 65537, 400_000):
        proc.write("big", b"x" * size)
        assert len(proc.read("big")) == len(proc.read_once("big")) == size


def test_the_real_proc_is_read_past_its_first_page() -> None:
    with Proc() as real:
        assert real.read_once("stat").startswith(b"cpu ")
        assert real.read("kallsyms")[-1:] == b"\n"
        assert len(real.read("kallsyms")) > 65536


def test_each_way_reading_fails_has_its_outcome(proc: FakeProc) -> None:
    with pytest.raises(Missing, match="nothing: No such file"):
        proc.read("nothing")
    proc.write("file", "x")
    with pytest.raises(Missing, match="file/below: Not a directory"):
        proc.read_once("file/below")
    with pytest.raises(Missing):
        proc.names("nothing")
    with pytest.raises(Missing):
        proc.stat("nothing")
    with pytest.raises(Missing):
        proc.link("nothing")
    with pytest.raises(Missing, match="/sys/block"):
        proc.sys_names("block")
    with pytest.raises(Missing, match="/sys/x"):
        proc.sys_read("x")
    for number, kind in ((errno.EACCES, Forbidden), (errno.EPERM, Forbidden), (errno.ESRCH, Gone)):
        found = outcome(OSError(number, "x"), "1/io")
        assert type(found) is kind
        assert str(found).startswith("1/io: ")


def test_an_error_that_is_no_outcome_is_passed_on(proc: FakeProc) -> None:
    (proc.root / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        proc.read("folder")


def test_pids_are_folders_with_a_number_for_a_name(proc: FakeProc) -> None:
    for path in ("1/stat", "23/stat", "self/stat", "12x/stat"):
        proc.write(path, "")
    assert sorted(proc.pids()) == ["1", "23"]


def test_a_process_that_ends_is_gone_and_then_missing() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child, Proc() as real:
        path = f"{child.pid}/stat"
        kept = real.open(path)
        assert os.pread(kept, 4096, 0)
        assert real.read(path)
        child.communicate(b"\n")
        with pytest.raises(Gone):
            real.read(path)
        with pytest.raises(Missing):
            real.read(path)
        os.close(kept)


def test_links_and_folders_are_read(proc: FakeProc) -> None:
    proc.symlink("1/exe", "/bin/\udcff")
    proc.write_sys("block/sda/size", "8\n")
    assert proc.link("1/exe") == r"/bin/\xff"
    assert proc.sys_names("block") == ["sda"]
    assert proc.sys_read("block/sda/size") == b"8\n"


def test_text_of_any_bytes_can_be_shown() -> None:
    assert text(b"plain") == "plain"
    assert text("\N{SNOWMAN}".encode() + b"\xff") == "\N{SNOWMAN}\\xff"


def test_closing_gives_back_every_descriptor_and_is_safe_twice(tmp_path: Path) -> None:
    with FakeProc(tmp_path) as proc:
        proc.write("a", "x")
        before = len(os.listdir("/proc/self/fd"))
        proc.read("a")
        assert len(os.listdir("/proc/self/fd")) == before + 1
        proc.close()
        proc.close()
        assert len(os.listdir("/proc/self/fd")) == before
        assert proc.read("a") == b"x", "it can be used again"


def test_a_clone_shares_no_descriptor(proc: FakeProc) -> None:
    proc.write("a", "x")
    proc.read("a")
    other = proc.clone()
    assert other.read("a") == b"x"
    proc.close()
    assert other.read("a") == b"x"
    other.close()
