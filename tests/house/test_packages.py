"""Every package builds from its source distribution, and each wheel holds what it should and no more."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.examples.fresh import fresh
from tests.support.house import MEMBERS, ROOT_MEMBER, Member
from tests.support.programs import searched

WANTED = {
    "gobs_core": ["gobs_core/__init__.py"],
    "gobs_proto": [
        f"gobs_proto/{name}"
        for name in ("gobs.proto", "gobs_pb2.py", "gobs_pb2.pyi", "gobs_pb2_grpc.py", "gobs_pb2_grpc.pyi")
    ],
    "gobs_server": [f"gobs_server/static/dist/{name}" for name in ("app.js", "first.js", "app.css", "licenses.txt")],
}
STRANGE = ("hatch_build.py", ".stamp", "node_modules", "package.json", "tests/", "__pycache__")


def build(folder: Path, out: Path) -> tuple[Path, Path]:
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(folder)]
    done = searched(subprocess.run(command, capture_output=True, text=True, check=False))
    assert done.returncode == 0, done.stdout + done.stderr
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


@pytest.mark.parametrize("member", [*MEMBERS, ROOT_MEMBER], ids=lambda member: member.distribution)
def test_a_wheel_comes_out_of_the_source_distribution(member: Member, tmp_path: Path) -> None:
    sdist, wheel = build(member.folder, tmp_path)
    with tarfile.open(sdist) as opened:
        sources = opened.getnames()
    assert not [name for name in sources if "_pb2" in name or "/static/dist/" in name or "node_modules" in name]
    with zipfile.ZipFile(wheel) as zipped:
        names = zipped.namelist()
    wanted = [] if member is ROOT_MEMBER else [f"{member.package}/py.typed", *WANTED.get(member.package, [])]
    assert [name for name in wanted if name not in names] == []
    assert [name for name in names if any(strange in name for strange in STRANGE)] == []
    assert [name for name in names if name.endswith("/licenses/LICENSE")]


def test_pip_installs_every_package_from_its_folder_and_together_they_run(tmp_path: Path) -> None:
    made = fresh(tmp_path)
    pip = ("-m", "pip", "install", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation")
    done = made.run(*pip, *(str(member.folder) for member in (*MEMBERS, ROOT_MEMBER)))
    assert done.returncode == 0, done.stdout + done.stderr
    packages = [member.package for member in MEMBERS]
    code = f"import importlib\nfor name in {packages}: print(importlib.import_module(name).__file__)"
    found = made.run("-P", "-c", code).stdout.splitlines()
    assert [Path(file).is_relative_to(tmp_path) for file in found] == [True] * len(packages), found
    told = made.run("-P", str(tmp_path / "venv" / "bin" / "gobs"), "plugins", "--json")
    assert told.returncode == 0, told.stderr
    states = {state["name"]: state["state"] for state in json.loads(told.stdout)}
    assert [states.get(name) for name in ("cpu", "process", "grpc")] == ["ok"] * 3, states
    assert states["webhook"] == "disabled", "there, and waits for its address"
