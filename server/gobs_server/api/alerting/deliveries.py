"""REST: messages, and what became of them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gobs_server.actor import current_actor
from gobs_server.alerts.records import Delivery
from gobs_server.alerts.service import Alerts
from gobs_server.api.alerting.refusals import refusals
from gobs_server.api.alerting.shapes import DeliveryDetail, DeliveryList, DeliverySummary
from gobs_server.api.operations import Operations
from gobs_server.api.problem import ApiError
from gobs_server.services import Services


class DeliveriesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages."""

    channel: Annotated[str, Meta(max_length=100)] = ""
    state: Literal["", "sending", "sent", "dead"] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


def add_deliveries(api: Operations, services: Services, alerts: Alerts) -> None:
    """Add the operations on messages."""

    @api.get("/deliveries", scope="alerts")
    async def list_deliveries(query: DeliveriesQuery) -> DeliveryList:
        """Messages: those on their way, then the newest of the others."""
        with refusals():
            found = await alerts.deliveries(query.channel, query.state, query.limit)
        return DeliveryList(deliveries=[_summary(one) for one in found], waiting=alerts.post.waiting())

    @api.get("/deliveries/<name:id>", scope="alerts", private=True, errors=(404,))
    async def get_delivery(id: str) -> DeliveryDetail:  # noqa: A002  the resource's word
        """One message, with all it says."""
        found = await _find(alerts, id)
        return DeliveryDetail(_summary(found), found.notification)

    @api.post("/deliveries/<name:id>/retry", role="operator", scope="alerts", errors=(404, 409, 503), status=202)
    async def retry_delivery(id: str) -> DeliverySummary:  # noqa: A002
        """Send a dead letter again, for another day."""
        found = await _find(alerts, id)
        if found.state != "dead":
            raise ApiError(409, f"the message is {found.state}; only a dead one can be sent again")
        with refusals():
            again = await alerts.switchboard.retry(found)
        await services.audit.record(current_actor(), "delivery.retry", found.id, None, {"channel": found.channel})
        return _summary(again)


async def _find(alerts: Alerts, delivery_id: str) -> Delivery:
    found = await alerts.delivery(delivery_id)
    if found is None:
        raise ApiError(404, "there is no message of that id")
    return found


def _summary(one: Delivery) -> DeliverySummary:
    said = one.notification
    return DeliverySummary(
        id=one.id,
        channel=one.channel,
        event=one.event,
        state=one.state,
        summary=said.summary,
        rule=said.rule,
        alerts=len(said.alerts) + said.more,
        made=one.made,
        attempts=one.attempts,
        tried=one.tried,
        next=one.next,
        ended=one.ended,
        said=one.said,
    )
