"""Migrations: the rules they keep to, and the tables they end in."""

from __future__ import annotations

import importlib
import pkgutil
import sqlite3

import pytest
from tortoise import fields
from tortoise.migrations import operations as ops

import gobs_server.db.migrations
from gobs_core import UserError
from gobs_server.db import Address, Database, address_of
from gobs_server.db.models import Node

ADDING = (ops.CreateModel, ops.AddField, ops.AddIndex, ops.RunSQL)
NAMES = sorted(module.name for module in pkgutil.iter_modules(gobs_server.db.migrations.__path__))


@pytest.mark.parametrize("name", NAMES)
def test_a_migration_only_adds(name: str) -> None:
    """On SQLite anything else rebuilds the table, which loses its children's rows and its indexes."""
    migration = importlib.import_module(f"gobs_server.db.migrations.{name}").Migration
    for operation in migration.operations:
        assert isinstance(operation, ADDING), operation
        if isinstance(operation, ops.AddField):
            assert getattr(operation.field, "null", False) or hasattr(operation.field, "db_default"), operation
        if isinstance(operation, ops.CreateModel):
            assert "constraints" not in (operation.options or {}), "CreateModel ignores them silently: use RunSQL"


def test_models_have_no_constraints_that_nobody_would_make() -> None:
    assert not getattr(Node.Meta, "constraints", ())
    assert isinstance(Node._meta.fields_map["name"], fields.CharField)


async def columns(address: Address) -> set[tuple[str, bool]]:
    """The columns of table `node`, and whether they may be empty."""
    database = Database(address)
    context = await database.connect()
    try:
        db = context.db(address.dialect)
        if address.dialect == "sqlite":
            rows = await db.execute_query_dict("PRAGMA table_info(node)")
            return {(row["name"], not row["notnull"]) for row in rows}
        rows = await db.execute_query_dict(
            "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = 'node'"
        )
        return {(row["column_name"], row["is_nullable"] == "YES") for row in rows}
    finally:
        await database.disconnect(context)


async def test_migrating_twice_is_migrating_once(address: Address) -> None:
    for _ in range(2):
        await Database(address).migrate()
    wanted = {"id", "name", "first_seen", "last_seen", "agent_version", "boot_id"}
    assert await columns(address) == {(name, False) for name in wanted}


async def test_rows_that_point_nowhere_stop_the_start(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("db") / "gobs.sqlite3"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        file.execute("CREATE TABLE child (parent INTEGER REFERENCES parent(id))")
        file.execute("INSERT INTO child VALUES (1)")
    file.close()
    with pytest.raises(Exception, match="point nowhere"):
        await Database(address_of(f"sqlite://{path}")).migrate()


@pytest.mark.parametrize("url", ["mysql://x/y", "gobs", "postgres://h:port/x", "redis://localhost"])
def test_a_url_of_something_else_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(UserError, match=r"server\.database.*postgres://"):
        address_of(url)


def test_a_password_is_never_shown() -> None:
    address = address_of("postgres://gobs:secret@db.example.org:5432/gobs?sslmode=disable")
    assert address.shown == "postgres://db.example.org/gobs"
    assert address.credentials["ssl"] == "disable"
    assert "secret" not in repr(address)
