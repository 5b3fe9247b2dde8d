"""A worker has a folder of its own for what it writes for a while, and leaves none of it behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from gobs_core.testing import FakeClock, FakeProc
from gobs_core.workers import scratch
from gobs_core.workers.kin import mark_of
from tests.core.workers.faulty import CLASSES
from tests.core.workers.rig import make_agent, sent, settled
from tests.core.workers.test_collectors import told


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where programs write for a while, for those that begin here."""
    found = tmp_path / "place"
    found.mkdir()
    monkeypatch.setenv("TMPDIR", str(found))
    return found


async def read(agent: Any) -> None:
    await agent.open()
    await agent.tick()
    await settled(agent)


async def test_what_it_wrote_is_in_a_folder_for_it_alone_and_goes_with_it(proc: FakeProc, place: Path) -> None:
    agent = make_agent(proc, ("litters",), clock=FakeClock())
    await read(agent)
    await agent.outboxes["fake"].close()
    [reading] = told(sent(agent), "litters")
    file = reading.rows[0][0]
    assert os.stat(file).st_size == 100_000
    folder, around = os.path.dirname(file), os.stat(os.path.dirname(file))
    assert (os.path.dirname(folder), around.st_mode & 0o777) == (str(place), 0o700)
    await agent.close()
    assert os.listdir(place) == []


async def test_of_one_that_ends_in_the_middle_nothing_stays(proc: FakeProc, place: Path) -> None:
    ends = CLASSES["litters"].Config(say="leave", deadline=60.0)
    agent = make_agent(proc, ("litters",), clock=FakeClock(), configs={"litters": ends})
    await read(agent)
    [state] = [one for one in agent.states() if one.name == "litters"]
    assert "exit code 5" in state.error
    assert os.listdir(place) == []
    await agent.close()


def test_those_of_programs_that_were_killed_go_and_all_else_stays(tmp_path: Path) -> None:
    environ = {"TMPDIR": str(tmp_path)}
    ours = scratch.make(environ, mark_of(os.getpid(), 1))
    here, elsewhere = scratch.named(), "gobs-worker-7-1-7-1"
    for name in (f"{here}1-7-1", f"{here}none", here, f"{here}²-1-1", "other-1-7-1", elsewhere):
        (tmp_path / name / "below").mkdir(parents=True)
        (tmp_path / name / "below" / "file").write_text("x")
    outside = Path(tempfile.mkdtemp(dir=tmp_path, prefix="other-"))
    (tmp_path / f"{here}1-7-2").symlink_to(outside)
    (tmp_path / f"{here}1-7-1" / "link").symlink_to(outside)
    scratch.sweep(environ)
    assert outside.is_dir()
    names = {entry.name for entry in tmp_path.iterdir()}
    kept = {f"{here}none", here, f"{here}²-1-1", "other-1-7-1", elsewhere, outside.name, Path(ours).name}
    assert names - {f"{here}1-7-2"} == kept
    scratch.remove(ours)
    assert not Path(ours).exists()


@pytest.mark.root
def test_what_belongs_to_somebody_else_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / f"{scratch.named()}1-7-1"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    scratch.sweep({"TMPDIR": str(tmp_path)})
    assert theirs.is_dir()


def test_where_no_folder_can_be_made_there_is_none(tmp_path: Path) -> None:
    assert scratch.make({"TMPDIR": str(tmp_path / "none")}, "1-2-3") == ""
    scratch.remove("")
