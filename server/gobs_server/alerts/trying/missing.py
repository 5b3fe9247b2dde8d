"""Missing: when rows that a rule means were nowhere, by the past of many nodes; as the engine would have found it."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

import numpy as np

from gobs_core import Sample
from gobs_server.alerts.judging.absences import allowance, silence_events
from gobs_server.alerts.judging.events import Event
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.judging.lanes import COOL, FIRING, HOT, Lanes
from gobs_server.alerts.judging.matching import Matcher
from gobs_server.alerts.judging.reading import Rows
from gobs_server.alerts.judging.watch import GAP
from gobs_server.alerts.rules.check import Check
from gobs_server.alerts.rules.metrics import tables_of
from gobs_server.history.past import Past
from gobs_server.live import LiveTable

_TICK = 1.0
_INTERVAL = 5.0
"""As the engine takes for granted where no single node is meant."""


class Missing:
    """One check over some time. `look` at each node, then `events`. Times: server's wall seconds."""

    def __init__(self, check: Check, judging: Judging, since: float, until: float) -> None:
        self._check = check
        self._judging = judging
        self._since = since
        self._until = until
        self._there: list[tuple[float, float]] = []
        """From when to when some row was there."""

    def look(self, past: Past) -> None:
        """Find when rows were on a node."""
        for name in tables_of(self._check.rule):
            matcher, live = None, None
            began, known = nan, nan
            for reading in past.readings(name, self._since, self._until):
                declared = reading.state.layout.table
                if matcher is None or live is None or live.table is not declared:
                    matcher, live = Matcher(declared, [self._check]), LiveTable(reading.state, reading.interval)
                live.update(reading.state, reading.texts, reading.time, 0)
                if known == known:  # noqa: PLR0124  NaN
                    self._there.append((began, min(known, reading.time)))
                texts = set(Rows(live.view(), lambda: nan).texts(matcher.columns))
                found = any(len(matcher.match(one)) for one in texts)
                began, known = (reading.time, reading.time + GAP * reading.interval) if found else (nan, nan)
            if known == known:  # noqa: PLR0124  as above
                self._there.append((began, min(known, self._until)))

    def events(self) -> Iterator[Event]:
        """What would have been found, second by second."""
        check, lanes = self._check, Lanes([self._check.params])
        spans, off, last = sorted(self._there, reverse=True), allowance(self._check, _INTERVAL), self._since
        until, now = self._since, self._since
        while (now := now + _TICK) <= self._until:
            while spans and spans[-1][0] <= now:
                until = max(until, spans.pop()[1])
            last = max(last, min(until, now))
            silence = now - last
            sample = Sample([silence - off], [bool(lanes.state[0] == FIRING)])
            said = HOT if [*self._judging.ask_one(check, sample)][:1] == [1] else COOL
            values = np.array([silence])
            step = lanes.step(now, np.inf, np.array([said], dtype=np.int8), values)
            yield from silence_events(check, [""], step, values, lanes, now)
