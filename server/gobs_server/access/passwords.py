"""Passwords: hashed by argon2id, one at a time, and as much work for a name nobody has as for one somebody has."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from gobs_core import GobsError

T = TypeVar("T")
_MOST_WAITING = 8


class Busy(GobsError):
    """Too many passwords wait to be checked; try again in a moment."""


class Passwords:
    """One worker for all of them, so that logins cost one CPU at most. Lives as long as the server; `close` it."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self.checked = 0
        """How many hashes were computed to check a password; the same for any answer."""
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=32 << 10, parallelism=1)
        self._pool = ThreadPoolExecutor(1, "password")
        self._waiting = 0
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """Return what is kept of a password; raises Busy."""
        return await self._work(self._hash, password)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether that is the password; None stands for somebody who has none, or does not exist. Raises Busy."""
        return await self._work(self._check, kept, password)

    def outdated(self, kept: str) -> bool:
        """Whether it was hashed with less work than is done today."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        """End the worker."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _work(self, work: Callable[..., T], *args: object) -> T:
        if self._waiting >= _MOST_WAITING:
            raise Busy("too many passwords wait to be checked; try again in a moment")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
        finally:
            self._waiting -= 1

    def _hash(self, password: str) -> str:
        return self._hasher.hash(_bytes(password))

    def _check(self, kept: str | None, password: str) -> bool:
        if not self._nobodys:
            self._nobodys = self._hash(secrets.token_hex(16))
        self.checked += 1
        try:
            self._hasher.verify(kept or self._nobodys, _bytes(password))
        except (Argon2Error, InvalidHashError):
            return False
        return bool(kept)


def _bytes(password: str) -> bytes:
    """Return what is hashed: the same for a letter however a keyboard puts it together."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
