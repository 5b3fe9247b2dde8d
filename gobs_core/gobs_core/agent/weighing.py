"""The budget of an agent at work: every minute collectors are weighed, and the schedule is told who waits longer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from gobs_core.agent.budget import LOOK, Budget, Cost
from gobs_core.agent.clock import NANO
from gobs_core.agent.runner import Runner
from gobs_core.agent.schedule import Schedule
from gobs_core.agent.selftables import agent_row
from gobs_core.logs import get_logger
from gobs_core.proc import Proc
from gobs_core.settings.sections import BudgetSettings
from gobs_core.state import PluginState


class Weighing:
    """Lives as long as its agent. `interval` tells the seconds that were set for a collector."""

    def __init__(self, settings: BudgetSettings, own: Proc, interval: Callable[[Runner], float]) -> None:
        self._budget = Budget(settings)
        self._own = own
        self._interval = interval
        self._next_ns = 0
        self._log = get_logger("gobs.agent")

    def weigh(
        self,
        runners: Mapping[str, Runner],
        schedule: Schedule,
        now: int,
        plugins: Callable[[], Iterable[PluginState]],
    ) -> None:
        """Once a minute: let the dearest wait longer where all together cost too much, and say so.

        `plugins` tells how all of them fare: whatever kind it is of, a worker's memory counts.
        """
        if not self._budget.limited or now < self._next_ns:
            return
        self._next_ns = now + int(LOOK * NANO)
        states = {name: runner.state for name, runner in runners.items()}
        costs = {
            name: Cost(state.cpu, state.rows or 0, self._interval(runners[name]))
            for name, state in states.items()
            if state.cpu is not None
        }
        rss = agent_row(0, self._own)[0]
        memory = rss + sum(state.memory or 0 for state in plugins()) if isinstance(rss, int) else None
        before = self._budget.factors
        self._budget.look(costs, memory)
        schedule.slow(self._budget.factors)
        for name, why in self._budget.why.items():
            if before.get(name) != self._budget.factors[name]:
                self._log.warning("collector is slowed down", collector=name, why=why)
        for name in before.keys() - self._budget.factors.keys():
            self._log.info("collector is slowed down no more", collector=name)

    def told(self, states: Iterable[PluginState]) -> Iterable[PluginState]:
        """The same states, with those collectors that are read less often told to be."""
        why = self._budget.why
        for state in states:
            if state.kind == "collector" and state.state == "ok" and state.name in why:
                yield replace(state, state="degraded", error=why[state.name])
            else:
                yield state
