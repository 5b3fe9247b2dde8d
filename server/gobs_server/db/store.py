"""The database as the parts of the server use it: opened in one place, given up when it hangs, opened anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from typing import TypeVar

from tortoise.exceptions import DoesNotExist, IntegrityError, ValidationError

from gobs_core import GobsError
from gobs_core.logs import get_logger
from gobs_server.db.database import Database
from gobs_server.db.patience import within

log = get_logger("gobs.db")
T = TypeVar("T")
Work = Callable[[], Awaitable[T]]
_OPEN_SECONDS = 60.0
_PROBE_SECONDS = 2.0
_RIGHT = (DoesNotExist, IntegrityError, ValidationError, GobsError)
"""What tells of rows and not of the database."""


class Unavailable(GobsError):
    """The database does not work now. The text is for everybody."""


class Store:
    """One database, shared by all who keep something in it. `run` once; what `do` is given may use the models.

    A statement that takes longer than `patience` seconds has failed; opening is tried again after `pause`.
    """

    def __init__(self, database: Database, *, patience: float = 15.0, pause: float = 5.0) -> None:
        self.fault = "not opened yet"
        """Why the database does not work now; empty when it does."""
        self.failures = 0
        """How often it could not be opened, or was given up."""
        self.openings = 0
        """How often it was opened: after a further time, what was there may be older than what was written."""
        self._database = database
        self._patience = patience
        self._pause = pause
        self._models: Context | None = None
        self._open = asyncio.Event()
        self._over = asyncio.Event()
        self._finish = asyncio.Event()

    @property
    def trouble(self) -> str:
        """`fault` for everybody: without what drivers say, which names hosts and users."""
        return f"it does not work ({self.fault.partition(':')[0]}); the server's log says more" if self.fault else ""

    async def run(self) -> None:
        """Open, stay open, and open anew whenever it was given up. Until `finish` is called."""
        while not self._finish.is_set():
            try:
                await self._stay_open()
            except Exception as error:  # noqa: BLE001  drivers raise what they like, and nothing may end this task
                self._failed(error)
                await self._wait()

    def finish(self) -> None:
        """Let `run` end, once all others are done."""
        self._finish.set()
        self._over.set()

    async def opened(self) -> None:
        """Wait until it works, however long that takes."""
        await self._open.wait()

    async def do(self, work: Work[T]) -> T:
        """Do something with the models and return what it returns; raises Unavailable, or what the work raises."""
        models = self._models
        if models is None:
            raise Unavailable(self.trouble or "the server is ending")
        try:
            return await within(_called(work), self._patience, models.copy())
        except _RIGHT:
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) or not await self._answers(models):
                self._give_up(models, error)
                raise Unavailable(self.trouble) from error
            raise

    async def _stay_open(self) -> None:
        await within(self._database.migrate(), _OPEN_SECONDS)
        context = await within(self._database.connect(), self._patience)
        try:
            with context:
                self._models = copy_context()
            self.openings += 1
            self._works()
            self._open.set()
            await self._over.wait()
        finally:
            self._models = None
            self._open.clear()
            if not self._finish.is_set():
                self._over.clear()
            await self._database.disconnect(context)

    async def _answers(self, models: Context) -> bool:
        """Whether the database itself still answers, whatever became of one statement."""
        try:
            await within(self._database.probe(), _PROBE_SECONDS, models.copy())
        except Exception:  # noqa: BLE001  whatever it is, it does not answer
            return False
        return True

    def _give_up(self, models: Context, error: Exception) -> None:
        if self._models is models:
            self._models = None
            self._open.clear()
            self._failed(error)
            self._over.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._pause):
                await self._finish.wait()
        except TimeoutError:
            pass

    def _works(self) -> None:
        self.fault = ""
        log.info("the database works", database=self._database.address.shown)

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        text = f"{type(error).__name__}: {error}"
        if not self.fault or self.failures == 1:
            log.warning("the database does not work", database=self._database.address.shown, error=text)
        self.fault = text


async def _called(work: Work[T]) -> T:
    """Call it where the models are usable: a query belongs to the database it was begun with."""
    return await work()
