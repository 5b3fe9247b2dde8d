"""Where the database is: from what the user wrote to what the drivers take."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from tortoise.backends.base.config_generator import expand_db_url
from tortoise.exceptions import ConfigurationError

from gobs_core import UserError

COMMAND_SECONDS = 10.0
"""A statement that takes longer has failed."""
CONNECT_SECONDS = 5.0
_POSTGRES = ("postgres", "postgresql")
_EXAMPLES = "for example postgres://user:password@host:5432/gobs or sqlite:///srv/gobs/gobs.sqlite3"


@dataclass(frozen=True)
class Address:
    """A database. Its credentials are never shown."""

    dialect: Literal["sqlite", "postgres"]
    credentials: dict[str, Any] = field(repr=False)
    shown: str
    """What may be logged."""

    def config(self, **more: object) -> dict[str, Any]:
        """What Tortoise takes; the connection is called as the dialect, since it caches statements by that name."""
        engine = "tortoise.backends.sqlite" if self.dialect == "sqlite" else "tortoise.backends.asyncpg"
        return {
            "connections": {self.dialect: {"engine": engine, "credentials": {**self.credentials, **more}}},
            "apps": {
                "gobs": {
                    "models": ["gobs_server.db.models", "gobs_server.db.people", "gobs_server.db.alert_models"],
                    "migrations": "gobs_server.db.migrations",
                    "default_connection": self.dialect,
                }
            },
            "use_tz": True,
            "timezone": "UTC",
        }


def address_of(url: str) -> Address:
    """Read a database URL; raises UserError."""
    scheme = url.partition("://")[0] if "://" in url else ""
    if scheme == "sqlite":
        return sqlite_at(Path(url.removeprefix("sqlite://").partition("?")[0]))
    if scheme not in _POSTGRES:
        raise UserError(f"server.database: expected a URL of PostgreSQL or SQLite, {_EXAMPLES}")
    try:
        parts = urlsplit(url)
        credentials = dict(expand_db_url(url)["credentials"])
    except (ConfigurationError, ValueError) as error:
        raise UserError(f"server.database: not a valid URL ({error}); write it {_EXAMPLES}") from None
    if "sslmode" in credentials:
        credentials["ssl"] = credentials.pop("sslmode")
    credentials |= {"command_timeout": COMMAND_SECONDS, "timeout": CONNECT_SECONDS}
    return Address("postgres", credentials, f"postgres://{parts.hostname or ''}{parts.path}")


def check_file(path: Path) -> None:
    """Raise UserError where a file cannot be a SQLite database; one that is not there yet will be."""
    try:
        with closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise UserError(f"{path}: not a SQLite database that can be used ({error})") from None


def sqlite_at(path: Path) -> Address:
    """A SQLite file."""
    credentials = {"file_path": str(path), "foreign_keys": "ON", "busy_timeout": 5000, "synchronous": "NORMAL"}
    return Address("sqlite", credentials, str(path))
