"""The agent's inventories at work: opened, listened to, and their states, whatever thread they report from."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from gobs_core.agent.needs import whole_needs
from gobs_core.agent.report import where
from gobs_core.described import WorkloadInfo
from gobs_core.errors import NoData
from gobs_core.inventory import MAX_WORKLOADS, Inventory
from gobs_core.logs import get_logger
from gobs_core.state import MAX_TRACE, PluginState
from gobs_core.text import one_line
from gobs_core.workloads import Workloads

NOT_YET = "has not answered yet"


class Listener:
    """One inventory and how it fares: what it reports to. Its state is a value, made anew with every change.

    `quiet`: it logs nothing.
    """

    far = False
    """Whether it is asked in a process of its own."""

    def __init__(
        self,
        inventory: Inventory,
        state: PluginState,
        workloads: Workloads,
        redact: Callable[[str], str],
        *,
        quiet: bool = False,
    ) -> None:
        self.inventory = inventory
        self.state = msgspec.structs.replace(state, state="starting", error=NOT_YET, runs_in="thread")
        self.answered = threading.Event()
        """Set once it has told anything, were it trouble."""
        self._workloads = workloads
        self._redact = redact
        self._log = None if quiet else get_logger("gobs.inventory")
        workloads.trouble(self.name, f"the inventory {self.name!r} {NOT_YET}")

    @property
    def name(self) -> str:
        """The inventory's name."""
        return self.inventory.name

    def workloads(self, known: Iterable[WorkloadInfo], lacking: str = "") -> None:
        """Take all it knows."""
        infos = list(known)
        over = len(infos) - MAX_WORKLOADS
        if over > 0:
            lacking = f"{over} workloads over {MAX_WORKLOADS} are left out"
        line = one_line(self._redact(lacking))
        self._workloads.told(self.name, infos[:MAX_WORKLOADS], line)
        self._heard(min(len(infos), MAX_WORKLOADS), line)

    def trouble(self, why: str) -> None:
        """Take why what it told may be old."""
        self._fail("failing", why)

    def open(self) -> None:
        """Open it; what it raises is its own failure."""
        try:
            self.inventory.open(self)
        except NoData as reason:
            self._fail("no data", str(reason))
            self.state = msgspec.structs.replace(self.state, needs=whole_needs(self.inventory, here=False))
        except Exception as error:  # noqa: BLE001  whatever an inventory raises costs the names it would have told
            trace = self._redact("".join(traceback.format_exception(error)))[-MAX_TRACE:]
            self._fail("failing", f"{type(error).__name__}: {error}", trace=trace)

    def lift(self) -> bool:
        """Let it be tried again at once; returns whether it was in quarantine, as none that runs inside ever is."""
        return False

    def close(self) -> None:
        """Close it; raises what it raises."""
        self.inventory.close()

    async def end(self) -> None:
        """Close one that is far."""

    def _heard(self, count: int, lacking: str) -> None:
        """Note that workloads were told."""
        state, succeeded = ("failing", self.state.succeeded) if lacking else ("ok", time.time())
        needs = whole_needs(self.inventory, here=True)
        self._note(state, lacking, rows=count, runs=self.state.runs + 1, succeeded=succeeded, needs=needs)

    def _fail(self, state: str, why: str, **changes: Any) -> None:
        line = one_line(self._redact(why))
        self._workloads.trouble(self.name, line)
        self._note(state, line, failures=self.state.failures + (state == "failing"), **changes)

    def _note(self, state: str, error: str = "", **changes: Any) -> None:
        before = self.state
        self.state = msgspec.structs.replace(before, state=state, error=error, **{"trace": "", **changes})
        self.answered.set()
        if self._log is not None and (state, error) != (before.state, before.error):
            log = self._log.warning if state in ("failing", "quarantined") else self._log.info
            told = f"{error}{where(self.state.trace)}"
            log(f"inventory is {state}", inventory=self.name, **({"error": told} if error else {}))


class Inventories:
    """All inventories of one agent, or of one look at a machine."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self.listeners = tuple(listeners)

    def open(self) -> None:
        """Open each, in its own try; they answer when they can."""
        for listener in self.listeners:
            listener.open()

    def wait(self, seconds: float) -> None:
        """Return once each has answered, or after that time: for who looks once and has no later."""
        until = time.monotonic() + seconds
        for listener in self.listeners:
            listener.answered.wait(max(0.0, until - time.monotonic()))

    def lift(self, name: str) -> bool:
        """Let one be tried again at once; returns whether it was in quarantine."""
        return any(listener.lift() for listener in self.listeners if listener.name == name)

    def states(self) -> list[PluginState]:
        """How each fares now."""
        return [listener.state for listener in self.listeners]
