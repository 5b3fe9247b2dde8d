"""REST: silences."""

from __future__ import annotations

import msgspec

from gobs_server.actor import current_actor
from gobs_server.alerts.service import Alerts
from gobs_server.alerts.telling.silence import Matcher, Silence, SilenceFields
from gobs_server.api.alerting.alerts import answer as alert_answer
from gobs_server.api.alerting.refusals import refusals
from gobs_server.api.alerting.shapes import Matched, SilenceAnswer, SilenceList
from gobs_server.api.operations import Operations
from gobs_server.services import Services


def add_silences(api: Operations, services: Services, alerts: Alerts) -> None:
    """Add the operations on silences."""
    clock = services.clock

    @api.get("/silences", scope="alerts")
    async def list_silences() -> SilenceList:
        """All silences, those that are over for thirty days."""
        return SilenceList([_answer(alerts, one, clock.wall()) for one in alerts.book.silences])

    @api.post("/silences", role="operator", scope="alerts", errors=(422, 503))
    async def add_silence(body: SilenceFields) -> SilenceAnswer:
        """Let nobody be told of what all the globs match. It fires all the same, and is told of afterwards."""
        actor = current_actor()
        with refusals():
            silence = await alerts.desk.add_silence(body, actor.name)
        await services.audit.record(actor, "silence.add", silence.id, None, msgspec.to_builtins(body))
        return _answer(alerts, silence, clock.wall())

    @api.post("/silences/preview", role="viewer", scope="alerts", status=200)
    async def preview_silence(body: SilenceFields) -> Matched:
        """What a silence would match of what fires now; nothing is saved."""
        matcher, now = Matcher(body), clock.wall()
        hit = [one for one in alerts.keeper.alerts.values() if matcher.match(one)]
        return Matched(alerts=[alert_answer(alerts, one, now) for one in hit[:1000]], everything=matcher.everything)

    @api.delete("/silences/<name:id>", role="operator", scope="alerts", errors=(404, 503))
    async def end_silence(id: str) -> SilenceAnswer:  # noqa: A002  the resource's word
        """End a silence now; what fires and was kept quiet is told of."""
        actor = current_actor()
        with refusals():
            silence = await alerts.desk.end_silence(id)
        await services.audit.record(actor, "silence.end", silence.id, {"comment": silence.comment}, None)
        return _answer(alerts, silence, clock.wall())


def _answer(alerts: Alerts, silence: Silence, now: float) -> SilenceAnswer:
    said = {name: getattr(silence, name) for name in Silence.__struct_fields__}
    matched = alerts.book.matched(silence, alerts.keeper.alerts.values())
    return SilenceAnswer(**said, active=silence.holds(now), alerts=len(matched))
