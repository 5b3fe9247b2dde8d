"""collectors/README.md lists what is there, and every declaration can be read by a stranger."""

from __future__ import annotations

import difflib

import pytest

from gobs_core import Column, Kind, Table
from tests.collectors.catalogue import README, brought_up_to_date
from tests.collectors.golden import registered

TABLES = [table for cls in registered().collectors.values() for table in cls.tables]
COLUMNS = [pytest.param(column, id=f"{table.name}.{column.name}") for table in TABLES for column in table.columns]
COUNTED_BY_US = {"containers", "processes"}
TOLD = "inventory"
"""The source of what no kernel file says."""


def test_the_readme_lists_every_collector_table_and_column(pytestconfig: pytest.Config) -> None:
    now = brought_up_to_date(README.read_text())
    if pytestconfig.getoption("--update-golden"):
        README.write_text(now)
    difference = "\n".join(difflib.unified_diff(README.read_text().split("\n"), now.split("\n"), lineterm="", n=1))
    assert not difference, f"{difference}\n\nIf that is what you meant: make golden, and read the difference in git."


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_says_what_it_is_and_where_it_comes_from(column: Column) -> None:
    assert column.help
    if column.kind in (Kind.COUNTER, Kind.GAUGE) and column.name not in COUNTED_BY_US:
        assert column.source == TOLD or column.source.startswith(("/proc/", "/sys/"))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_the_kernel_counts_travels_as_integers(table: Table) -> None:
    assert all(column.integral for column in table.columns if column.kind in (Kind.COUNTER, Kind.GAUGE))
