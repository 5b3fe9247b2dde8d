"""A condition in a worker, as the engine sees it: asked beside the loop, and what its parameters mean is remembered."""

from __future__ import annotations

import asyncio
import threading
import time
from array import array
from collections.abc import Coroutine, Sequence
from typing import Any, NoReturn, TypeVar

import msgspec
import numpy as np

from gobs_core import Condition, PluginConfig, Sample
from gobs_core.breaker import Breaker
from gobs_core.errors import GobsError
from gobs_core.logs import get_logger
from gobs_core.workers.serve_condition import Judge, Meaning
from gobs_core.workers.worker import Broke, Resting, Said, Worker
from gobs_server.alerts.faults import Unlearned

log = get_logger("gobs.alerts")
DEADLINE = 1.0
"""Seconds it may take over one column."""
PATIENCE = 5.0
"""Seconds it may take to say what parameters mean, once it has been started."""
_WAIT = 40.0
_MOST = 2000
T = TypeVar("T")


class FarCondition(Condition):
    """Stands for a condition of others; made by `stand_in`.

    Its loop is the server's, on which nothing is waited for; from any other thread it may be asked in place.
    """

    def __init__(self, config: PluginConfig, worker: Worker) -> None:
        super().__init__(config)
        self._worker = worker
        self._breaker = Breaker()
        self._last = ""
        """What the last failure was."""
        self._known: dict[bytes, Meaning] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0

    def open(self) -> None:
        """Note the loop; its worker is started when it is first asked."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()

    async def learn(self, parameters: Any) -> None:
        """Ask what the parameters of a rule mean, unless that is known; raises ValueError where it is not answered."""
        raw = _raw(parameters)
        if raw in self._known:
            return
        try:
            body = await self._call("mean", msgspec.Raw(raw), PATIENCE)
            meaning = msgspec.msgpack.decode(body, type=Meaning)
        except Said as error:
            raise ValueError(str(error)) from None
        except (GobsError, msgspec.DecodeError) as error:
            raise Unlearned(f"the condition {self.name!r} does not answer: {error}") from None
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[raw] = meaning

    @property
    def quarantined(self) -> bool:
        """Whether it is in quarantine."""
        return self._breaker.open and not self._breaker.lifted

    @property
    def lifted(self) -> bool:
        """Whether it was let out of quarantine and has not been asked since."""
        return self._breaker.lifted

    def lift(self) -> bool:
        """Let it be asked again at once; returns whether it was in quarantine."""
        self._worker.lift()
        return self._breaker.lift()

    def lookback(self, parameters: Any) -> float:
        """As it said; raises Unlearned, on the loop, where it was not asked before."""
        return self._meaning(parameters).lookback

    def describe(self, parameters: Any) -> str:
        """As it said."""
        return self._meaning(parameters).words

    def threshold(self, parameters: Any) -> float | None:
        """As it said."""
        return self._meaning(parameters).threshold

    def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
        """Ask it, from a thread that is not the loop's."""
        return self._wait(self.ask(sample, parameters))

    async def ask(self, sample: Sample, parameters: Any) -> Sequence[float]:
        """What it judges; raises GobsError."""
        firing = np.asarray(sample.firing, dtype=np.uint8).tobytes()
        past = [np.asarray(line, dtype=np.float64).tobytes() for line in sample.past]
        values = np.asarray(sample.values, dtype=np.float64).tobytes()
        asked = Judge(DEADLINE, msgspec.Raw(_raw(parameters)), values, firing, [*map(float, sample.ages)], past)
        try:
            body = await self._call("judge", asked, DEADLINE)
        except Said as error:
            raise Broke(_told(error), error.failure.trace) from None
        try:
            told = array("d", msgspec.msgpack.decode(body, type=bytes))
        except (msgspec.DecodeError, ValueError) as error:
            await self._worker.end()
            raise Broke(f"its worker said what is no answer, and was ended: {error}") from None
        return told

    async def end(self) -> None:
        """Let it close, and end its worker."""
        await self._worker.close()

    async def _call(self, method: str, body: object, deadline: float) -> msgspec.Raw:
        if not self._breaker.ready(time.monotonic_ns()):
            raise GobsError(
                f"it is in quarantine after {self._breaker.in_a_row} failures in a row, the last: {self._last}"
            )
        try:
            found = await self._worker.call(method, body, deadline=deadline)
        except (Broke, Said) as error:
            self._last = _told(error)
            if isinstance(error, Broke) or method == "judge":
                before = self._breaker.open
                if self._breaker.failed(time.monotonic_ns()) and not before:
                    log.warning("a condition is in quarantine", condition=self.name, failures=self._breaker.in_a_row)
            raise
        except Resting as why:
            raise GobsError(f"{why}; the last failure: {self._last}" if self._last else str(why)) from None
        self._breaker.worked()
        return found

    def _meaning(self, parameters: Any) -> Meaning:
        raw = _raw(parameters)
        if raw not in self._known:
            if threading.get_ident() == self._thread:
                self._unlearned()
            self._wait(self.learn(parameters))
        return self._known[raw]

    def _unlearned(self) -> NoReturn:
        raise Unlearned(f"the condition {self.name!r} has not said what that means; try again in a moment")

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None or threading.get_ident() == self._thread:
            work.close()
            self._unlearned()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WAIT)


def stand_in(cls: type[Condition], config: PluginConfig, worker: Worker) -> FarCondition:
    """What stands for a condition of this class in the server."""
    same = {name: getattr(cls, name) for name in ("name", "Parameters", "Config", "reads")}
    made: FarCondition = type(cls.__name__, (FarCondition,), same)(config, worker)
    return made


def _told(error: GobsError) -> str:
    return f"{error.failure.name}: {error}" if isinstance(error, Said) else str(error)


def _raw(parameters: Any) -> bytes:
    return msgspec.msgpack.encode(parameters, enc_hook=str)
