"""Recordings under way and waiting on this node: so many at once, each in a clear state from order to end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from gobs_core.agent.needs import whole_needs
from gobs_core.agent.report import where
from gobs_core.agent.targets import find
from gobs_core.errors import NoData
from gobs_core.logs import get_logger
from gobs_core.proc import Proc
from gobs_core.profile import Profile
from gobs_core.profiler import (
    ProfileFailed,
    ProfileHearer,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    Profiler,
)
from gobs_core.state import PluginState
from gobs_core.text import one_line
from gobs_core.workloads import Workloads

GRACE = 120.0
"""Seconds a recording may take beyond its duration: finding names, and ending."""
END = 5.0
"""Seconds a recording is given to end after it was cancelled, before it is left to itself."""
WORD = 10.0
"""Seconds between two words of a recording that waits its turn: whoever ordered it gives up what is silent."""
_QUEUED = ProfileProgress(state="queued")


class Refused(ProfileFailed):
    """A recording whose turn had come is not made after all; it says nothing of how its profiler fares."""


class Recorder:
    """One profiler and how it fares. Its state is a value, made anew with every change."""

    def __init__(self, profiler: Profiler, state: PluginState, redact: Callable[[str], str]) -> None:
        self.profiler = profiler
        self.state = msgspec.structs.replace(state, runs_in="loop")
        self.lock = asyncio.Lock()
        self.gate = asyncio.Semaphore(profiler.config.at_once)
        self.waiting = 0
        self.opened = False
        self.redact = redact

    @property
    def name(self) -> str:
        """The profiler's name."""
        return self.profiler.name

    async def open(self) -> str:
        """Open it where that has not succeeded yet; returns why it cannot work here, or nothing."""
        async with self.lock:
            return "" if self.opened else await self._open()

    def refusal(self) -> str:
        """Why no recording is taken now; empty: some are."""
        return ""

    async def ready(self) -> str:
        """Get ready for a recording whose turn it is; returns why it cannot be made, or nothing."""
        return await self.open()

    async def record(
        self, order: ProfileOrder, processes: ProfileProcesses, tell: Callable[[ProfileProgress], None]
    ) -> Profile:
        """Record; raises what the profiler raises, and TimeoutError where it does not end."""
        async with asyncio.timeout(order.duration + GRACE):
            return await self.profiler.record(order, processes, tell)

    def lift(self) -> bool:
        """Let it be tried again at once; returns whether it was in quarantine, as none that runs inside ever is."""
        return False

    def close(self) -> None:
        """Close the profiler; raises what it raises."""
        self.profiler.close()

    async def _open(self) -> str:
        try:
            await asyncio.to_thread(self.profiler.open)
        except NoData as reason:
            return self._note("no data", str(reason) or "it cannot work here")
        except Exception as error:  # noqa: BLE001  whatever a profiler raises is its own failure
            return self._note("failing", f"{type(error).__name__}: {error}", failed=True)
        self.opened = True
        return self._note("ok", "")

    def ran(self, error: str, seconds: float, samples: int | None) -> None:
        """Note how a recording ended."""
        line = one_line(self.redact(error))
        self.state = msgspec.structs.replace(
            self.state,
            state="failing" if error else "ok",
            error=line,
            runs=self.state.runs + 1,
            failures=self.state.failures + bool(error),
            duration=seconds,
            rows=samples,
            succeeded=self.state.succeeded if error else time.time(),
        )

    def _note(self, state: str, error: str, *, failed: bool = False) -> str:
        line = one_line(self.redact(error))
        needs = self.state.needs if failed else whole_needs(self.profiler, here=state == "ok")
        failures = self.state.failures + failed
        self.state = msgspec.structs.replace(self.state, state=state, error=line, failures=failures, needs=needs)
        return line


