"""REST: alerts that fire and that are over."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gobs_server.actor import current_actor
from gobs_server.alerts.records import Alert
from gobs_server.alerts.service import Alerts
from gobs_server.api.alerting.refusals import refusals
from gobs_server.api.alerting.shapes import AlertAnswer, AlertDetail, AlertList, Dismissal
from gobs_server.api.operations import Operations
from gobs_server.api.problem import ApiError
from gobs_server.api.times import Moment, moment
from gobs_server.db.alerts import AlertSearch
from gobs_server.privacy import seen_alert
from gobs_server.services import Services

_Glob = Annotated[str, Meta(max_length=253, description="A name; it may end with *.")]


class AlertsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which alerts."""

    state: Literal["", "firing", "resolved"] = ""
    node: _Glob = ""
    namespace: _Glob = ""
    pod: _Glob = ""
    rule: Annotated[str, Meta(max_length=200, description="A rule's id or name.")] = ""
    severity: Literal["", "info", "warning", "critical"] = ""
    since: Annotated[Moment, Meta(description="Not over before that.")] | None = None
    until: Annotated[Moment, Meta(description="Fired before that.")] | None = None
    q: Annotated[str, Meta(max_length=200, description="Words in the rule's name or in what it is about.")] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


def add_alerts(api: Operations, services: Services, alerts: Alerts) -> None:
    """Add the operations on alerts."""

    @api.get("/alerts", scope="alerts")
    async def list_alerts(query: AlertsQuery) -> AlertList:
        """Alerts, those that fired last first."""
        now = services.clock.wall()
        since = None if query.since is None else moment(query.since, "query.since", now)
        until = None if query.until is None else moment(query.until, "query.until", now)
        rule = next((one.id for one in alerts.book.rules.values() if one.name == query.rule), query.rule)
        words = tuple(query.q.casefold().split())
        wanted = AlertSearch(
            query.state, query.node, query.namespace, query.pod, rule, query.severity, since, until, words
        )
        page = await alerts.search(wanted, query.limit, query.offset)
        return AlertList(
            alerts=[answer(alerts, one, now) for one in page.alerts], total=page.total, complete=page.complete
        )

    @api.get("/alerts/<name:id>", scope="alerts", errors=(404,))
    async def get_alert(id: str) -> AlertDetail:  # noqa: A002  the resource's word
        """One alert and the steps of its life."""
        found = await alerts.find(id)
        if found is None:
            raise ApiError(404, "there is no alert of that id")
        return AlertDetail(answer(alerts, found, services.clock.wall()), await alerts.past.changes(found.id))

    @api.post("/alerts/<name:id>/dismiss", role="operator", scope="alerts", errors=(404, 503), status=200)
    async def dismiss_alert(id: str, body: Dismissal) -> AlertAnswer:  # noqa: A002
        """Dismiss an alert that fires. It stays quiet until its condition does not hold, once."""
        actor = current_actor()
        with refusals():
            over = await alerts.desk.dismiss(id, actor.name, body.comment)
        after = {"rule": over.rule_name, "node": over.node, "comment": body.comment}
        await services.audit.record(actor, "alert.dismiss", over.id, None, after)
        return answer(alerts, over, services.clock.wall())


def answer(alerts: Alerts, alert: Alert, now: float) -> AlertAnswer:
    """An alert as it is told."""
    alert = seen_alert(alert)
    said = {name: getattr(alert, name) for name in Alert.__struct_fields__}
    told = alerts.texts(alert)
    return AlertAnswer(
        **said,
        row=told.row,
        value_text=told.value,
        worst_text=told.worst,
        threshold_text=told.threshold,
        duration=max(0.0, (alert.resolved or now) - alert.since),
        reason_text=told.reason,
        quiet=told.quiet,
    )
