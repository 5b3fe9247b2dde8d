"""One sink's own bounded queue, and the task that empties it: a slow or raising sink delays nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections import deque
from collections.abc import Callable
from operator import index

import msgspec

from gobs_core.agent.needs import whole_needs
from gobs_core.agent.report import where
from gobs_core.errors import NoData
from gobs_core.frame import Frame
from gobs_core.logs import get_logger
from gobs_core.plugins.placing import LOOP
from gobs_core.sink import Sink
from gobs_core.state import MAX_TRACE, PluginState
from gobs_core.text import one_line

FLUSH = 2.0
"""Seconds a sink gets to send what waits when the agent stops, and the same again to close."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two attempts to open a sink."""


class Outbox:
    """The queue of one sink. Lives as long as its agent; `start`, then `put` any number of times, then `close`."""

    def __init__(self, sink: Sink, state: PluginState, redact: Callable[[str], str]) -> None:
        self.sink = sink
        self.sent = 0
        self._state = msgspec.structs.replace(state, runs_in=LOOP)
        self._began = 0.0
        self._rows = 0
        self._gave_up = 0
        self._mute = False
        self._redact = redact
        self._queue: deque[Frame] = deque()
        self._limit = sink.config.queue
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._sending = False
        self._task: asyncio.Task[None] | None = None
        self._log = get_logger("gobs.sink")

    @property
    def name(self) -> str:
        """The sink's name."""
        return self.sink.name

    @property
    def queued(self) -> int:
        """Frames that wait, the one in hand included."""
        return len(self._queue) + self._sending

    @property
    def state(self) -> PluginState:
        """How the sink fares; its drops are those of the queue and of the sink itself."""
        self._gave_up = self._told(self.sink.dropped, self._gave_up) or 0
        return msgspec.structs.replace(self._state, drops=self._state.drops + self._gave_up)

    @property
    def acknowledged(self) -> int | None:
        """The highest sequence the sink's peer has acknowledged."""
        return self._told(self.sink.acknowledged, None)

    def start(self) -> None:
        """Open the sink and begin to send, in the background."""
        self._task = asyncio.create_task(self._run(), name=f"sink {self.name}")

    def put(self, frame: Frame) -> None:
        """Queue one frame; the oldest is dropped and counted when there are too many."""
        if len(self._queue) >= self._limit:
            self._queue.popleft()
            self._state = msgspec.structs.replace(self._state, drops=self._state.drops + 1)
        self._queue.append(frame)
        self._drained.clear()
        self._filled.set()

    def lift(self) -> bool:
        """Let it be tried again at once; returns whether it was in quarantine, as none that runs inside ever is."""
        return False

    async def close(self) -> None:
        """Send what waits and close the sink, each within FLUSH seconds; a raising close is logged, not passed on."""
        if self._task is not None:
            if not self._queue and not self._sending:
                self._drained.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH):
                    await self._drained.wait()
            self._task.cancel()
            await asyncio.wait([self._task], timeout=FLUSH)
            self._task = None
        try:
            async with asyncio.timeout(FLUSH):
                await self.sink.close()
        except Exception as error:  # noqa: BLE001  one plugin's failing close keeps no other from closing
            self._log.warning("sink did not close", sink=self.name, error=self._line(error))

    async def _run(self) -> None:
        await self._open()
        while True:
            while not self._queue:
                self._drained.set()
                self._filled.clear()
                await self._filled.wait()
            await self._ready()
            frame = self._queue.popleft()
            self._sending = True
            self._began = time.perf_counter()
            self._rows = sum(len(reading.rows) for reading in frame.readings)
            try:
                await self.sink.send(frame)
            except Exception as error:  # noqa: BLE001  whatever a sink raises costs its own frame alone
                self._failed(error)
            else:
                self.sent += 1
                self._worked()
            finally:
                self._sending = False

    async def _ready(self) -> None:
        """Wait until it may be given a frame; meanwhile they are queued."""

    def _failed(self, error: Exception) -> None:
        self._note("failing", self._line(error), failures=1, trace=self._trace(error))

    def _worked(self) -> None:
        self._note("ok")
        taken = time.perf_counter() - self._began
        self._state = msgspec.structs.replace(self._state, duration=taken, succeeded=time.time(), rows=self._rows)

    async def _open(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self.sink.open()
            except Exception as error:  # noqa: BLE001  as above
                self._note("failing", self._line(error), failures=1, trace=self._trace(error))
                if isinstance(error, NoData):
                    self._needs_are(here=False)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self._needs_are(here=True)
                return

    def _needs_are(self, *, here: bool) -> None:
        """Note whether what the sink needs to work at all is here."""
        self._state = msgspec.structs.replace(self._state, needs=whole_needs(self.sink, here=here))

    def _note(self, state: str, error: str = "", failures: int = 0, trace: str = "") -> None:
        last = self._state
        if last.state != state:
            log = self._log.warning if failures else self._log.info
            log("sink is " + state, sink=self.name, **({"error": f"{error}{where(trace)}"} if error else {}))
        self._state = msgspec.structs.replace(
            last, state=state, error=error, runs=last.runs + 1, failures=last.failures + failures, trace=trace
        )

    def _told(self, ask: Callable[[], int | None], otherwise: int | None) -> int | None:
        """What the sink answers, or what is known where it cannot: that is logged once, and costs no tick."""
        try:
            answer = ask()
            if answer is not None and not 0 <= index(answer) < 1 << 62:
                raise ValueError(f"expected a count, got {answer}")
            return answer
        except Exception as error:  # noqa: BLE001  as above
            if not self._mute:
                self._mute = True
                self._log.warning("sink does not tell how it fares", sink=self.name, error=self._line(error))
            return otherwise

    def _trace(self, error: Exception) -> str:
        """Where it was raised, without secrets; of a very long one the end."""
        return self._redact("".join(traceback.format_exception(error)))[-MAX_TRACE:]

    def _line(self, error: Exception) -> str:
        return one_line(self._redact(f"{type(error).__name__}: {error}"))
