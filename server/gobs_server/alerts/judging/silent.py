"""All rules about silence: judged once a second, over all nodes, with a grace after the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gobs_server.alerts.judging.absences import Absence, silence_events
from gobs_server.alerts.judging.compiled import Compiled
from gobs_server.alerts.judging.events import Event, LaneId, LaneState, adopt, dismiss
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.judging.nodewatch import NodeWatch
from gobs_server.alerts.judging.source import WHOLE
from gobs_server.alerts.rules.check import Check
from gobs_server.live import Live


class Silent:
    """Judges what is not heard. Lives as long as the engine."""

    def __init__(
        self, live: Live, judging: Judging, emit: Callable[[Event], None], started: float, grace: float
    ) -> None:
        self._live = live
        self._judging = judging
        self._emit = emit
        self._started = started
        self._grace = grace
        self._absences: dict[tuple[str, str], Absence] = {}

    def tick(self, compiled: Compiled, watches: Mapping[str, NodeWatch], now: float) -> None:
        """Go on to `now`."""
        if not compiled.silence or now - self._started < self._grace:
            return
        nodes = self._live.nodes()
        for check in compiled.silence:
            absence = self._absence(check)
            if check.rule.target != "node":
                absence.there = {name for name, watch in watches.items() if id(check) in watch.present}
            who, step, values = absence.judge(now, nodes, self._started, self._judging.ask_silence)
            for event in silence_events(check, who, step, values, absence.lanes, now):
                self._emit(event)
            absence.tidy()

    def adopt(self, check: Check, lane: LaneId, state: LaneState) -> None:
        """Take up a lane as it was before a restart."""
        absence = self._absence(check)
        adopt(absence.lanes, check.params, state, 1.0)
        absence.who.append(lane.node)

    def dismiss(self, lane: LaneId) -> LaneState | None:
        """Let an alert be quiet; None: it does not fire."""
        absence = self._absences.get((lane.rule, lane.severity))
        if absence is None or lane.node not in absence.who:
            return None
        return dismiss(absence.lanes, absence.who.index(lane.node), 1.0)

    def clear(self, compiled: Compiled, left: frozenset[str]) -> list[LaneId]:
        """Let go of rules that are not left, and judge by the others as they are now."""
        gone: list[LaneId] = []
        now = {(check.rule.id, check.severity.value): check for check in compiled.silence}
        for name, absence in list(self._absences.items()):
            check = now.get(name)
            if check is None or check.rule.id not in left:
                gone += [LaneId(name[0], absence.check.severity, node, WHOLE) for node in absence.who]
                del self._absences[name]
            else:
                absence.check = check
        return gone

    def _absence(self, check: Check) -> Absence:
        name = (check.rule.id, check.severity.value)
        absence = self._absences.get(name)
        if absence is None:
            absence = self._absences[name] = Absence(check, self._started)
        return absence
