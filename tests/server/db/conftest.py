"""One PostgreSQL for all tests here, and a database of its own for each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from gobs_server.db import Address, address_of, sqlite_at
from tests.support.postgres import Postgres, postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """An empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return sqlite_at(tmp_path / "gobs.sqlite3")
    server: Postgres = request.getfixturevalue("postgres_server")
    name = f"t_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(server.url)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    return address_of(server.url.rsplit("/", 1)[0] + f"/{name}")
