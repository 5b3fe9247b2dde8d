"""One collector at work: read under a deadline, checked, measured, and put in quarantine when it keeps failing."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from gobs_core.agent.clock import NANO, Clock
from gobs_core.agent.needs import needs_of, whole_needs
from gobs_core.breaker import Breaker
from gobs_core.collector import Collector, Inspector
from gobs_core.errors import NoData
from gobs_core.frame import Reading
from gobs_core.proc import Proc
from gobs_core.rowcheck import RowCheck
from gobs_core.state import MAX_TRACE, PluginState
from gobs_core.table import RowValues, Table
from gobs_core.text import one_line

MAX_UNKNOWN = 500


class Outcome(NamedTuple):
    """How one run went."""

    state: str
    readings: tuple[Reading, ...] = ()
    error: str = ""
    raised: BaseException | None = None
    duration_ns: int | None = None
    cpu: float | None = None
    """Seconds of CPU time."""
    trace: str = ""
    unknown: dict[str, str] = {}  # noqa: RUF012  never changed


_LATE = Outcome("late", error="over its deadline; skipped until it has returned")


class Runner:
    """One collector and how it fares. `call` runs in the worker's thread, everything else on the loop."""

    far = False
    """Whether it is read in a process of its own, beside the tick."""

    def __init__(
        self, collector: Collector, proc: Proc, clock: Clock, state: PluginState, redact: Callable[[str], str]
    ) -> None:
        self.collector = collector
        self.state = msgspec.structs.replace(state, runs_in="thread")
        self.inspectable = isinstance(collector, Inspector)
        """Whether it can tell more about a row."""
        self.busy = False
        """Whether a call has not returned yet; set and cleared by the thread."""
        self._proc = proc
        self._clock = clock
        self._check = RowCheck(collector.tables)
        self._redact = redact
        self._opened = False
        self._breaker = Breaker()
        self._filled = False

    @property
    def name(self) -> str:
        """The collector's name."""
        return self.collector.name

    def ready(self, now_ns: int) -> bool:
        """Whether it may run now: not stuck, not in quarantine."""
        return not self.busy and self._breaker.ready(now_ns)

    def call(self) -> Outcome:
        """Open the collector if it is not open, read once, check the rows. Never raises."""
        self.busy = True
        began, spent = time.perf_counter_ns(), time.thread_time()
        try:
            self.open()
            read_ns = self._clock.monotonic_ns()
            readings = tuple(Reading(table, found, read_ns) for table, found in self._read())
            outcome = Outcome("ok", readings, unknown=self._unknown())
        except NoData as reason:
            outcome = self._no_data(reason)
        except KeyboardInterrupt:  # who runs us without a thread wants to end
            raise
        except BaseException as error:  # noqa: BLE001  whatever a collector raises is its own failure
            outcome = self._failing(error)
        finally:
            self.busy = False
        return outcome._replace(duration_ns=time.perf_counter_ns() - began, cpu=time.thread_time() - spent)

    def inspect(self, key: Mapping[str, str], sections: tuple[str, ...]) -> Mapping[str, object]:
        """Ask a collector that is an Inspector; raises what it raises, NoData while it is stuck. In the thread.

        No sections: all it has.
        """
        if self.busy:
            raise NoData(f"collector {self.name!r} is busy")
        self.busy = True
        try:
            self.open()
            assert isinstance(self.collector, Inspector)
            return self.collector.inspect(self._proc, key, sections or tuple(self.collector.sections))
        finally:
            self.busy = False

    def open(self) -> None:
        """Open the collector once; raises what it raises. In the thread."""
        if not self._opened:
            self.collector.open(self._proc)
            self._opened = True

    def close(self) -> None:
        """Close collector and descriptors; raises what the collector raises. In the thread."""
        try:
            self.collector.close()
        finally:
            self._proc.close()

    def finish(self, outcome: Outcome | None, now_ns: int) -> tuple[Reading, ...]:
        """Note how a run went (None: over its deadline) and return what goes into the frame."""
        return self._note(outcome or _LATE, now_ns, ran=True)

    def still_stuck(self, now_ns: int) -> tuple[Reading, ...]:
        """Note a due tick at which it had not returned: a failure, and so at last quarantine.

        Nothing within the pause of a quarantine; once over, one more failure makes the next pause longer.
        """
        return self._note(_LATE, now_ns, ran=False) if self._breaker.ready(now_ns) else ()

    def lift(self) -> bool:
        """Let it be tried at its next due tick, in quarantine or not; returns whether it was."""
        lifted = self._breaker.lift()
        if lifted:
            self.state = msgspec.structs.replace(self.state, state="starting")
        return lifted

    def note_stuck(self) -> None:
        """Note that an answer to an inspection is over its deadline; the ticks it costs are noted one by one."""
        if self.state.state != "quarantined":
            failures = self.state.failures + 1
            self.state = msgspec.structs.replace(self.state, state="late", error=_LATE.error, failures=failures)

    def told(self, error: BaseException) -> str:
        """What an error says in one line, without secrets."""
        try:
            text = str(error)
        except Exception:  # noqa: BLE001  an error of a collector may be unable to say even that
            text = "it cannot be told"
        return self._line(text)

    def _note(self, outcome: Outcome, now_ns: int, *, ran: bool) -> tuple[Reading, ...]:
        failed = outcome.state in ("failing", "late")
        state, error = outcome.state, outcome.error
        if not failed:
            self._breaker.worked()
        elif self._breaker.failed(now_ns):
            state, error = "quarantined", f"{error} ({self._breaker.in_a_row} times in a row)"
        last = self.state
        self.state = msgspec.structs.replace(
            last,
            state=state,
            error=error,
            runs=last.runs + ran,
            failures=last.failures + failed,
            duration=None if outcome.duration_ns is None else outcome.duration_ns / NANO,
            rows=sum(len(reading.rows) for reading in outcome.readings) if state == "ok" else None,
            succeeded=self._clock.wall_ns() / NANO if state == "ok" else last.succeeded,
            cpu=outcome.cpu,
            trace=outcome.trace,
            unknown=last.unknown if failed else outcome.unknown,
            needs=last.needs if failed else self._needs(outcome),
        )
        return self._readings(state, outcome, now_ns)

    def _readings(self, state: str, outcome: Outcome, now_ns: int) -> tuple[Reading, ...]:
        """What was read; where it says that there is none of it any more, that the rows are gone.

        Of one that fails nothing is known: its rows may be there as they were, so nobody is told that they are gone.
        """
        if state == "ok":
            self._filled = True
            return outcome.readings
        if self._filled and state == "no data":
            self._filled = False
            return tuple(Reading(table, (), now_ns) for table in self.collector.tables)
        return ()

    def _read(self) -> list[tuple[Table, tuple[RowValues, ...]]]:
        return self._check.check(self.collector.collect(self._proc))

    def _no_data(self, reason: NoData) -> Outcome:
        try:
            return Outcome("no data", error=self.told(reason), unknown=self._unknown())
        except Exception as error:  # noqa: BLE001  as for any other thing it raises
            return self._failing(error)

    def _failing(self, error: BaseException) -> Outcome:
        return Outcome(
            "failing", error=f"{type(error).__name__}: {self.told(error)}", raised=error, trace=self._trace(error)
        )

    def _trace(self, error: BaseException) -> str:
        """Where it was raised, without secrets; of a very long one the end."""
        with contextlib.suppress(Exception):  # an error of a collector may be unable to say what it is
            return self._redact("".join(traceback.format_exception(error)))[-MAX_TRACE:]
        return ""

    def _needs(self, outcome: Outcome) -> dict[str, bool]:
        same = (outcome.state, outcome.unknown) == (self.state.state, self.state.unknown)
        if same and self.state.succeeded is not None:
            return self.state.needs
        whole = whole_needs(self.collector, here=outcome.state == "ok")
        return whole | needs_of(self.collector.tables, outcome.unknown)

    def _unknown(self) -> dict[str, str]:
        unknown: Mapping[str, str] = self.collector.unknown()
        if unknown == self.state.unknown:
            return self.state.unknown
        return {str(name)[:200]: self._line(str(reason)) for name, reason in list(unknown.items())[:MAX_UNKNOWN]}

    def _line(self, text: str) -> str:
        return one_line(self._redact(text))