class Recordings:
    """All recordings of this agent. Lives as long as the agent; `close` ends every one."""

    def __init__(
        self, recorders: Mapping[str, Recorder], proc: Proc, workloads: Workloads, *, word: float = WORD
    ) -> None:
        self._recorders = recorders
        self._word = word
        self._proc = proc
        self._workloads = workloads
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._opening: asyncio.Future[list[str]] | None = None
        self._log = get_logger("gobs.profiles")

    def states(self) -> list[PluginState]:
        """Every profiler that is to run, and how it fares now."""
        return [recorder.state for recorder in self._recorders.values()]

    def open(self) -> None:
        """Begin to find out what the profilers can do here, so that it is known before anybody asks."""
        self._opening = asyncio.gather(*(recorder.open() for recorder in self._recorders.values()))

    def start(self, name: str, order: ProfileOrder, hearer: ProfileHearer) -> None:
        """Begin a recording, or let it wait its turn; what becomes of it is told to `hearer`, a refusal too."""
        recorder = self._recorders.get(name)
        refusal = self._refusal(name, recorder, order)
        if recorder is None or refusal:
            hearer.failed(order, refusal)
            return
        hearer.progress(order, _QUEUED)
        task = asyncio.create_task(self._record(recorder, order, hearer), name=f"recording {order.id}")
        self._tasks[order.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(order.id, None))

    def cancel(self, id: str) -> None:  # noqa: A002  the word of the wire
        """End a recording; nothing happens where there is none of that id."""
        task = self._tasks.get(id)
        if task is not None:
            task.cancel()

    def lift(self, name: str) -> bool:
        """Let a profiler be tried again at once; returns whether it was in quarantine."""
        return name in self._recorders and self._recorders[name].lift()

    async def close(self) -> None:
        """End all recordings, then close the profilers, each in its own try."""
        tasks: list[asyncio.Future[Any]] = list(self._tasks.values())
        if self._opening is not None and not self._opening.done():
            tasks.append(self._opening)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=END)
        for recorder in reversed(tuple(self._recorders.values())):
            try:
                recorder.close()
            except Exception as error:  # noqa: BLE001  one plugin's failing close keeps no other from closing
                self._log.warning("profiler did not close", profiler=recorder.name, error=str(error))

    def _refusal(self, name: str, recorder: Recorder | None, order: ProfileOrder) -> str:
        if recorder is None:
            known = ", ".join(sorted(self._recorders)) or "none"
            return f"no profiler {name[:63]!r} runs on this node; there is {known}"
        if order.id in self._tasks:
            return "a recording of that id is under way"
        if refusal := recorder.refusal():
            return refusal
        config = recorder.profiler.config
        if recorder.waiting >= config.waiting + config.at_once:
            return f"{recorder.waiting} recordings are under way or waiting on this node; try again later"
        if order.target.kind not in recorder.profiler.kinds:
            return f"the profiler {name!r} cannot record a {order.target.kind}"
        if not config.shortest <= order.duration <= config.longest:
            return f"duration: {config.shortest:g} to {config.longest:g} s are allowed here, not {order.duration:g}"
        if not 1 <= order.frequency <= config.highest:
            return f"frequency: 1 to {config.highest} are allowed here, not {order.frequency}"
        return ""

    async def _record(self, recorder: Recorder, order: ProfileOrder, hearer: ProfileHearer) -> None:
        loop = asyncio.get_running_loop()
        started, error, profile = loop.time(), "", None
        recorder.waiting += 1
        try:
            await self._turn(recorder, order, hearer)
            try:
                started = loop.time()
                profile = await self._work(recorder, order, hearer)
            finally:
                recorder.gate.release()
        except asyncio.CancelledError:
            hearer.failed(order, "it was cancelled", cancelled=True)
            return
        except Refused as refusal:
            hearer.failed(order, str(refusal))
            return
        except ProfileFailed as failure:
            error = str(failure)
        except TimeoutError:
            error = f"it did not end within {GRACE:g} s after its time"
        except Exception as failure:  # noqa: BLE001  whatever a profiler raises is its own failure
            error = f"{type(failure).__name__}: {failure}"
        finally:
            recorder.waiting -= 1
        recorder.ran(error, loop.time() - started, None if profile is None else profile.samples)
        if profile is None:
            told = f"{recorder.state.error}{where(recorder.state.trace)}"
            self._log.warning("recording failed", profiler=recorder.name, error=told)
            hearer.failed(order, recorder.state.error)
        else:
            hearer.done(order, profile)

    async def _turn(self, recorder: Recorder, order: ProfileOrder, hearer: ProfileHearer) -> None:
        """Wait until it may begin, and say now and then that it waits."""

        async def say() -> None:
            while True:
                await asyncio.sleep(self._word)
                hearer.progress(order, _QUEUED)

        saying = asyncio.create_task(say())
        try:
            await recorder.gate.acquire()
        finally:
            saying.cancel()

    async def _work(self, recorder: Recorder, order: ProfileOrder, hearer: ProfileHearer) -> Profile:
        reason = await recorder.ready()
        if reason:
            raise ProfileFailed(reason)
        processes = await asyncio.to_thread(find, self._proc, self._workloads, order.target)
        return await recorder.record(order, processes, lambda progress: hearer.progress(order, progress))
