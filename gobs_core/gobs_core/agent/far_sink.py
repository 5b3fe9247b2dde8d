"""One sink in a worker, as the agent sees it: its queue is here, whatever it does with a frame is done there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec

from gobs_core.agent.beside import WATCH
from gobs_core.agent.far import OUTCOMES
from gobs_core.agent.needs import whole_needs
from gobs_core.agent.outbox import Outbox
from gobs_core.breaker import Breaker
from gobs_core.frame import Frame
from gobs_core.plugins.placing import WORKER
from gobs_core.sink import Sink, SinkConfig, Source
from gobs_core.state import PluginState
from gobs_core.text import one_line
from gobs_core.workers.kin import Figures
from gobs_core.workers.serve_sink import Sent
from gobs_core.workers.wire import pack
from gobs_core.workers.worker import Broke, Said, Worker

DEADLINE = 30.0
"""Seconds a sink in a worker may take over one frame."""
LONGEST = 300.0
"""Seconds a quarantine may last: about as long as its queue holds frames."""
_MANY = 1000
"""Rows from which on writing them down is no work for the event loop."""


class FarSink(Sink):
    """Stands for a sink of others; its worker is started by the first frame."""

    def __init__(self, name: str, config: SinkConfig, source: Source, worker: Worker, deadline: float) -> None:
        super().__init__(config, source)
        self.name = name  # type: ignore[misc]  # of the one it stands for
        self.worker = worker
        self._deadline = deadline
        self._places = {table.name: place for place, table in enumerate(source.tables)}
        self._life = 0
        self._before = 0
        self._told = Sent(0, None)

    async def send(self, frame: Frame) -> None:
        """Let it take one frame; raises what is in `worker`."""
        many, states = sum(len(reading.rows) for reading in frame.readings) > _MANY, self.source.plugins()
        raw = await asyncio.to_thread(self._packed, frame, states) if many else self._packed(frame, states)
        body = await self.worker.call("send", raw, deadline=self._deadline)
        try:
            told = msgspec.msgpack.decode(body, type=Sent)
        except msgspec.DecodeError as error:
            await self.worker.end()
            raise Broke(f"its worker said what is no answer, and was ended: {error}") from None
        if self.worker.starts != self._life:
            self._life, self._before = self.worker.starts, self.dropped()
        self._told = told

    def dropped(self) -> int:
        """What it said of itself last, in all its lives."""
        return self._before + self._told.dropped

    def acknowledged(self) -> int | None:
        """What it said last."""
        return self._told.acknowledged

    async def close(self) -> None:
        """Let it close, and end its worker."""
        await self.worker.close()

    def _packed(self, frame: Frame, states: Sequence[PluginState]) -> msgspec.Raw:
        readings = [(self._places[one.table.name], one.rows, one.read_ns) for one in frame.readings]
        return pack((frame.sequence, frame.wall_ns, frame.monotonic_ns, readings, states))


class FarOutbox(Outbox):
    """The queue of one sink in a worker, and how that fares: after some failures in a row frames wait for a while."""

    def __init__(
        self,
        sink: FarSink,
        state: PluginState,
        redact: Callable[[str], str],
        now: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__(sink, state, redact)
        self._state = msgspec.structs.replace(self._state, state="starting", runs_in=WORKER)
        self._worker = sink.worker
        self._breaker = Breaker(LONGEST)
        self._now = now
        self._spent = 0, 0.0
        """Which life its worker is in, and the CPU time that one had used after the last frame."""
        self._lifted = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send, and to look at what its worker uses."""
        super().start()
        self._watching = asyncio.create_task(self._watch(), name=f"worker of {self.name}")

    def lift(self) -> bool:
        """Let it be tried again at once; returns whether it was in quarantine."""
        self._worker.lift()
        self._lifted.set()
        lifted = self._breaker.lift()
        if lifted:
            self._state = msgspec.structs.replace(self._state, state="starting")
        return lifted

    async def close(self) -> None:
        """As of any other; its worker ends with it."""
        if self._watching is not None:
            self._watching.cancel()
        await super().close()

    async def _ready(self) -> None:
        """Wait while it is in quarantine, or its worker rests."""
        while not self._breaker.ready(self._now()) or self._worker.resting:
            self._lifted.clear()
            try:
                async with asyncio.timeout(min(max(self._breaker.left(self._now()), 0.1), 1.0)):
                    await self._lifted.wait()
            except TimeoutError:
                pass

    def _failed(self, error: Exception) -> None:
        quarantined = self._breaker.failed(self._now())
        trace = self._redact(self._worker.trace) if isinstance(error, Broke | Said) else ""
        self._note("quarantined" if quarantined else "failing", self._line(error), failures=1, trace=trace)
        if isinstance(error, Said) and error.failure.name in OUTCOMES:
            self._state = msgspec.structs.replace(self._state, needs=whole_needs(self.sink, here=False))

    def _worked(self) -> None:
        self._breaker.worked()
        super()._worked()
        self._state = msgspec.structs.replace(self._state, needs=whole_needs(self.sink, here=True))

    def _needs_are(self, *, here: bool) -> None:
        """Nothing is known before it was opened, which its worker does with the first frame."""

    def _note(self, state: str, error: str = "", failures: int = 0, trace: str = "") -> None:
        super()._note(state, error, failures, trace)
        used = self._worker.figures()
        self._state = msgspec.structs.replace(
            self._state,
            pid=self._worker.pid,
            cpu=self._cpu_since(used),
            memory=None if used is None else used.memory,
            restarts=max(self._worker.starts - 1, 0),
            printed=self._worker.printed(self._redact),
        )

    def _cpu_since(self, used: Figures | None) -> float | None:
        """CPU time since the last frame; of the first of a life it is not known, since starting is no frame's cost."""
        (life, before), spent = self._spent, 0.0 if used is None else used.cpu
        self._spent = self._worker.starts, spent
        return max(spent - before, 0.0) if used is not None and life == self._worker.starts else None

    def _line(self, error: Exception) -> str:
        if isinstance(error, Said):
            return one_line(self._redact(f"{error.failure.name}: {error}"))
        return one_line(self._redact(str(error))) if isinstance(error, Broke) else super()._line(error)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH)
            self._worker.watch()


def far_outbox(
    cls: type[Sink],
    config: SinkConfig,
    source: Source,
    worker: Worker,
    state: PluginState,
    redact: Callable[[str], str],
    deadline: float = DEADLINE,
    now: Callable[[], int] = time.monotonic_ns,
) -> FarOutbox:
    """The outbox of a sink that lives in a worker."""
    sink = FarSink(cls.name, config, source, worker, deadline)
    sink.needs = cls.needs  # type: ignore[misc]  # of the one it stands for
    return FarOutbox(sink, state, redact, now)
