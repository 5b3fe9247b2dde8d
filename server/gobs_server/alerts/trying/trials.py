"""Trials: rules tried on the past, and pending alerts given the time that only a back-fill has shown."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine
from typing import Any

from gobs_core.logs import get_logger
from gobs_server.alerts.faults import Invalid, Wrong
from gobs_server.alerts.judging.engine import Engine
from gobs_server.alerts.judging.events import LaneId
from gobs_server.alerts.judging.judging import TRIED, Judging
from gobs_server.alerts.judging.nodewatch import node_memory
from gobs_server.alerts.rules.check import checks_of
from gobs_server.alerts.rules.rule import Rule, RuleFields
from gobs_server.alerts.rules.selector import Globs
from gobs_server.alerts.trying.preview import Kept, Preview, preview
from gobs_server.alerts.trying.replay import Replay
from gobs_server.clock import Clock
from gobs_server.history import History
from gobs_server.live import Live

log = get_logger("gobs.alerts")
_BACK = 60.0
"""Seconds before the waiting began from which on the past is judged again, besides what a window needs."""


class Trials:
    """Tries rules. Lives as long as the server; one trial at a time, beside the event loop."""

    def __init__(
        self,
        engine: Engine,
        judging: Judging,
        live: Live,
        history: History,
        clock: Clock,
        beside: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._engine = engine
        self._judging = judging
        self._live = live
        self._history = history
        self._clock = clock
        self._beside = beside
        self._turn = asyncio.Lock()
        self._filled: set[str] = set()

    async def preview(self, fields: RuleFields, seconds: float) -> Preview:
        """When a rule that was found to be right would have fired within so many seconds until now."""
        rule = Rule(**{name: getattr(fields, name) for name in RuleFields.__struct_fields__}, id=TRIED)
        await self._judging.learn([fields])
        checks = tuple(checks_of(rule, self._judging.conditions))
        if not checks:
            raise Invalid([Wrong("condition", f"one that answers; {fields.condition!r} does not now")])
        until = self._clock.wall()
        globs = Globs(fields.node)
        nodes = [self._kept(node.name) for node in self._live.nodes() if globs.match(node.name)]
        async with self._turn:
            return await asyncio.to_thread(preview, checks, self._judging, nodes, until - seconds, until)

    def filled(self, node: str, start: float, end: float) -> None:
        """A late segment was kept: what waits on that node may have waited longer than was known."""
        if node not in self._filled and self._engine.pending(node):
            self._filled.add(node)
            self._beside(self._credit(node))

    async def _credit(self, node: str) -> None:
        await asyncio.sleep(0.5)  # segments come in a row
        async with self._turn:
            self._filled.discard(node)
            shift = self._clock.monotonic() - self._clock.wall()
            by_rule: defaultdict[str, list[LaneId]] = defaultdict(list)
            first: dict[str, float] = {}
            for lane, state in self._engine.pending(node):
                by_rule[lane.rule].append(lane)
                first[lane.rule] = min(first.get(lane.rule, state.since), state.since)
            for rule, lanes in by_rule.items():
                pending = await self._waiting(node, rule, first[rule] - shift)
                for lane in lanes:
                    if lane in pending:
                        self._engine.credit(lane, pending[lane] + shift)

    async def _waiting(self, node: str, rule: str, first: float) -> dict[LaneId, float]:
        """What of a rule waits on a node, and since when, by all that is kept now."""
        checks, kept, until = self._engine.checks(rule), self._kept(node), self._clock.wall()
        need = max((c.params.hold + c.lookback + c.rule.window_seconds for c in checks), default=0.0)
        pending: dict[LaneId, float] = {}

        def run() -> None:
            replay = Replay(checks, self._judging)
            deque(replay.node(node, kept.past, kept.memory, first - need - _BACK, until, pending), maxlen=0)

        await asyncio.to_thread(run)
        return pending

    def _kept(self, name: str) -> Kept:
        node = self._live.node(name)
        memory = node_memory(node.tables.get("memory")) if node is not None else float("nan")
        return Kept(name, self._history.past(name), memory)
