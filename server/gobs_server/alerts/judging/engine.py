"""The engine: judges every frame when it comes, from memory, and what is not heard by the clock.

It awaits nothing. What it finds waits as events for whoever writes it down.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from gobs_core.logs import get_logger
from gobs_server.alerts.judging.compiled import Compiled
from gobs_server.alerts.judging.events import Event, LaneId, LaneState, Moved, state_of
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.judging.nodewatch import NodeWatch
from gobs_server.alerts.judging.shelf import Shelf
from gobs_server.alerts.judging.silent import Silent
from gobs_server.alerts.judging.source import Places, Source
from gobs_server.alerts.rules.check import Check, checks_of
from gobs_server.alerts.rules.rule import Rule
from gobs_server.clock import Clock
from gobs_server.live import Live, LiveTable, Node

log = get_logger("gobs.alerts")


class Engine:
    """Judges. Lives as long as the server; everything is called from the event loop.

    For `grace` seconds after the start nothing is said of nodes and rows that were not heard of yet.
    """

    def __init__(self, live: Live, judging: Judging, clock: Clock, *, grace: float = 60.0) -> None:
        self._live = live
        self._judging = judging
        self._clock = clock
        self._checks: dict[str, Sequence[Check]] = {}
        self._compiled = Compiled((), judging, {})
        self._nodes: dict[str, NodeWatch] = {}
        self._events: list[Event] = []
        self._running: set[asyncio.Task[None]] = set()
        self._silent = Silent(live, judging, self._events.append, clock.monotonic(), grace)
        self._shelf = Shelf()
        self.wake: Callable[[], None] = _nobody
        """Is called when there are events."""
        self.generation = 0
        """Raised when rules change."""
        self.frames = 0
        self.failures = 0
        """Frames that could not be judged."""

    # -- what comes in

    def frame(self, node: Node, tables: Mapping[str, LiveTable]) -> None:
        """Judge the tables of a node that were read; never raises."""
        watch = self._nodes.get(node.name)
        if watch is None:
            watch = self._nodes[node.name] = NodeWatch(node.name, self._judging, self._events.append, self._beside)
        try:
            watch.take(self._compiled, node, tables, self._clock)
        except Exception:
            self.failures += 1
            if self.failures & (self.failures - 1) == 0:
                log.exception("a frame could not be judged", node=node.name, failures=self.failures)
        self.frames += 1
        self._wake()

    def tick(self) -> None:
        """Judge by the clock; called once a second."""
        now = self._clock.monotonic()
        for name, watch in list(self._nodes.items()):
            node = self._live.node(name)
            watch.tick(self._compiled, node, now, self._clock)
            if watch.idle and node is None:
                del self._nodes[name]
        self._silent.tick(self._compiled, self._nodes, now)
        self._events += self._shelf.tick(self._compiled.rules, now)
        self._wake()

    # -- what is asked of it

    def take(self) -> list[Event]:
        """The events since the last call, in order."""
        events = list(self._events)
        self._events.clear()
        return events

    def set_rules(self, rules: Iterable[Rule], void: Iterable[str] = ()) -> list[LaneId]:
        """Judge by these rules from now on; lanes of those in `void` begin anew.

        Returns the lanes that were not ok and are no more, because their rule is void or was not given.
        """
        rules = list(rules)
        checks: dict[str, Sequence[Check]] = {}
        for rule in rules:
            known = self._checks.get(rule.id)
            same = known and known[0].rule == rule
            checks[rule.id] = known if same and known else tuple(checks_of(rule, self._judging.conditions))
        self._checks = checks
        self._compiled = Compiled(rules, self._judging, checks)
        self.generation += 1
        left = frozenset(self._compiled.rules) - frozenset(void)
        gone = [lane for watch in self._nodes.values() for lane in watch.clear(left)]
        gone += self._silent.clear(self._compiled, left) + self._shelf.clear(left)
        for lane, state in self._shelf.take(lambda lane: bool(checks[lane.rule])):
            if not self.restore(lane, state):
                gone.append(lane)
        return gone

    def unjudged(self) -> list[Rule]:
        """The rules that are on and of which nothing can be judged: their condition is not here, or says nothing."""
        return [rule for rule in self._compiled.rules.values() if not self._checks[rule.id]]

    def checks(self, rule: str) -> Sequence[Check]:
        """The checks of a rule."""
        return self._checks.get(rule, ())

    def dismiss(self, lane: LaneId) -> LaneState | None:
        """Let an alert be quiet until its condition does not hold, once; returns what to remember, None: no such."""
        watch = self._nodes.get(lane.node)
        found = self._silent.dismiss(lane) or self._shelf.dismiss(lane)
        return found or (watch.dismiss(lane) if watch is not None else None)

    def restore(self, lane: LaneId, state: LaneState) -> bool:
        """Take up a lane as it was before a restart; false where its rule is no more.

        Where only the rule's condition is not here, the lane waits for it.
        """
        if lane.rule not in self._compiled.rules:
            return False
        check = next((one for one in self._checks[lane.rule] if one.severity is lane.severity), None)
        if check is None:
            if not self._checks[lane.rule]:
                self._shelf.put(lane, state)
            return not self._checks[lane.rule]
        if check.silence:
            self._silent.adopt(check, lane, state)
            return True
        watch = self._nodes.get(lane.node)
        if watch is None:
            watch = NodeWatch(lane.node, self._judging, self._events.append, self._beside)
            self._nodes[lane.node] = watch
        watch.adopt(lane, state)
        return True

    def credit(self, lane: LaneId, since: float) -> None:
        """What was filled in later shows that a pending condition has held since then."""
        found = self._nodes[lane.node].find(lane) if lane.node in self._nodes else None
        if found is not None and found[0].credit(found[1], since):
            self._events.append(Moved(lane, state_of(*found)))
            self._wake()

    def pending(self, node: str) -> list[tuple[LaneId, LaneState]]:
        """The lanes of a node that wait to fire."""
        watch = self._nodes.get(node)
        return watch.pending() if watch is not None else []

    def waiting(self) -> list[tuple[LaneId, LaneState]]:
        """All lanes that wait to fire."""
        return [pair for watch in self._nodes.values() for pair in watch.pending()]

    def matches(self, rule: str) -> int:
        """How many rows a rule means, of the nodes heard since it was made."""
        return sum(watch.count(rule) for watch in self._nodes.values())

    def matched(self) -> Mapping[str, int]:
        """The same of all rules at once."""
        sums: dict[Source, Places] = {}
        for watch in self._nodes.values():
            for plan in watch.plans():
                known = sums.get(plan.source)
                sums[plan.source] = plan.counts if known is None else known + plan.counts
        found: dict[str, int] = defaultdict(int)
        for source, counts in sums.items():
            told = counts.tolist()
            for rule, places in source.places_of.items():
                found[rule] += max(told[place] for place in places)
        return found

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.failures += 1
            log.error("a frame could not be judged", exc_info=task.exception())
        self._wake()

    def _wake(self) -> None:
        if self._events:
            self.wake()


def _nobody() -> None:
    """Nobody waits for events."""
