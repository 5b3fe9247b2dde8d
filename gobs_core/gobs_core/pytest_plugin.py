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
    """An empty machine in a folder of its own: write its files, and read them through a collector."""
    from gobs_core.testing import FakeProc

    with FakeProc(tmp_path / "machine") as fake:
        yield fake
