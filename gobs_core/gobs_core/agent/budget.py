"""What an agent may cost, and which of its collectors read less often so that it keeps to that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gobs_core.settings.sections import BudgetSettings
from gobs_core.values import show_duration, show_size

LOOK = 60.0
"""Seconds between two looks."""
SLOWEST = 64
"""Times its interval that a collector is slowed down to, at most."""
EASE = 0.8
"""Share of the budget that must be kept to before anything is read more often again."""
_WEIGHT = 0.3


class Cost(NamedTuple):
    """What one collector costs."""

    cpu: float
    """Seconds of CPU time of one run."""
    rows: int
    interval: float
    """Seconds, as it was set."""


class Budget:
    """Finds how many times its interval each collector waits. Pure arithmetic; told what everything costs.

    Each look slows down what costs most, by twice as much each time, until the rest fits; what would fit into less
    than the budget is sped up again, so that nothing goes to and fro.
    """

    def __init__(self, settings: BudgetSettings) -> None:
        self._settings = settings
        self._runs: dict[str, float] = {}
        self._level = 0
        self.factors: dict[str, int] = {}
        """Collector -> times its interval; those not here are read as they were set."""
        self.why: dict[str, str] = {}
        """Collector -> why it is read less often."""

    @property
    def limited(self) -> bool:
        """Whether there is any budget."""
        return self._settings.cpu is not None or self._settings.memory is not None

    def look(self, costs: Mapping[str, Cost], memory: int | None) -> None:
        """Take what each collector cost, and what the agent and its workers hold in memory; decide anew."""
        for name, cost in costs.items():
            before = self._runs.get(name, cost.cpu)
            self._runs[name] = before + _WEIGHT * (cost.cpu - before)
        now = {name: cost._replace(cpu=self._runs[name]) for name, cost in costs.items()}
        by_cpu = self._by_cpu(now)
        by_rows = self._by_rows(now, memory)
        found = {name: max(by_cpu.get(name, 1), by_rows.get(name, 1)) for name in now}
        self.factors = {name: factor for name, factor in found.items() if factor > 1}
        self.why = {
            name: self._said(now, name, memory, cpu=by_cpu.get(name, 1) >= by_rows.get(name, 1))
            for name in self.factors
        }

    def _by_cpu(self, costs: Mapping[str, Cost]) -> dict[str, int]:
        allowed = self._settings.cpu
        if allowed is None:
            return {}
        tight, easy = _slowed(costs, allowed), _slowed(costs, allowed * EASE)
        return {name: min(max(self.factors.get(name, 1), tight[name]), easy[name]) for name in costs}

    def _by_rows(self, costs: Mapping[str, Cost], memory: int | None) -> dict[str, int]:
        """Rows are what queues, ring and dictionaries hold: the collector with the most of them is slowed down."""
        allowed = self._settings.memory
        if allowed is None or memory is None or not costs:
            return {}
        if memory > allowed:
            self._level = min(self._level + 1, SLOWEST.bit_length() - 1)
        elif memory < allowed * EASE:
            self._level = max(self._level - 1, 0)
        largest = max(costs, key=lambda name: (costs[name].rows, name))
        return {largest: 1 << self._level}

    def _said(self, costs: Mapping[str, Cost], name: str, memory: int | None, *, cpu: bool) -> str:
        interval = costs[name].interval
        often = f"read every {show_duration(interval * self.factors[name])} instead of every {show_duration(interval)}"
        if cpu:
            share = sum(cost.cpu / cost.interval for cost in costs.values())
            allowed = self._settings.cpu or 0.0
            return f"{often}: collectors would take {share:.1%} of a CPU, and agent.budget.cpu is {allowed:.1%}"
        allowed_bytes = show_size(self._settings.memory or 0)
        return f"{often}: the agent holds {(memory or 0) >> 20} MiB, and agent.budget.memory is {allowed_bytes}"


def _slowed(costs: Mapping[str, Cost], allowed: float) -> dict[str, int]:
    """How many times its interval each must wait for all together to take no more than that share of a CPU."""
    factors = dict.fromkeys(costs, 1)
    share = {name: cost.cpu / cost.interval for name, cost in costs.items()}
    while sum(share.values()) > allowed:
        dearest = max((name for name in share if factors[name] < SLOWEST), key=share.__getitem__, default=None)
        if dearest is None:
            break
        factors[dearest] *= 2
        share[dearest] /= 2
    return factors
