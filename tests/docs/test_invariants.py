"""Every invariant of the architecture names a test that exists."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.docs.markdown import page
from tests.docs.named import named_tests
from tests.support.house import ROOT

PAGE = page("docs/architecture.md")
ROWS = PAGE.rows("Invariants, and what enforces each")


def test_there_is_an_invariant_in_every_row() -> None:
    assert len(ROWS) >= 15
    assert all(len(row) == 2 and row[0] for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_what_enforces_the_invariant_exists(row: list[str]) -> None:
    named = re.findall(r"`([^`]+)`", row[1])
    assert named
    for name in named:
        path, _, test = name.partition("::")
        if path == "pyproject.toml":
            contracts = tomllib.loads((ROOT / path).read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
            assert test in {contract["name"] for contract in contracts}
        else:
            assert test in named_tests(path), name


def test_every_module_and_folder_that_the_architecture_names_exists() -> None:
    named = set(re.findall(r"`((?:gobs_\w+|proto|server|sinks|collectors|notifiers)/[\w./]*)`", PAGE.text))
    assert [name for name in sorted(named) if not _found(name)] == []


def _found(name: str) -> bool:
    return (ROOT / name).exists() or any(ROOT.glob(f"*/{name}"))
