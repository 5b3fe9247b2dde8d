"""REST: channels."""

from __future__ import annotations

from gobs_server.actor import current_actor
from gobs_server.alerts.records import ChannelSettings
from gobs_server.alerts.service import Alerts
from gobs_server.api.alerting.kinds import settings_schema
from gobs_server.api.alerting.refusals import refusals
from gobs_server.api.alerting.shapes import ChannelAnswer, ChannelBody, ChannelList, NewChannel, TestAnswer
from gobs_server.api.operations import Operations
from gobs_server.services import Services


def add_channels(api: Operations, services: Services, alerts: Alerts) -> None:
    """Add the operations on channels."""
    board = alerts.switchboard

    @api.get("/channels", scope="alerts")
    async def list_channels() -> ChannelList:
        """All channels, and the notifiers there are."""
        channels = sorted(alerts.book.channels.values(), key=lambda one: one.name)
        kinds = {name: settings_schema(cls.Config) for name, cls in alerts.kinds.classes.items()}
        return ChannelList([_answer(alerts, one) for one in channels], kinds)

    @api.post("/channels", role="administrator", scope="alerts", errors=(409, 422, 503))
    async def add_channel(body: NewChannel) -> ChannelAnswer:
        """Make a channel."""
        actor = current_actor()
        with refusals():
            made = await board.add(body.name, body.kind, body.settings, actor.name, enabled=body.enabled)
        await services.audit.record(actor, "channel.add", made.name, None, _shown(alerts, made))
        return _answer(alerts, made)

    @api.put("/channels/<name:id>", role="administrator", scope="alerts", errors=(404, 409, 422, 503))
    async def change_channel(id: str, body: ChannelBody) -> ChannelAnswer:  # noqa: A002  the resource's word
        """Change a channel. A secret sent as *** stays as it was. One that was stopped is used again."""
        actor = current_actor()
        before = alerts.book.channels.get(id)
        with refusals():
            made = await board.change(id, body.kind, body.settings, actor.name, enabled=body.enabled)
        old = None if before is None else _shown(alerts, before)
        await services.audit.record(actor, "channel.change", made.name, old, _shown(alerts, made))
        return _answer(alerts, made)

    @api.delete("/channels/<name:id>", role="administrator", scope="alerts", errors=(404, 409, 503))
    async def delete_channel(id: str) -> None:  # noqa: A002
        """Delete a channel; what waits for it becomes a dead letter."""
        actor = current_actor()
        with refusals():
            gone = await board.delete(id)
        await services.audit.record(actor, "channel.delete", gone.name, _shown(alerts, gone), None)

    @api.post("/channels/<name:id>/test", role="operator", scope="alerts", errors=(404, 503), status=200)
    async def check_channel(id: str) -> TestAnswer:  # noqa: A002
        """Send a test now, whatever waits, and say exactly what the service answered."""
        actor = current_actor()
        with refusals():
            taken, said = await board.test(id)
        await services.audit.record(actor, "channel.test", id, None, {"taken": taken, "said": said})
        return TestAnswer(taken, said)


def _answer(alerts: Alerts, channel: ChannelSettings) -> ChannelAnswer:
    may_change = current_actor().may("administrator", "alerts")
    return ChannelAnswer(
        id=channel.id,
        name=channel.name,
        kind=channel.kind,
        enabled=channel.enabled,
        origin=channel.origin,
        read_only=channel.origin == "settings",
        settings=alerts.kinds.shown(channel) if may_change else {},
        stopped=channel.stopped,
        waiting=alerts.post.waiting().get(channel.name, 0),
        failing=alerts.post.failing(channel.name),
        created=channel.created,
        changed=channel.changed,
        by=channel.by,
    )


def _shown(alerts: Alerts, channel: ChannelSettings) -> dict[str, object]:
    return {"kind": channel.kind, "enabled": channel.enabled, "settings": alerts.kinds.shown(channel)}
