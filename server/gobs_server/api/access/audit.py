"""REST: the record of who did what."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from gobs_server.access.audit import Entry
from gobs_server.api.access.refusing import Number
from gobs_server.api.access.shapes import AuditRecord, AuditRecords
from gobs_server.api.operations import Operations
from gobs_server.api.times import Moment, moment
from gobs_server.services import Services


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which records."""

    actor: Annotated[str, Meta(max_length=200, description="By whom; empty: anybody.")] = ""
    action: Annotated[str, Meta(max_length=64, description="What; `user.` for all that begin so.")] = ""
    since: Moment | None = None
    until: Moment | None = None
    before: Annotated[Number | None, Meta(description="Older than the record with this id.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


def add_audit(api: Operations, services: Services) -> None:
    """Add the operation on the record."""
    access = services.access

    @api.get("/audit", role="administrator", scope="access")
    async def list_audit(query: AuditQuery) -> AuditRecords:
        """What was done, by whom and from where, the newest first."""
        now = services.clock.wall()
        found = await access.audit.find(
            actor=query.actor,
            action=query.action,
            since=None if query.since is None else moment(query.since, "query.since", now),
            until=None if query.until is None else moment(query.until, "query.until", now),
            before=query.before,
            limit=query.limit,
        )
        return AuditRecords([_record(entry) for entry in found])


def _record(entry: Entry) -> AuditRecord:
    return AuditRecord(
        id=entry.id,
        time=entry.time,
        actor=entry.actor,
        kind=entry.kind,
        role=entry.role,
        address=entry.address,
        via=entry.via,
        action=entry.action,
        target=entry.target,
        before=entry.before,
        after=entry.after,
    )
