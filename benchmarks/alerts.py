"""Alerts: what judging costs with 10,000 rules, how soon people are told, 10,000 at once, and trying out the past."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import nan
from statistics import median
from typing import NamedTuple

from benchmarks.alerts_past import past
from benchmarks.alerts_telling import burst, telling
from benchmarks.fleet import Wandering, fleet
from benchmarks.report import Report
from gobs_server.alerts.judging.engine import Engine
from gobs_server.alerts.rules.rule import Rule
from gobs_server.live import LiveTable, Node
from tests.server.alerts.rig import conditions
from tests.server.feeding import Cluster

METRICS = ("cpu", "memory", "network", "disk")
NODE = "node-{:04}.example.internal"
"""As `fleet` calls them."""
_INTERVAL = 5.0
_REACHED = 1e15
"""No figure of a node is that large."""


class Size(NamedTuple):
    """How much is measured."""

    rules: int = 10_000
    fleets: tuple[int, ...] = (1, 10, 100)
    nodes: int = 1000
    rounds: int = 9
    told: int = 200
    boxes: int = 100
    minutes: int = 60


def run(quick: bool) -> list[Report]:
    """Measure all of it, or for a quick run a little of each."""
    return measure(Size(200, (1, 5), 10, 2, 5, 5, 3) if quick else Size())


def measure(size: Size) -> list[Report]:
    """Measure that much."""
    few = min(size.nodes, 100)
    return [
        judging(size),
        large(size),
        asyncio.run(telling(few, size.told)),
        asyncio.run(burst(few, size.boxes)),
        asyncio.run(past(few, size.minutes)),
    ]


def judging(size: Size) -> Report:
    """Every rule names one node; a round is a frame of each of them, six tables in it, each judged as it comes."""
    report = Report(f"Alerts: {size.rules:,} rules, each of one node")
    for nodes in size.fleets:
        many = size.rules // nodes
        rules = [_rule(f"{node}-{one}", one, NODE.format(node)) for node in range(nodes) for one in range(many)]
        taken, nothing = (_rounds(Ground(nodes, some), size.rounds) for some in (rules, []))
        name = f"a round of {nodes} {'frame' if nodes == 1 else 'frames'}"
        each = 1e6 / nodes
        note = (
            f"{many:,} rules a node, {each * median(taken):.0f} µs a frame; {each * median(nothing):.1f} without rules"
        )
        report.figure(name, 1e3 * median(taken), "ms", note)
        if nodes == size.fleets[1]:
            report.bar(name, 1e3 * median(taken), at_most=0.5, unit="ms")
    report.figure("one rule after the other in Python", 1e3 * _one_by_one(size), "ms", "values at hand, no state kept")
    return report


def large(size: Size) -> Report:
    """Every rule means every node; what waits by the clock is counted too."""
    report = Report(f"Alerts: {size.rules:,} rules on each of {size.nodes:,} nodes, every {_INTERVAL:g} s")
    for firing in (0, 10):
        ground = Ground(size.nodes, [_rule(str(one), one, "*", reached=one < firing) for one in range(size.rules)])
        taken = _rounds(ground, max(size.rounds // 3, 2))
        clock = median([_timed(ground.engine.tick) for _ in range(3)])
        share = 100 * (median(taken) + _INTERVAL * clock) / _INTERVAL
        name = f"{firing} alerts fire on each node" if firing else "nothing fires"
        report.figure(f"{name}: frames", 1e6 * median(taken) / size.nodes, "µs a frame")
        report.figure(f"{name}: by the clock", 1e3 * clock, "ms a second")
        report.bar(f"{name}: share of a core", share, at_most=5, unit="%")
        if not firing:
            changed = _timed(ground.change)
            report.figure("a rule is changed", 1e3 * changed, "ms")
            report.figure("the first round after that", 1e6 * _rounds(ground, 1)[0] / size.nodes, "µs a frame")
    return report


class Ground:
    """Nodes whose frames are judged as they come, as a server does, and the time that takes."""

    def __init__(self, nodes: int, rules: Sequence[Rule]) -> None:
        self.cluster = Cluster()
        self.nodes: list[Wandering] = fleet(self.cluster, nodes)
        self.rules = list(rules)
        self.engine = Engine(self.cluster.live, conditions(), self.cluster.clock, grace=0)
        self.engine.set_rules(self.rules)
        self.cluster.live.observer = self._judge
        self._taken = 0.0
        gc.collect()
        gc.freeze()  # what stands for the agents is no part of a server

    def round(self) -> float:
        """Take and judge a frame of every node; returns the CPU seconds of the judging."""
        self._taken = 0.0
        self.cluster.clock.move(_INTERVAL)
        for node in self.nodes:
            node.feed()
        return self._taken

    def _judge(self, node: Node, tables: Mapping[str, LiveTable]) -> None:
        self._taken += _timed(lambda: self.engine.frame(node, tables))

    def change(self) -> None:
        """Change one rule."""
        first = self.rules[0]
        self.rules[0] = Rule(**{name: getattr(first, name) for name in Rule.__struct_fields__ if name != "threshold"},
                             threshold=2 * _REACHED)  # fmt: skip
        self.engine.set_rules(self.rules, [first.id])


def _rounds(ground: Ground, count: int) -> list[float]:
    """CPU seconds that judging takes, for each of so many rounds; the first ones, in which all is new, are left out."""
    found = []
    for number in range(count + 2 if count > 1 else 1):
        taken = ground.round()
        ground.engine.take()
        if number >= 2 or count == 1:
            found.append(taken)
    return found


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time_ns()
    work()
    return (time.process_time_ns() - began) / 1e9


def _rule(name: str, number: int, node: str, *, reached: bool = False) -> Rule:
    limit = -1.0 if reached else _REACHED + number
    return Rule(id=name, name=name, node=node, metric=METRICS[number % len(METRICS)], threshold=limit)


def _one_by_one(size: Size) -> float:
    """The way of one object a rule: look its value up, compare, go on to the next."""
    rules = [_rule(str(one), one, "*") for one in range(size.rules)]
    values = dict.fromkeys(METRICS, 50.0)

    def breached() -> Iterator[Rule]:
        for rule in rules:
            value = values.get(rule.metric, nan)
            limit = rule.threshold
            assert isinstance(limit, float)
            if (rule.operator == ">" and value > limit) or (rule.operator == "<" and value < limit):
                yield rule

    return min(_timed(lambda: list(breached())) for _ in range(5))


if __name__ == "__main__":
    for one in run("--quick" in sys.argv):
        print(one.text(), flush=True)
