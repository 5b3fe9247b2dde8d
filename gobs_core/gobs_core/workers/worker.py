"""A worker through all its lives: started when it is needed, asked under a deadline, and started anew with back-off."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gobs_core.errors import GobsError
from gobs_core.logs import get_logger
from gobs_core.plugins.origin import Origin
from gobs_core.redact import Redactor
from gobs_core.settings.sections import WorkerSettings
from gobs_core.values import secrets_in
from gobs_core.workers.kin import Figures
from gobs_core.workers.output import Output, Sparing
from gobs_core.workers.process import Garbage, Nursery, Process
from gobs_core.workers.wire import MAX_ANSWER, Ask, Failure, Limits, Start, pack

START = 30.0
"""Seconds a worker may take to import its plugin and make it."""
CLOSE = 2.0
"""Seconds a plugin gets to close."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two starts of a worker that does not live long."""
LONG = 120.0
"""Seconds after which a worker has lived long."""
MINUTE = 60.0
"""Seconds over which its CPU time is looked at."""
MOST_PROCESSES = 32
"""Processes a worker may have, itself included."""
_PRIVILEGED = frozenset({"notifier", "profiler", "sink"})
"""Kinds that start programs which may be installed with more rights than ours: sendmail, or what looks into others."""
MOST_PARTS = 20_000
"""Parts of one answer: an hour's recording says four times a second how far it is."""
_AT_ONCE = 32
"""Parts of an answer that are taken before the loop has its turn, however many have arrived."""

Part = Callable[[msgspec.Raw], None]


class Broke(GobsError):
    """A worker ended, or had to be ended, before it answered; the text says why."""

    def __init__(self, text: str, trace: str = "", *, late: bool = False) -> None:
        super().__init__(text)
        self.trace = trace
        self.late = late
        """Whether it was over its deadline."""


