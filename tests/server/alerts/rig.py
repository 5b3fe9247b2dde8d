"""An engine over machines that exist only here, on a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gobs_core import Condition, RowValues, Table, counter, gauge, info, key
from gobs_server.alerts.conditions import gobs_register_conditions
from gobs_server.alerts.judging.engine import Engine
from gobs_server.alerts.judging.events import Ended, Event, Fired, LaneId, LaneState, Moved, Over, after_restart
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.judging.lanes import CLEARED, NO_DATA, TARGET_GONE
from gobs_server.alerts.rules.rule import Rule
from tests.server.feeding import Cluster, Machine

BOX = Table(
    "box",
    "Boxes of a size",
    [key("name", "Its name"), info("namespace", "Where"), info("labels", "Its labels"),
     gauge("size", "How large it is"),
     counter("turns", "How often it turned")],
)  # fmt: skip
WHY = {CLEARED: "cleared", TARGET_GONE: "gone", NO_DATA: "no data"}


def rule(name: str = "large", **more: Any) -> Rule:
    """Return a rule about the size of boxes."""
    said: dict[str, Any] = {"target": "row", "metric": "box.size", "threshold": 50.0, **more}
    return Rule(id=name, name=name, **said)


def conditions(*more: type[Condition]) -> Judging:
    """Return the built-in conditions and some more."""
    return Judging({cls.name: cls for cls in (*gobs_register_conditions(), *more)}, {})


class Rig:
    """An engine that can be started again, what it has remembered, and what it has told."""

    def __init__(self, *rules: Rule, judging: Judging | None = None, cluster: Cluster | None = None) -> None:
        self.cluster = cluster or Cluster()
        self.clock = self.cluster.clock
        self.judging = judging or conditions()
        self.rules = {one.id: one for one in rules}
        self.lanes: dict[LaneId, LaneState] = {}
        self.told: list[tuple[LaneId, float, str]] = []
        self.events: list[Event] = []
        self.engine = self._start()

    def machine(self, name: str = "n1", *tables: Table, interval: float = 5.0) -> Machine:
        """Return a node with boxes."""
        return self.cluster.machine(name, *(tables or (BOX,)), interval=interval)

    def feed(self, machine: Machine, boxes: Mapping[str, float | None], *, after: float = 5.0) -> None:
        """Let the node be read; None: the size is not known."""
        rows: list[RowValues] = [(name, "shop", "", size, 0) for name, size in boxes.items()]
        machine.feed({BOX: rows}, after=after)
        self.drain()

    def tick(self, after: float = 0.0) -> None:
        """Let time pass, and the engine go by the clock."""
        self.clock.move(after)
        self.engine.tick()
        self.drain()

    def restart(self) -> None:
        """End the engine and begin another one with what was remembered."""
        self.tick()
        self.engine = self._start()
        now = self.clock.monotonic()
        self.lanes = {lane: after_restart(state, now) for lane, state in self.lanes.items()}
        for lane, state in self.lanes.items():
            assert self.engine.restore(lane, state)

    def set_rule(self, new: Rule, *, void: bool = True) -> None:
        """Change a rule."""
        self.rules[new.id] = new
        for lane in self.engine.set_rules(self.rules.values(), [new.id] if void else []):
            del self.lanes[lane]

    def dismiss(self, lane: LaneId) -> None:
        """Dismiss an alert."""
        state = self.engine.dismiss(lane)
        if state is not None:
            self.lanes[lane] = state
            self.told.append((lane, self.clock.monotonic(), "dismissed"))

    def drain(self) -> None:
        """Remember what was found."""
        for event in self.engine.take():
            self.events.append(event)
            if isinstance(event, Moved):
                self.lanes[event.lane] = event.state
            elif isinstance(event, Ended):
                self.lanes.pop(event.lane, None)
            elif isinstance(event, Fired):
                self.lanes[event.lane] = event.state
                self.told.append((event.lane, event.at, "fired"))
            elif isinstance(event, Over):
                del self.lanes[event.lane]
                self.told.append((event.lane, event.at, WHY[event.reason]))

    def of(self, name: str, box: str) -> list[tuple[float, str]]:
        """What was told of one rule on one box."""
        return [(at, what) for lane, at, what in self.told if lane.rule == name and lane.key == (box,)]

    def _start(self) -> Engine:
        engine = Engine(self.cluster.live, self.judging, self.clock, grace=0)
        self.cluster.live.observer = engine.frame
        engine.set_rules(self.rules.values())
        return engine
