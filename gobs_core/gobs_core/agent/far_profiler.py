"""One profiler of others, as the agent sees it: a worker for each recording, which begins and ends with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import msgspec

from gobs_core.agent.arriving import Arriving
from gobs_core.agent.far import OUTCOMES
from gobs_core.agent.recordings import GRACE, Recorder, Refused
from gobs_core.breaker import Breaker
from gobs_core.logs import get_logger
from gobs_core.plugins.placing import WORKER
from gobs_core.profile import Profile
from gobs_core.profiler import (
    ProfileFailed,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    Profiler,
    ProfilerConfig,
)
from gobs_core.state import PluginState
from gobs_core.values import show_duration
from gobs_core.workers.gently import gently
from gobs_core.workers.serve_profiler import Recorded
from gobs_core.workers.worker import Broke, Resting, Said, Worker

OPEN = 20.0
"""Seconds it may take to find out what it can do here."""
WATCH = 0.5
"""Seconds between two looks at what a worker uses."""
_ANSWERS = frozenset({*OUTCOMES, ProfileFailed.__name__})
_FAULTS = (Broke, Said, Resting, msgspec.DecodeError, ValueError)
"""Of a worker, or of what it says."""


class Declared:
    """What is known of a profiler that lives elsewhere."""

    def __init__(self, cls: type[Profiler], config: ProfilerConfig) -> None:
        self.name = cls.name
        self.kinds = cls.kinds
        self.needs = cls.needs
        self.config = config


class FarRecorder(Recorder):
    """One profiler in workers and how it fares. `make` returns a worker that is not started yet.

    That a recording came to nothing, or that nothing can be recorded here, is an answer. Whatever else becomes of it is
    a failure; after some in a row it is in quarantine, and no recording is taken.
    """

    def __init__(
        self,
        cls: type[Profiler],
        config: ProfilerConfig,
        make: Callable[[], Worker],
        state: PluginState,
        redact: Callable[[str], str],
        *,
        grace: float = GRACE,
        now: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__(cast("Profiler", Declared(cls, config)), state, redact)
        self.state = msgspec.structs.replace(self.state, state="starting", runs_in=WORKER)
        self._make = make
        self._grace = grace
        self._now = now
        self._breaker = Breaker()
        self._alive: list[Worker] = []
        self._lost = 0
        self._quarantined = False
        """Whether the last failure has led there."""
        self._trace = ""
        self._cpu: float | None = None
        self._log = get_logger("gobs.profiles")

    def refusal(self) -> str:
        """Why no recording is taken: that it is in quarantine, what for, and for how long."""
        left = self._breaker.left(self._now())
        if left <= 0:
            return ""
        still = show_duration(max(round(left), 1))
        return f"the profiler is in quarantine for another {still}, or until it is let out of it: {self.state.error}"

    async def ready(self) -> str:
        """Raise Refused where it has come into quarantine since the recording was taken."""
        self._trace, self._cpu, self._quarantined = "", None, False  # of the recording before
        if refusal := self.refusal():
            raise Refused(refusal)
        return ""

    async def record(
        self, order: ProfileOrder, processes: ProfileProcesses, tell: Callable[[ProfileProgress], None]
    ) -> Profile:
        """Record in a worker; raises ProfileFailed for whatever keeps it from that."""
        asked, arriving = Recorded(order, processes.pids, processes.whole), Arriving(order.duration, tell)
        deadline = order.duration + self._grace
        async with self._worker() as worker:
            try:
                body = await gently(worker, "record", asked, deadline=deadline, part=arriving.take)
                used = worker.figures()
                profile = await asyncio.to_thread(arriving.profile, self.name, body, self.redact)
            except _FAULTS as error:
                raise ProfileFailed(await self._failed(worker, error)) from None
        self._breaker.worked()
        self._cpu = None if used is None else used.cpu
        return profile

    def ran(self, error: str, seconds: float, samples: int | None) -> None:
        """As of any other; one that keeps failing is in quarantine."""
        before = self.state.state
        super().ran(error, seconds, samples)
        succeeded = self.state.succeeded if error else time.time()
        self.state = msgspec.structs.replace(self.state, trace=self._trace, cpu=self._cpu, succeeded=succeeded)
        if error and self._quarantined:
            told = f"{self.state.error} ({self._breaker.in_a_row} times in a row)"
            self.state = msgspec.structs.replace(self.state, state="quarantined", error=told)
            if before != "quarantined":
                self._log.warning("profiler is quarantined", profiler=self.name, error=told)

    def lift(self) -> bool:
        """Let it be tried with the next recording that is asked for; returns whether it was in quarantine."""
        lifted = self._breaker.lift()
        if lifted:
            self.state = msgspec.structs.replace(self.state, state="starting")
        return lifted

    def close(self) -> None:
        """Nothing is left to close: each worker ends with its recording."""

    async def _open(self) -> str:
        async with self._worker() as worker:
            try:
                await worker.call("open", deadline=OPEN)
            except _FAULTS as error:
                line = await self._failed(worker, error)
                failed = not _is_answer(error)
                self.state = msgspec.structs.replace(self.state, trace=self._trace)
                return self._note("failing" if failed else "no data", line, failed=failed)
        self.opened = True
        return self._note("ok", "")

    async def _failed(self, worker: Worker, error: Exception) -> str:
        """Note why a call came to nothing; returns it in words."""
        if _is_answer(error):
            self._breaker.worked()
            return str(error)
        self._quarantined = self._breaker.failed(self._now())
        if isinstance(error, Said):
            self._trace = self.redact(worker.trace)
            return f"{error.failure.name}: {error}"
        self._lost += 1
        if isinstance(error, Broke | Resting):
            self._trace = self.redact(worker.trace)
            return str(error)
        await worker.end()
        return f"its worker said what is no profile, and was ended: {error}"

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[Worker]:
        """A worker for as long as the `with` lasts."""
        worker = self._make()
        self._alive.append(worker)
        watching = asyncio.create_task(self._watch(worker), name=f"worker of {self.name}")
        try:
            yield worker
        finally:
            watching.cancel()
            try:
                await worker.close()
            finally:
                self._use()
                self._alive.remove(worker)
                self._use()

    async def _watch(self, worker: Worker) -> None:
        while True:
            await asyncio.sleep(WATCH)
            worker.watch()
            self._use()

    def _use(self) -> None:
        """Note which processes there are, and what they use."""
        found = [used for worker in self._alive if (used := worker.figures()) is not None]
        self.state = msgspec.structs.replace(
            self.state,
            pid=self._alive[-1].pid if self._alive else None,
            memory=sum(used.memory for used in found) if found else None,
            restarts=self._lost,
            printed=next((said for one in self._alive if (said := one.printed(self.redact))), self.state.printed),
        )


def _is_answer(error: Exception) -> bool:
    return isinstance(error, Said) and error.failure.name in _ANSWERS