class Said(GobsError):
    """A plugin raised something in its worker."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


class Resting(GobsError):
    """A worker that does not live long is not started yet again."""


@dataclass(frozen=True)
class Held:
    """What a worker is to hold."""

    kind: str
    name: str
    origin: Origin
    config: object
    about: dict[str, Any] = field(default_factory=dict)


class Worker:
    """Holds one plugin. Lives as long as its program: `call` any number of times, `watch` now and then, `close`."""

    def __init__(
        self,
        held: Held,
        settings: WorkerSettings,
        nursery: Nursery,
        *,
        now: Callable[[], float] = time.monotonic,
        hear: Callable[[bytes], None] | None = None,
    ) -> None:
        self._held = held
        self._settings = settings
        self._nursery = nursery
        self._now = now
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._ending: asyncio.Future[str] | None = None
        self._asked = 0
        self._born = 0.0
        self._pause = 0.0
        self._rests_until = -float("inf")
        self._over = ""
        self._used: deque[tuple[float, float]] = deque()
        log = get_logger("gobs.workers")
        self._clean = Redactor(secrets_in(held.config))
        self._output: Output | None = None
        self._before: Output | None = None
        self._printed = hear or Sparing(
            lambda line: log.info("plugin printed", kind=held.kind, name=held.name, line=line), now, self._clean
        )
        self.starts = 0
        """How often it was started."""
        self.trace = ""
        """Of the last that went wrong."""

    @property
    def pid(self) -> int | None:
        """Of the process that lives now."""
        return None if self._process is None else self._process.pid

    @property
    def starting(self) -> bool:
        """Whether it has not lived yet."""
        return self.starts == 0

    @property
    def resting(self) -> bool:
        """Whether it is too early to start it again."""
        return self._process is None and self._now() < self._rests_until

    def lift(self) -> None:
        """Let it be started again at once."""
        self._pause, self._rests_until = 0.0, -float("inf")

    def figures(self) -> Figures | None:
        """What its processes use now."""
        return None if self._process is None else self._process.figures()

    def printed(self, redact: Callable[[str], str]) -> str:
        """The last lines it printed, in this life or else in one before; without its settings' secrets either way."""
        told = (
            output.lines(lambda text: redact(self._clean(text)))
            for output in (self._output, self._before)
            if output is not None
        )
        return next(filter(None, told), "")

    async def call(self, method: str, body: object = None, *, deadline: float, part: Part | None = None) -> msgspec.Raw:
        """Ask it, and start it for that where need be; parts of the answer are given to `part` as they come.

        Raises Said for what the plugin raised, Broke where there is no answer, Resting where it may not be started yet.
        A call that is cancelled ends the worker.
        """
        async with self._turn:
            try:
                if self._process is None:
                    await self._start()
                return await self._ask(method, body, deadline, part)
            except Broke as error:
                self.trace = error.trace
                raise
            except Said as error:
                self.trace = error.failure.trace
                raise

    def hurry(self) -> None:
        """Bid it end the call in hand before its time; a plugin that does not listen goes on."""
        if self._process is not None:
            self._process.hurry()

    def watch(self) -> None:
        """Look at what it uses, and end it where that is too much: the call in hand, or the next, is told why."""
        process, used = self._process, self.figures()
        if process is None or used is None:
            return
        limits, now = self._settings, time.monotonic()
        self._used.append((now, used.cpu))
        while now - self._used[0][0] > MINUTE:
            self._used.popleft()
        first, spent = self._used[0]
        share = (used.cpu - spent) / max(now - first, MINUTE / 2)
        if used.memory > limits.memory:
            self._over = (
                f"it used {used.memory >> 20} MiB of memory; plugins.workers.memory is {limits.memory >> 20} MiB"
            )
        elif share > limits.cpu:
            self._over = f"it used {share:.0%} of a CPU over the last minute; plugins.workers.cpu is {limits.cpu:.0%}"
        elif used.processes > MOST_PROCESSES:
            self._over = f"it had {used.processes} processes; at most {MOST_PROCESSES} are allowed"
        if self._over:
            process.kill()

    async def end(self) -> None:
        """End the process, if one lives; the next call starts another."""
        process, self._process = self._process, None
        if process is not None:
            self._ending = asyncio.ensure_future(process.end())
        if self._ending is not None:  # which may be that of a call that was cut off
            await asyncio.shield(self._ending)

    async def close(self) -> None:
        """Let the plugin close, and end the process. Safe twice."""
        try:
            async with asyncio.timeout(CLOSE):
                if self._process is not None:
                    await self.call("close", deadline=CLOSE)
        except (GobsError, TimeoutError):
            pass  # whatever it says, it ends now
        finally:
            await self.end()

    async def _start(self) -> None:
        now = self._now()
        if now < self._rests_until:
            raise Resting("it does not live long, and is started again later")
        self.starts += 1
        self._born, self._over = now, ""
        self._used.clear()
        try:
            self._process = await self._nursery.begin(self._settings.environment)
        except OSError as error:
            self._failed()
            raise Broke(f"no worker can be started: {error}") from None
        if self._output is not None and self._output.text():
            self._before = self._output
        self._output = self._process.output
        self._output.hear(self._printed)
        limits = self._settings
        kind = self._held.kind
        start = Start(
            path=sys.path,
            limits=Limits(memory=limits.memory, files=limits.files, privileges=kind in _PRIVILEGED),
            kind=kind,
            name=self._held.name,
            entry_point=self._held.origin.entry_point,
            value=self._held.origin.value,
            config=pack(self._held.config),
            about=self._held.about,
        )
        try:
            await self._ask("start", start, START, None)
        except Said:
            await self._break()
            raise

    async def _ask(self, method: str, body: object, deadline: float, part: Part | None) -> msgspec.Raw:
        process = self._process
        assert process is not None
        self._asked += 1
        try:
            async with asyncio.timeout(deadline):
                await process.say(Ask(self._asked, method, pack(body)))
                return await self._answer(process, part)
        except TimeoutError:
            trace = await process.where()
            await self._break()
            raise Broke(f"no answer within {deadline:g} s; its worker was ended", trace, late=True) from None
        except Garbage as error:
            await self._break()
            raise Broke(f"its worker said what is no answer, and was ended: {error}", process.output.text()) from None
        except (EOFError, OSError):
            over, how = self._over, await self._break()
            why = f"its worker was ended: {over}" if over else f"its worker is gone: {how or 'it closed its line'}"
            raise Broke(why, process.output.text()) from None
        except asyncio.CancelledError:
            await self._break()
            raise

    async def _answer(self, process: Process, part: Part | None) -> msgspec.Raw:
        size = parts = 0
        while True:
            answer = await process.hear()
            size += len(bytes(answer.body))
            if answer.id != self._asked or size > MAX_ANSWER or (answer.kind == "part" and part is None):
                raise Garbage(f"an answer of {size} bytes to question {answer.id} of {self._asked}")
            if answer.kind == "part" and part is not None:
                part(answer.body)
                parts += 1
                if parts > MOST_PARTS:
                    raise Garbage(f"an answer of more than {MOST_PARTS} parts")
                if parts % _AT_ONCE == 0:  # what has arrived already is heard without waiting
                    await asyncio.sleep(0)
            elif answer.kind == "failed":
                raise await self._failure(answer.body)
            else:
                return answer.body

    async def _failure(self, body: msgspec.Raw) -> Said:
        try:
            failure = msgspec.msgpack.decode(body, type=Failure)
        except msgspec.DecodeError as error:
            raise Garbage(str(error)) from None
        if failure.name == "MemoryError":  # what it holds it does not give back
            await self._break()
        return Said(failure)

    async def _break(self) -> str:
        """End the process; returns how it had ended by itself."""
        process, self._process = self._process, None
        self._failed()
        if process is None:
            return ""
        self._ending = asyncio.ensure_future(process.end())
        return await asyncio.shield(self._ending)

    def _failed(self) -> None:
        now = self._now()
        self._pause = FIRST_PAUSE if now - self._born > LONG else min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self._rests_until = now + self._pause
