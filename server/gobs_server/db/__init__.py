"""The database: what outlives the server. SQLite by default, PostgreSQL by URL; nobody else speaks to it."""

from gobs_server.db.address import Address, address_of, check_file, sqlite_at
from gobs_server.db.blame import of_rows
from gobs_server.db.database import Database
from gobs_server.db.nodes import KnownNode, NodeWriter
from gobs_server.db.store import Store, Unavailable

__all__ = [
    "Address",
    "Database",
    "KnownNode",
    "NodeWriter",
    "Store",
    "Unavailable",
    "address_of",
    "check_file",
    "of_rows",
    "sqlite_at",
]
