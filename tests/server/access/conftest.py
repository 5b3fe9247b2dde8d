"""A rig with people on SQLite, and one on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gobs_server.db import Address, sqlite_at
from tests.server.access.rig import Rig, rig_over
from tests.server.db.conftest import address, postgres_server

__all__ = ["address", "postgres_server"]


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig_over(sqlite_at(tmp_path / "x.sqlite3")) as rig:
        yield rig


@pytest.fixture
async def either(address: Address) -> AsyncIterator[Rig]:
    """A rig on SQLite, and the same on PostgreSQL."""
    async with rig_over(address) as rig:
        yield rig
