"""The golden output: all collectors over every fixture machine. `make golden` writes it anew."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.collectors.golden import golden_text, registered
from tests.machines.make import MACHINES

GOLDEN = Path(__file__).parent.parent / "golden"


def test_all_that_is_announced_loads() -> None:
    plugins = registered()
    assert [state.error for state in plugins.failed] == []
    assert {state.name for state in plugins.states()} == plugins.entry_points


@pytest.mark.parametrize("name", MACHINES)
def test_the_collectors_tell_of_a_fixture_machine_what_they_told_before(
    name: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    file = GOLDEN / f"{name}.txt"
    text = golden_text(name, tmp_path)
    if pytestconfig.getoption("--update-golden"):
        file.write_text(text)
    kept = file.read_text() if file.exists() else ""
    difference = "\n".join(difflib.unified_diff(kept.split("\n"), text.split("\n"), file.name, "now", lineterm="", n=1))
    assert not difference, f"{difference}\n\nIf that is what you meant: make golden, and read the difference in git."


def test_no_golden_file_is_left_behind_by_a_machine_that_is_no_more() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(MACHINES)
