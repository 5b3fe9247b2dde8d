"""Gives plugin authors the fixtures of the test kit, and imports it only in tests that ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from gobs_core.testing import FakeProc


@pytest.fixture
def proc(tmp_path: Path) -> Iterator[FakeProc]:
    """An empty machine in the folder `machine` of `tmp_path`: write its files, and read them through a collector.

    `proc.write("net/dev", text)` writes `tmp_path/machine/proc/net/dev`, `proc.write_sys("block/sda/size", "8")` the
    same below `machine/sys`; `symlink`, `remove` and `machine(folder)`, which copies a whole one, are there as well.
    Files that are neither of /proc nor of /sys belong beside it, into `tmp_path` itself.
    """
    from gobs_core.testing import FakeProc

    with FakeProc(tmp_path / "machine") as fake:
        yield fake
