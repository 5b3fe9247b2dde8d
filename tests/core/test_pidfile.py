"""The pid file: which programs run here, even after one of them was killed or its pid was given to another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gobs_core import UserError
from gobs_core.folders import state_dir
from gobs_core.pidfile import NAME, Started, noted, start_of, started


def test_a_program_is_noted_while_it_runs(tmp_path: Path) -> None:
    with noted(tmp_path / "state", "up"):
        assert started(tmp_path / "state") == [Started(os.getpid(), start_of(os.getpid()), "up")]
        with noted(tmp_path / "state", "simulate --nodes 3"):
            assert [one.what for one in started(tmp_path / "state")] == ["up", "simulate --nodes 3"]
        assert [one.what for one in started(tmp_path / "state")] == ["up"]
    assert started(tmp_path / "state") == []


def test_a_pid_that_another_process_has_now_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(f"{os.getpid()} 1 up\n")
    assert started(tmp_path) == []


def test_a_program_that_was_killed_is_forgotten(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        (tmp_path / NAME).write_text(f"{child.pid} {start_of(child.pid)} up\n")
        assert [one.pid for one in started(tmp_path)] == [child.pid]
        child.kill()
        child.wait()
        assert started(tmp_path) == []
    with noted(tmp_path, "server"):
        assert "up" not in (tmp_path / NAME).read_text()


@pytest.mark.parametrize(
    "content", ["", "\n", "garbage\n", "1\n", "0 - up\n", "1 - up\n", "-1 2 up\n", "9" * 30 + " 1 up\n", "\0\0\n"]
)
def test_a_damaged_pid_file_names_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_text(content)
    assert started(tmp_path) == []


def test_no_pid_file_means_nothing_runs(tmp_path: Path) -> None:
    assert started(tmp_path / "nothing") == []


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/gobs\.pid: cannot be written: "), noted(tmp_path / "file", "up"):
        pass


def test_the_state_folder_follows_xdg() -> None:
    assert state_dir({"XDG_STATE_HOME": "/state", "HOME": "/home/x"}) == Path("/state/gobservability")
    assert state_dir({"HOME": "/home/x"}) == Path("/home/x/.local/state/gobservability")
    assert state_dir({"XDG_STATE_HOME": "relative", "HOME": "/home/x"}) == Path("/home/x/.local/state/gobservability")
    with pytest.raises(UserError, match="neither XDG_STATE_HOME nor HOME"):
        state_dir({})
