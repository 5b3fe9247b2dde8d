"""Every package builds from its source distribution, and each wheel holds what it should and no more."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.house import MEMBERS, ROOT, ROOT_MEMBER, Member
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


READMES = sorted(
    project.with_name("README.md")
    for project in (*ROOT.glob("*/pyproject.toml"), *ROOT.glob("examples/*/pyproject.toml"))
)


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_the_readme_in_a_wheel_links_to_nothing_that_is_only_in_the_repository(readme: Path) -> None:
    links = re.findall(r"\]\(([^)]*)\)", readme.read_text(encoding="utf-8"))
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


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
