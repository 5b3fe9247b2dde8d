"""One collector in a worker: asked there, never believed: its rows are checked here as those of any other are."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import msgspec

from gobs_core import errors
from gobs_core.agent.clock import Clock
from gobs_core.agent.runner import MAX_UNKNOWN, Outcome, Runner
from gobs_core.collector import Collector, CollectorConfig
from gobs_core.errors import DeclarationError, NoData
from gobs_core.frame import Reading
from gobs_core.plugins.placing import WORKER
from gobs_core.proc import Proc
from gobs_core.state import PluginState
from gobs_core.table import Rows, RowValues
from gobs_core.workers.serve_collector import Asked, Collected, Told
from gobs_core.workers.worker import Broke, Resting, Said, Worker
from gobs_core.workloads import Workloads

_MANY = 1000
"""Rows from which on checking them is no work for the event loop."""
OUTCOMES: Mapping[str, type[NoData]] = {
    kind.__name__: kind for kind in (errors.NoData, errors.Missing, errors.Forbidden, errors.Gone)
}
"""By name, what is an outcome and no failure."""
_PART = msgspec.msgpack.Decoder(tuple[int, list[tuple[str | int | float | None, ...]] | None])


class Declared:
    """What is known of a collector that lives elsewhere."""

    def __init__(self, cls: type[Collector], config: CollectorConfig) -> None:
        self.name = cls.name
        self.tables = cls.tables
        self.needs = cls.needs
        self.config = config


class FarRunner(Runner):
    """One collector in a worker and how it fares. All of it runs on the loop; nothing of it waits for the collector."""

    far = True

    def __init__(
        self,
        cls: type[Collector],
        config: CollectorConfig,
        worker: Worker,
        clock: Clock,
        state: PluginState,
        redact: Callable[[str], str],
        workloads: Workloads,
    ) -> None:
        super().__init__(cast("Collector", Declared(cls, config)), Proc(), clock, state, redact)
        self.state = msgspec.structs.replace(state, state="starting", runs_in=WORKER)
        self.inspectable = hasattr(cls, "sections") and hasattr(cls, "inspect")
        self._worker = worker
        self._workloads = workloads
        self._told: object = None
        self._life = 0
        self._rows: list[tuple[RowValues, ...]] = [() for _ in cls.tables]

    def ready(self, now_ns: int) -> bool:
        """Whether it may run now: not at work, not in quarantine, and its worker there or ready to be started."""
        return super().ready(now_ns) and not self._worker.resting

    def lift(self) -> bool:
        """As of any other; its worker rests no more either."""
        self._worker.lift()
        return super().lift()

    async def fetch(self, deadline: float) -> Outcome | None:
        """Read once; None where its worker rests. Never raises because of the collector."""
        self.busy = True
        read_ns, began = self._clock.monotonic_ns(), time.perf_counter_ns()
        try:
            outcome = await self._fetch(deadline, read_ns)
        except Resting:
            return None
        except Said as error:
            outcome = self._said(error)
        except Broke as error:
            trace = self._redact(error.trace)
            outcome = Outcome("late" if error.late else "failing", error=self._line(str(error)), trace=trace)
        except (DeclarationError, msgspec.DecodeError, ValueError, IndexError) as error:
            await self._worker.end()
            outcome = Outcome("failing", error=self._line(f"its worker said what is no answer, and was ended: {error}"))
        finally:
            self.busy = False
        return outcome._replace(duration_ns=time.perf_counter_ns() - began)

    async def ask(self, key: Mapping[str, str], sections: tuple[str, ...], deadline: float) -> Mapping[str, object]:
        """Ask a collector that can tell more about a row; raises NoData for whatever keeps it from that."""
        if self.busy:
            raise NoData(f"collector {self.name!r} is busy")
        try:
            body = await self._worker.call("inspect", Asked(deadline, dict(key), list(sections)), deadline=deadline)
            return msgspec.msgpack.decode(body, type=dict[str, object])
        except Said as error:
            if error.failure.name in OUTCOMES:
                raise OUTCOMES[error.failure.name](self._line(str(error))) from None
            text = f"{error.failure.name}: {error.failure.text}"
            raise NoData(f"collector {self.name!r} failed: {self._line(text)}") from None
        except (Broke, Resting, msgspec.DecodeError) as error:
            if isinstance(error, Broke) and error.late:
                self.note_stuck()
            raise NoData(f"collector {self.name!r} did not answer: {self._line(str(error))}") from None

    async def end(self) -> None:
        """Close the collector, and end its worker."""
        await self._worker.close()

    def watch(self) -> None:
        """Look at what its worker uses."""
        self._worker.watch()

    async def _fetch(self, deadline: float, read_ns: int) -> Outcome:
        known, told = self._workloads.known(), self._told
        if self._worker.starts != self._life or self._worker.pid is None:
            told = None  # it will be another one, which knows nothing
        names = list(known.values()) if told is not known else None
        parts: dict[int, list[RowValues] | None] = {}
        body = await self._worker.call(
            "collect",
            Told(deadline, names, self._workloads.unnamed()),
            deadline=deadline,
            part=lambda raw: _add(parts, raw),
        )
        collected = msgspec.msgpack.decode(body, type=Collected)
        self._life, self._told = self._worker.starts, known
        tables = self.collector.tables
        rows = [_whole(parts.get(place, []), self._rows[place]) for place in range(len(tables))]
        yielded = [Rows(table, found) for table, found in zip(tables, rows, strict=True)]
        many = sum(map(len, rows)) > _MANY
        checked = await asyncio.to_thread(self._check.check, yielded) if many else self._check.check(yielded)
        self._rows = [found for _, found in checked]
        readings = tuple(Reading(table, found, read_ns) for table, found in checked)
        cpu = collected.cpu if math.isfinite(collected.cpu) and collected.cpu >= 0 else None
        return Outcome("ok", readings, unknown=self._reasons(collected.unknown), cpu=cpu)

    def _said(self, error: Said) -> Outcome:
        failure = error.failure
        self._rows = [() for _ in self._rows]
        if failure.name in OUTCOMES:
            return Outcome("no data", error=self._line(failure.text), unknown=self._reasons(failure.unknown))
        trace = self._redact(failure.trace)
        return Outcome("failing", error=self._line(f"{failure.name}: {failure.text}"), trace=trace)

    def _note(self, outcome: Outcome, now_ns: int, *, ran: bool) -> tuple[Reading, ...]:
        readings = super()._note(outcome, now_ns, ran=ran)
        used = self._worker.figures()
        self.state = msgspec.structs.replace(
            self.state,
            pid=self._worker.pid,
            memory=None if used is None else used.memory,
            restarts=max(self._worker.starts - 1, 0),
            printed=self._worker.printed(self._redact),
        )
        return readings

    def _reasons(self, unknown: Mapping[str, str]) -> dict[str, str]:
        if unknown == self.state.unknown:
            return self.state.unknown
        return {name[:200]: self._line(reason) for name, reason in list(unknown.items())[:MAX_UNKNOWN]}


def _add(parts: dict[int, list[RowValues] | None], raw: msgspec.Raw) -> None:
    place, rows = _PART.decode(raw)
    if rows is None:
        parts[place] = None
    else:
        found = parts.setdefault(place, [])
        if found is None:
            raise ValueError("rows of a table that has not changed")
        found += rows


def _whole(found: Sequence[RowValues] | None, before: tuple[RowValues, ...]) -> tuple[RowValues, ...]:
    """The rows of a table; those that are as before are the very same objects, so that no sink looks at them again."""
    if found is None:
        return before
    if len(found) != len(before):
        return tuple(found)
    return tuple(old if old == new else new for old, new in zip(before, found, strict=True))
