"""One inventory of others, as the agent sees it: a worker that is asked again and again what it has to tell."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import msgspec

from gobs_core.agent.beside import WATCH
from gobs_core.agent.clock import NANO
from gobs_core.agent.far import OUTCOMES
from gobs_core.agent.inventories import NOT_YET, Listener
from gobs_core.agent.needs import whole_needs
from gobs_core.agent.telling import Telling
from gobs_core.breaker import Breaker
from gobs_core.described import WorkloadInfo
from gobs_core.inventory import Inventory
from gobs_core.plugins.placing import WORKER
from gobs_core.state import PluginState
from gobs_core.text import one_line
from gobs_core.workers.gently import gently
from gobs_core.workers.serve_inventory import News
from gobs_core.workers.worker import Broke, Resting, Said, Worker
from gobs_core.workloads import Workloads

PAUSE = 2.0
"""Seconds until it is tried again after a failure, times how many there were in a row."""
RETRY = 300.0
"""Seconds until one that has nothing to ask here is tried again."""
_NEWS = msgspec.msgpack.Decoder(News)
_FAULTS = (Broke, Said, Resting, msgspec.DecodeError, ValueError)


class Timing(NamedTuple):
    """Seconds."""

    wait: float = 20.0
    """A question waits for news."""
    late: float = 30.0
    """Beyond them, and to be opened, until it is over its deadline."""
    pace: float = 0.5
    """Between two questions: one that tells without end is heard that often."""


_TIMING = Timing()


class Declared:
    """What is known of an inventory that lives elsewhere."""

    def __init__(self, cls: type[Inventory]) -> None:
        self.name = cls.name
        self.needs = cls.needs


class FarListener(Listener):
    """One inventory in a worker and how it fares. What it told stays while its worker is gone, and is said to be old.

    That there is trouble, or nothing to ask here, is an answer. Whatever else becomes of a question is a failure; after
    some in a row it is in quarantine.
    """

    far = True

    def __init__(
        self,
        cls: type[Inventory],
        worker: Worker,
        state: PluginState,
        workloads: Workloads,
        redact: Callable[[str], str],
        *,
        timing: Timing = _TIMING,
        now: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__(cast("Inventory", Declared(cls)), state, workloads, redact)
        self.state = msgspec.structs.replace(state, state="starting", error=NOT_YET, runs_in=WORKER)
        self._worker = worker
        self._timing = timing
        self._now = now
        self._breaker = Breaker()
        self._rests_until = 0
        self._lifted = asyncio.Event()
        self._infos: list[WorkloadInfo] | None = None
        """What was told in this life."""
        self._tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Begin to ask it, and to look at what its worker uses."""
        for work, what in ((self._ask, "inventory"), (self._watch, "worker of inventory")):
            self._tasks.append(asyncio.create_task(work(), name=f"{what} {self.name}"))

    def lift(self) -> bool:
        """Let it be tried again at once; returns whether it was in quarantine."""
        self._worker.lift()
        self._rests_until = 0
        lifted = self._breaker.lift()
        if lifted:
            self._note("starting", self.state.error)
        self._lifted.set()
        return lifted

    async def end(self) -> None:
        """Let it close, and end its worker."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._worker.close()

    async def _ask(self) -> None:
        while True:
            await self._rest()
            try:
                told = await self._hear()
            except _FAULTS as error:
                await self._failed(error)
            else:
                if told:
                    self._breaker.worked()
                await asyncio.sleep(self._timing.pace)

    async def _hear(self) -> bool:
        """Ask it once; returns whether it had anything to tell."""
        telling = Telling()
        wait, late, _ = self._timing
        raw = await gently(self._worker, "next", wait, deadline=wait + late, part=telling.take)
        news = _NEWS.decode(raw)
        if news.count is not None:
            if not news.same:
                self._infos = await asyncio.to_thread(telling.infos)
            if self._infos is None or len(self._infos) != news.count:
                raise ValueError(f"{len(self._infos or ())} workloads were told, and should be {news.count}")
            lacking = one_line(self._redact(news.lacking))
            await asyncio.to_thread(self._workloads.told, self.name, self._infos, lacking)
            self._heard(news.count, lacking)
        if news.trouble is not None:
            self.trouble(news.trouble or "it has trouble, and does not say which")
        return news.count is not None or news.trouble is not None

    async def _failed(self, error: Exception) -> None:
        self._infos = None
        if not isinstance(error, Broke | Resting):
            await self._worker.end()  # it is to begin anew
        if isinstance(error, Said) and error.failure.name in OUTCOMES:
            self._breaker.worked()
            self._rests_until = self._now() + int(RETRY * NANO)
            self._fail("no data", str(error))
            self.state = msgspec.structs.replace(self.state, needs=whole_needs(self.inventory, here=False))
            return
        quarantined = self._breaker.failed(self._now())
        self._rests_until = self._now() + int(PAUSE * self._breaker.in_a_row * NANO)
        line = one_line(self._redact(_said(error)))
        self._workloads.trouble(self.name, f"the inventory {self.name!r} does not work: {line}")
        self._note(
            "quarantined" if quarantined else "failing",
            f"{line} ({self._breaker.in_a_row} times in a row)" if quarantined else line,
            failures=self.state.failures + 1,
            trace=self._redact(self._worker.trace) if isinstance(error, Broke | Said) else "",
        )

    async def _rest(self) -> None:
        """Wait while it is in quarantine, or it is too early to try it again."""
        while (left := max(self._breaker.left(self._now()), (self._rests_until - self._now()) / NANO)) > 0 or (
            self._worker.resting
        ):
            self._lifted.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(max(left, 0.1), 1.0)):
                    await self._lifted.wait()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH)
            self._worker.watch()
            self._use()

    def _note(self, state: str, error: str = "", **changes: Any) -> None:
        super()._note(state, error, **changes)
        self._use()

    def _use(self) -> None:
        used = self._worker.figures()
        self.state = msgspec.structs.replace(
            self.state,
            pid=self._worker.pid,
            memory=None if used is None else used.memory,
            restarts=max(self._worker.starts - 1, 0),
            printed=self._worker.printed(self._redact),
        )


def _said(error: Exception) -> str:
    if isinstance(error, Said):
        return f"{error.failure.name}: {error}"
    if isinstance(error, Broke | Resting):
        return str(error)
    return f"its worker said what is no answer, and was ended: {error}"
