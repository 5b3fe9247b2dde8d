"""A rig with people on SQLite, and one on each kind of database."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gobs_server.db import Address, Database, sqlite_at
from tests.server.access.rig import Rig, rig_over
from tests.server.db.conftest import address, postgres_server

__all__ = ["address", "postgres_server"]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all its tables, made once."""
    path = tmp_path_factory.mktemp("people") / "migrated.sqlite3"
    asyncio.run(Database(sqlite_at(path)).migrate())
    return path


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Address:
    """A copy of it."""
    return sqlite_at(Path(shutil.copy(migrated, tmp_path / "gobs.sqlite3")))


@pytest.fixture
async def rig(database: Address) -> AsyncIterator[Rig]:
    async with rig_over(database) as rig:
        yield rig


@pytest.fixture
async def either(address: Address) -> AsyncIterator[Rig]:
    """A rig on SQLite, and the same on PostgreSQL."""
    async with rig_over(address) as rig:
        yield rig
