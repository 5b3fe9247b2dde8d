"""A project is begun only where it can work: its name is legal and free, and nothing is written over."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gobs_core import Collector, Proc, Rows, Table, UserError, gauge
from gobs_core.kit.new import KINDS, new_project
from gobs_core.plugins import Plugins
from tests.support.programs import searched

NOBODY = Plugins()


class Taken(Collector):
    name = "taken"
    tables = (Table("its_table", "A table", [gauge("a", "A")]),)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        yield from ()


TAKEN = Plugins(collectors={"taken": Taken})


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_is_complete_and_has_no_fault_that_ruff_knows(kind: str, tmp_path: Path) -> None:
    folder = new_project(kind, "my_first", tmp_path, NOBODY)
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == [
        ".github/workflows/test.yml",
        ".gitignore",
        "README.md",
        "gobs_my_first.py",
        "pyproject.toml",
        "tests/test_my_first.py",
    ]
    rules = ["--isolated", "--line-length", "120"]
    for check in (
        ["check", "--select", "E,F,I,N,UP,B,D2", "--ignore", "D203,D213"],
        ["format", "--check"],
    ):
        command = [sys.executable, "-m", "ruff", *check, *rules, "."]
        done = searched(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False))
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("colector", "mine", r"expected a kind of plugin, got 'colector'; did you mean 'collector'\?"),
        ("collector", "My-Own", r"expected a name of .*, got 'My-Own'; did you mean 'my_own'\?"),
        ("sink", "1", r"expected a name of lower-case letters, digits and _, at most 40, got '1'$"),
        ("sink", "../escape", r"expected a name of lower-case letters"),
        ("collector", "taken", r"collector 'taken': the name is taken by"),
        ("collector", "its_table", r"the name is taken by"),
        ("collector", "agent", r"the name is taken by gobs-core"),
    ],
)
def test_a_name_that_cannot_work_is_refused_with_what_would(kind: str, name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        new_project(kind, name, tmp_path, TAKEN)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    folder = new_project("sink", "mine", tmp_path, NOBODY)
    (folder / "gobs_mine.py").write_text("mine")
    with pytest.raises(UserError, match=r"is there already; choose another name"):
        new_project("sink", "mine", tmp_path, NOBODY)
    assert (folder / "gobs_mine.py").read_text() == "mine"
