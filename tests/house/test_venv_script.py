"""The script that makes .venv says plainly when it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.house import MEMBERS, ROOT
from tests.support.programs import searched


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with the script alone, where an installation has nothing to work on."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/venv", tmp_path / "scripts/venv")
    return tmp_path


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def run(checkout: Path, python: Path) -> subprocess.CompletedProcess[str]:
    tools = checkout / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "head", "rm", "env"):
        (tools / name).symlink_to(shutil.which(name) or name)
    environment = {"PATH": str(tools), "PYTHON": str(python), "HOME": os.environ.get("HOME", "/")}
    command = [str(checkout / "scripts/venv"), "run"]
    return searched(subprocess.run(command, env=environment, capture_output=True, text=True, check=False))


def test_an_old_python_is_named_with_its_version(checkout: Path) -> None:
    old = program(checkout / "python3", 'test "$1" = --version && echo Python 3.9.2 || exit 1')
    done = run(checkout, old)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.9.2" in done.stderr


def test_a_python_that_is_not_there_is_named(checkout: Path) -> None:
    done = run(checkout, checkout / "nowhere")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr


def test_a_python_without_venv_says_what_to_install(checkout: Path) -> None:
    bare = program(checkout / "python3", 'test "$1" = -c')
    done = run(checkout, bare)
    assert done.returncode == 1
    assert "python3-venv" in done.stderr


def test_it_installs_every_package() -> None:
    script = (ROOT / "scripts/venv").read_text(encoding="utf-8")
    assert f"members=({' '.join(f'./{m.folder.relative_to(ROOT)}' for m in MEMBERS)})" in script
