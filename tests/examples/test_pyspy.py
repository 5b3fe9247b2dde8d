"""The example profiler, installed by pip into a fresh environment, passes its own tests with the real py-spy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.fresh import fresh, install

EXAMPLE = "gobs-plugin-pyspy"

pytestmark = [pytest.mark.xdist_group("examples"), pytest.mark.root]


def test_it_is_a_profiler_and_its_own_tests_pass(tmp_path: Path) -> None:
    made = fresh(tmp_path)
    copy = install(made, EXAMPLE)
    line = next(line for line in made.gobs("plugins").stdout.splitlines() if "pyspy" in line)
    assert line.split() == ["profiler", "pyspy", "ok", "worker", "1", EXAMPLE, "0.1.0"]
    done = made.run("-m", "pytest", "-q", "-p", "no:cacheprovider", str(copy / "tests"), cwd=copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
