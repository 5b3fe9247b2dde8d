"""Absences: rules about what is not heard, judged by the clock: silent nodes, and rows that nowhere match."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isnan

import numpy as np

from gobs_core import Sample, Unit
from gobs_server.alerts.conditions import Absent
from gobs_server.alerts.judging.events import Ended, Event, Fired, LaneId, Moved, Over, state_of
from gobs_server.alerts.judging.lanes import COOL, FIRING, GONE, HOT, OK, Lanes, Step
from gobs_server.alerts.judging.source import WHOLE
from gobs_server.alerts.judging.watch import GAP
from gobs_server.alerts.rules.check import Check
from gobs_server.live import Node

_LEAST = 3.0
"""Seconds of silence that are none, however short the interval."""
_INTERVAL = 5.0
"""Of a node that was not heard since the start."""

Ask = Callable[[Check, Sample, Sequence[str]], Sequence[float]]


def allowance(check: Check, interval: float) -> float:
    """Seconds of silence that are taken off, where the rule leaves it to the node's interval."""
    own = isinstance(check.condition, Absent) and not check.parameters.after_seconds
    return max(GAP * (interval or _INTERVAL), _LEAST) if own else 0.0


class Absence:
    """One check about silence: of nodes, each by its name, or of all rows that match, under the empty name."""

    def __init__(self, check: Check, started: float) -> None:
        self.check = check
        self.lanes = Lanes()
        self.who: list[str] = []
        self.there: set[str] = set()
        """Nodes on which some row matched when its table was read last."""
        self.last = started
        """When a row matched last anywhere."""

    def judge(self, now: float, nodes: Iterable[Node], started: float, ask: Ask) -> tuple[list[str], Step, np.ndarray]:
        """Go on to `now`; returns who changed as in `step`, and the silences."""
        silences = self._silences(now, nodes, started)
        names = list(dict.fromkeys([*silences, *self.who]))
        values = np.array([silences[name][0] if name in silences else np.nan for name in names])
        excess = np.array([silences[n][0] - silences[n][1] if n in silences else np.nan for n in names])
        fires = {name: self.lanes.state[place] == FIRING for place, name in enumerate(self.who)}
        given = [name for name in names if name in silences]
        firing = [bool(fires.get(name)) for name in given]
        answer = self._answers(ask, given, excess[~np.isnan(excess)], firing)
        said = [GONE if name not in silences else answer[name] for name in names]
        more = [name for name, one in zip(names, said, strict=True) if one == HOT and name not in fires]
        self.lanes.add([self.check.params] * len(more))
        self.who += more
        by_name = dict(zip(names, zip(said, values.tolist(), strict=True), strict=True))
        codes = np.array([by_name[name][0] for name in self.who], dtype=np.int8)
        found = np.array([by_name[name][1] for name in self.who], dtype=np.float64)
        who, step = list(self.who), self.lanes.step(now, np.inf, codes, found)
        return who, step, found

    def tidy(self) -> None:
        """Let go of lanes that are ok; once whoever judged has read what became of them."""
        stay = self.lanes.state != OK
        if not stay.all():
            self.lanes.retain(stay)
            self.who = [name for name, kept in zip(self.who, stay.tolist(), strict=True) if kept]

    def _silences(self, now: float, nodes: Iterable[Node], started: float) -> dict[str, tuple[float, float]]:
        """Name -> silence, and what is taken off."""
        wanted = [node for node in nodes if self.check.node.match(node.name)]
        if self.check.rule.target == "node":
            return {
                node.name: (now - max(node.framed, started), allowance(self.check, node.interval)) for node in wanted
            }
        if any(now - node.framed <= GAP * (node.interval or _INTERVAL) for node in wanted if node.name in self.there):
            self.last = now
        return {"": (now - self.last, allowance(self.check, _INTERVAL))}

    def _answers(self, ask: Ask, names: list[str], excess: np.ndarray, firing: list[bool]) -> dict[str, int]:
        values: list[float] = excess.tolist()
        answer = ask(self.check, Sample(values, firing), names)
        return {
            name: HOT if one == 1 or (isnan(one) and fires) else COOL
            for name, one, fires in zip(names, answer, firing, strict=True)
        }


def silence_events(
    check: Check, names: Sequence[str], step: Step, values: np.ndarray, lanes: Lanes, now: float
) -> Iterator[Event]:
    """What became of lanes about silence; `names` are the nodes they are of."""
    who = [LaneId(check.rule.id, check.severity, name, WHOLE) for name in names]
    for place in step.ended.tolist():
        yield Ended(who[place])
    for place, reason in zip(step.resolved.tolist(), step.reasons.tolist(), strict=True):
        yield Over(who[place], now, float(values[place]), float(lanes.worst[place]), reason)
    for place in (*step.began.tolist(), *step.moved.tolist()):
        yield Moved(who[place], state_of(lanes, place, 1.0))
    for place in step.fired.tolist():
        value = float(values[place])
        yield Fired(who[place], state_of(lanes, place, 1.0), now, value, Unit.SECONDS, False, {}, "", None)
