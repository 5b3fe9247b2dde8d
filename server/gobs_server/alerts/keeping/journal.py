"""The journal: a local SQLite file in which what happened and whom to tell are one commit. It is the authority.

A thread of its own writes it. What it holds are records by kind and id; every change of a kind that the database
follows leaves a line in its feed, until the database has it.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from gobs_core import GobsError, UserError
from gobs_core.logs import get_logger

log = get_logger("gobs.alerts")
T = TypeVar("T")
FOLLOWED = frozenset({"rule", "silence", "channel", "alert", "change", "delivery"})
"""Kinds the database follows."""
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (kind TEXT NOT NULL, id TEXT NOT NULL, at REAL, body BLOB NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_at ON record (kind, at) WHERE at IS NOT NULL;
CREATE TABLE IF NOT EXISTS feed (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class Put(NamedTuple):
    """Keep a record, or keep it anew."""

    kind: str
    id: str
    body: bytes
    at: float | None = None
    """From when on it may be let go; None: never."""


class Drop(NamedTuple):
    """Let go of a record."""

    kind: str
    id: str


class Fed(NamedTuple):
    """A line of the feed, with what the record holds now; None: it is gone."""

    seq: int
    kind: str
    id: str
    body: bytes | None


Op = Put | Drop


class JournalError(GobsError):
    """The journal could not be read or written; nothing of what was to be written is."""


class Journal:
    """One file. `open`, then read and write from the event loop, then `close`; all of it raises JournalError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = ""
        """Made anew with a new file."""
        self.fresh = False
        """Whether the file was new when it was opened."""
        self.fault = ""
        """Why the last write failed; empty: it did not."""
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._db: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file, or make it; raises UserError where that cannot be."""
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()
        try:
            await self._do(self._open)
        except JournalError as error:
            await self.close()
            raise UserError(f"{self.path}: not a journal that can be used ({error})") from None

    async def close(self) -> None:
        """Write what is left and close; safe unopened and twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(self._close)
            self._jobs.put(None)
            await asyncio.to_thread(thread.join, 5.0)

    async def write(self, ops: Sequence[Op], *, durable: bool = True) -> None:
        """Commit all of it or nothing; `durable` waits until it would outlive a loss of power."""
        try:
            await self._do(lambda: self._write(ops, durable))
        except JournalError as error:
            if not self.fault:
                log.exception("the journal cannot be written", path=str(self.path))
            self.fault = str(error)
            raise
        if self.fault:
            self.fault = ""
            log.info("the journal can be written again", path=str(self.path))

    async def load(self, kind: str) -> list[bytes]:
        """All records of a kind, by id."""
        rows = await self._do(
            lambda: self._sql().execute("SELECT body FROM record WHERE kind = ? ORDER BY id", (kind,)).fetchall()
        )
        return [row[0] for row in rows]

    async def latest(self, kind: str, limit: int, **having: str) -> list[bytes]:
        """The newest records of a kind that may be let go, newest first: those whose fields are so."""
        fields = " AND json_extract(CAST(body AS TEXT), '$.' || ?) = ?" * len(having)
        text = f"SELECT body FROM record WHERE kind = ? AND at IS NOT NULL{fields} ORDER BY at DESC LIMIT ?"  # noqa: S608  no value is in it
        values = (kind, *(part for pair in having.items() for part in pair), limit)
        return [row[0] for row in await self._do(lambda: self._sql().execute(text, values).fetchall())]

    async def get(self, kind: str, id: str) -> bytes | None:  # noqa: A002  a record's own word
        """One record."""
        text = "SELECT body FROM record WHERE kind = ? AND id = ?"
        row = await self._do(lambda: self._sql().execute(text, (kind, id)).fetchone())
        return row[0] if row else None

    async def feed(self, limit: int) -> list[Fed]:
        """The oldest lines of the feed. Of a record that changed again only the last line counts."""
        text = (
            "SELECT max(f.seq), f.kind, f.id, r.body FROM (SELECT * FROM feed ORDER BY seq LIMIT ?) f "
            "LEFT JOIN record r ON r.kind = f.kind AND r.id = f.id GROUP BY f.kind, f.id ORDER BY 1"
        )
        return [Fed(*row) for row in await self._do(lambda: self._sql().execute(text, (limit,)).fetchall())]

    async def fed(self, seq: int) -> None:
        """The database has all lines up to this one."""
        await self._do(lambda: self._run("DELETE FROM feed WHERE seq <= ?", (seq,)))

    async def feed_all(self) -> None:
        """Another database has to get everything."""
        marks = ",".join("?" * len(FOLLOWED))
        text = f"INSERT INTO feed (kind, id) SELECT kind, id FROM record WHERE kind IN ({marks})"  # noqa: S608  marks only
        await self._do(lambda: self._run(text, tuple(FOLLOWED)))

    async def waiting(self) -> int:
        """How many lines the feed has."""
        return int(await self._do(lambda: self._sql().execute("SELECT count(*) FROM feed").fetchone()[0]))

    async def prune(self, before: float, most: int) -> int:
        """Let go of what is over since before that time and is in the database; of each kind `most` stay at least.

        Returns how many records went.
        """
        return await self._do(lambda: self._prune(before, most))

    async def meta(self, name: str) -> str:
        """A value of its own; empty where there is none."""
        row = await self._do(lambda: self._sql().execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone())
        return row[0] if row else ""

    async def set_meta(self, name: str, value: str) -> None:
        """Set a value of its own; it may be lost with a loss of power."""
        await self._do(lambda: self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value)))

    # -- in the thread

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    async def _do(self, call: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def job() -> None:
            try:
                result = call()
            except (sqlite3.Error, OSError) as error:
                _tell(loop, done, None, JournalError(f"{type(error).__name__}: {error}"))
            except BaseException as error:  # noqa: BLE001  it is the caller's
                _tell(loop, done, None, error)
            else:
                _tell(loop, done, result, None)

        if self._thread is None:
            raise JournalError("the journal is closed")
        self._jobs.put(job)
        return await asyncio.shield(done)

    def _sql(self) -> sqlite3.Connection:
        if self._db is None:
            raise sqlite3.OperationalError("the journal is not open")
        return self._db

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.touch(mode=0o600, exist_ok=True)
        self._db = db = sqlite3.connect(self.path, isolation_level=None, timeout=5.0)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA journal_size_limit=4194304")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise sqlite3.DatabaseError(f"it was written by a newer server (version {version})")
        db.executescript(_SCHEMA)
        db.execute(f"PRAGMA user_version={_VERSION}")
        row = db.execute("SELECT value FROM meta WHERE name = 'id'").fetchone()
        self.fresh = row is None
        self.id = row[0] if row else str(uuid.uuid4())
        db.execute("INSERT OR IGNORE INTO meta VALUES ('id', ?)", (self.id,))

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _run(self, text: str, values: Sequence[Any]) -> None:
        self._sql().execute(text, values)

    def _write(self, ops: Sequence[Op], durable: bool) -> None:
        db = self._sql()
        db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        db.execute("BEGIN IMMEDIATE")
        try:
            for kind, many in _runs(ops):
                db.executemany(kind, many)
            feed = dict.fromkeys((op.kind, op.id) for op in ops if op.kind in FOLLOWED)
            db.executemany("INSERT INTO feed (kind, id) VALUES (?, ?)", feed)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _prune(self, before: float, most: int) -> int:
        kinds = ("alert", "change", "delivery")
        count = 0
        for kind in kinds:
            text = (
                "DELETE FROM record WHERE kind = ? AND at < min(?, coalesce((SELECT at FROM record WHERE kind = ? "
                "AND at IS NOT NULL ORDER BY at DESC LIMIT 1 OFFSET ?), 0)) "
                "AND NOT EXISTS (SELECT 1 FROM feed f WHERE f.kind = record.kind AND f.id = record.id)"
            )
            count += self._sql().execute(text, (kind, before, kind, most)).rowcount
        return count


def _runs(ops: Iterable[Op]) -> Iterable[tuple[str, list[tuple[Any, ...]]]]:
    """Statements with their values, in order, alike ones beside each other together."""
    put = "INSERT OR REPLACE INTO record (kind, id, body, at) VALUES (?, ?, ?, ?)"
    drop = "DELETE FROM record WHERE kind = ? AND id = ?"
    text = ""
    values: list[tuple[Any, ...]] = []
    for op in ops:
        own = put if isinstance(op, Put) else drop
        if own != text and values:
            yield text, values
            values = []
        text = own
        values.append(tuple(op))
    if values:
        yield text, values


def _tell(
    loop: asyncio.AbstractEventLoop, done: asyncio.Future[Any], result: object, error: BaseException | None
) -> None:
    def tell() -> None:
        if not done.done():
            done.set_result(result) if error is None else done.set_exception(error)

    if not loop.is_closed():
        loop.call_soon_threadsafe(tell)
