"""The fixture machines in git are what their descriptions say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.machines.make import HERE, MACHINES, main

LIMIT = 1 << 20


def content(folder: Path) -> dict[str, bytes | str]:
    """Return every file and link below a folder."""
    files = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return {str(p.relative_to(folder)): os.readlink(p) if p.is_symlink() else p.read_bytes() for p in files}


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_is_as_make_writes_it(name: str, tmp_path: Path) -> None:
    main(tmp_path)
    assert content(tmp_path / name) == content(HERE / name) == MACHINES[name], "run: python -m tests.machines.make"


def test_all_machines_together_are_small() -> None:
    assert sum(len(text) for tree in MACHINES.values() for text in tree.values()) < LIMIT


def test_no_machine_has_a_name_in_its_folders_that_some_disk_cannot_hold() -> None:
    paths = [path for tree in MACHINES.values() for path in tree]
    assert all(path.isascii() and path.isprintable() and len(path) < 240 for path in paths)
