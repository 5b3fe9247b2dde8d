"""The Makefile documents itself, starts at once when nothing changed, and CI runs the same two commands."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.house import ROOT
from tests.support.programs import searched

TARGETS = (
    "help",
    "run",
    "agent",
    "agents",
    "stop",
    "test",
    "soak",
    "check",
    "golden",
    "docs",
    "screenshots",
    "bench",
    "proto",
    "build",
    "clean",
)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def make(*arguments: str, environ: Mapping[str, str] | None = None) -> str:
    command = ["make", "--no-print-directory", *arguments]
    return searched(subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)).stdout


def test_the_targets_are_the_ones_that_are_promised() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert sorted(phony.split()) == sorted(TARGETS)


@pytest.mark.parametrize("arguments", [(), ("help",)])
def test_help_is_the_default_and_explains_every_target(arguments: tuple[str, ...]) -> None:
    explained = dict(re.findall(r"^  make (\w+) +(\S.*)$", make(*arguments), re.MULTILINE))
    assert sorted(explained) == sorted(TARGETS)


@pytest.mark.parametrize("target", sorted({*TARGETS} - {"help", "clean", "stop"}))
def test_every_target_that_needs_it_makes_the_environment(target: str) -> None:
    plan = make("--dry-run", "--always-make", target)
    assert "scripts/venv run" in plan


def test_what_a_program_compiles_is_kept_for_its_next_start_in_a_container_too() -> None:
    seen = "seen: ; @echo kept=$$PYTHONDONTWRITEBYTECODE"
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    assert make(f"--eval={seen}", "seen", environ=environ) == "kept=\n"


@pytest.mark.parametrize("target", ["run", "agent", "agents"])
def test_starting_the_program_installs_no_tools(target: str) -> None:
    assert "scripts/venv dev" not in make("--dry-run", "--always-make", target)


def test_ci_is_check_and_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "cd ", "set ", "export "))]
    assert commands == ["make check", "make test"]


@pytest.mark.parametrize(("given", "seen"), [({}, "true"), ({"CI": "yes"}, "yes")])
def test_ci_says_that_it_is_ci_so_that_what_needs_root_fails_loudly_without_it(
    tmp_path: Path, given: dict[str, str], seen: str
) -> None:
    fake = tmp_path / "make"
    fake.write_text("#!/bin/sh\necho $1 $CI\n")
    fake.chmod(0o755)
    without = {name: value for name, value in os.environ.items() if name != "CI"}
    environ = {**without, **given, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = searched(subprocess.run([ROOT / ".ci/run"], env=environ, capture_output=True, text=True, check=True))
    assert done.stdout == f"check {seen}\ntest {seen}\n"
