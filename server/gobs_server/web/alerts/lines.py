"""An alert, or what waits to become one, as a line of a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import nan
from typing import NamedTuple

from gobs_core import Severity
from gobs_server.alerts.judging.events import LaneId
from gobs_server.alerts.judging.reading import Rows
from gobs_server.alerts.records import Alert
from gobs_server.alerts.rules.check import GRAVE
from gobs_server.alerts.rules.metrics import tables_of
from gobs_server.alerts.rules.rule import Rule
from gobs_server.alerts.service import Alerts, Texts
from gobs_server.clock import Clock
from gobs_server.live import Live, Node
from gobs_server.paths import segment
from gobs_server.privacy import seen_alert

COLOURS = {Severity.CRITICAL: "down", Severity.WARNING: "stale", Severity.INFO: "idle"}


class Line(NamedTuple):
    """One alert."""

    alert: Alert
    path: str
    colour: str
    texts: Texts
    lasted: float
    """Seconds from when its condition began to hold until it was over, or until now."""


class Waiting(NamedTuple):
    """One row whose condition holds, but not yet for long enough."""

    rule: Rule
    severity: Severity
    colour: str
    node: str
    row: str
    since: float
    left: float
    """Seconds until it fires, if it goes on."""


def line(alerts: Alerts, alert: Alert, now: float) -> Line:
    """An alert as it is at a moment of the server's clock, as who asks may see it."""
    lasted = max(0.0, (alert.resolved or now) - alert.since)
    shown = seen_alert(alert)
    return Line(shown, f"/alerts/{segment(alert.id)}", COLOURS[alert.severity], alerts.texts(alert), lasted)


def lines(alerts: Alerts, found: Iterable[Alert], now: float) -> list[Line]:
    """Some alerts, those that fire first, the gravest of them at the top."""
    ordered = sorted(
        found,
        key=lambda one: (
            one.state != "firing",
            -GRAVE[one.severity] if one.state == "firing" else 0,
            -one.fired,
            one.id,
        ),
    )
    return [line(alerts, one, now) for one in ordered]


def waiting(alerts: Alerts, live: Live, clock: Clock) -> Iterator[Waiting]:
    """What is pending, whatever will fire first at the top."""
    found = []
    for lane, state in alerts.engine.waiting():
        rule = alerts.book.rule(lane.rule)
        check = next((one for one in alerts.engine.checks(lane.rule) if one.severity is lane.severity), None)
        if rule is None or check is None:
            continue
        held = clock.monotonic() - state.since
        found.append(
            Waiting(
                rule=rule,
                severity=lane.severity,
                colour=COLOURS[lane.severity],
                node=lane.node,
                row=row_of(live.node(lane.node), rule, lane),
                since=clock.wall() - held,
                left=max(0.0, check.params.hold - held),
            )
        )
    return iter(sorted(found, key=lambda one: (one.left, one.rule.name, one.node, one.row)))


def row_of(node: Node | None, rule: Rule, lane: LaneId) -> str:
    """The row of a lane in a few words, by the names it has now; empty where it is about a node as a whole."""
    for name in tables_of(rule) if node is not None else ():
        table = node.tables.get(name) if node is not None else None
        place = table.view().find(lane.key) if table is not None else None
        if table is not None and place is not None:
            texts = Rows(table.view(), lambda: nan).describe(place)
            if rule.target == "pod":
                pod = texts.get("pod") or texts.get("name") or texts.get("workload") or ""
                return "/".join(filter(None, (texts.get("namespace"), pod)))
            if name == "process":
                return " ".join(filter(None, (texts.get("comm"), texts.get("pid"))))
    return " ".join(lane.key)
