"""A rig with people on SQLite, and one on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gobs_server.db import Address
from tests.server.access.rig import Rig, rig_over
from tests.server.db.conftest import address, postgres_server
from tests.support.database import fresh

__all__ = ["address", "postgres_server"]


@pytest.fixture
def database(tmp_path: Path) -> Address:
    """A database with all its tables."""
    return fresh(tmp_path)


@pytest.fixture
async def rig(database: Address) -> AsyncIterator[Rig]:
    async with rig_over(database) as rig:
        yield rig


@pytest.fixture
async def either(address: Address) -> AsyncIterator[Rig]:
    """A rig on SQLite, and the same on PostgreSQL."""
    async with rig_over(address) as rig:
        yield rig
