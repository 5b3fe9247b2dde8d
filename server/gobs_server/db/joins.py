"""Join tokens and credentials of agents as they are in the database: what is asked, and what changes them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gobs_server.db.models import AgentJoin

_KEPT = timedelta(days=30)
"""How long is shown what ended."""


class Join(NamedTuple):
    """One join token, and the credential it was exchanged for. Hashes are hexadecimal SHA-256."""

    id: str
    token_hash: str
    node: str | None
    created_at: datetime
    expires_at: datetime
    joined_at: datetime | None
    credential_hash: str | None
    used_at: datetime | None
    revoked_at: datetime | None
    changed_at: datetime

    def state(self, now: datetime) -> str:
        """What has become of it, in a word."""
        if self.revoked_at is not None:
            return "revoked"
        if self.joined_at is not None:
            return "joined"
        return "open" if self.expires_at > now else "expired"


async def make_join(join_id: str, token_hash: str, node: str | None, lasts: timedelta) -> None:
    """Keep a new token."""
    now = datetime.now(UTC)
    await AgentJoin.create(
        id=join_id, token_hash=token_hash, node=node, created_at=now, expires_at=now + lasts, changed_at=now
    )


async def read_joins(since: datetime | None = None) -> list[Join]:
    """All there are, or those that have changed since then, the oldest first."""
    query = AgentJoin.all() if since is None else AgentJoin.filter(changed_at__gte=since)
    return [Join(*row) for row in await query.order_by("created_at").values_list(*Join._fields)]


async def read_join(join_id: str) -> Join | None:
    """The one of that id."""
    row = await AgentJoin.filter(id=join_id).first().values_list(*Join._fields)
    return Join(*row) if row else None


async def accept_join(join_id: str, node: str, credential_hash: str, now: datetime) -> bool:
    """Exchange a token for a credential; whether it could still be. Older credentials of the node end."""
    taken = await AgentJoin.filter(
        id=join_id, joined_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
    ).update(node=node, credential_hash=credential_hash, joined_at=now, changed_at=now)
    if not taken:
        return False
    older = AgentJoin.filter(node=node, joined_at__isnull=False, revoked_at__isnull=True).exclude(id=join_id)
    await older.update(revoked_at=now, changed_at=now)
    return True


async def revoke_joins(ids: Collection[str]) -> set[str]:
    """End tokens and their credentials; returns the ids of those that were not ended before."""
    now = datetime.now(UTC)
    live = AgentJoin.filter(id__in=list(ids), revoked_at__isnull=True)
    found = {str(one) for one in await live.values_list("id", flat=True)}
    if found:
        await AgentJoin.filter(id__in=list(found)).update(revoked_at=now, changed_at=now)
    return found


async def note_use(ids: Collection[str], when: datetime) -> None:
    """Streams were opened with these."""
    await AgentJoin.filter(id__in=list(ids)).update(used_at=when)


async def forget_old_joins() -> None:
    """Let go of what ended long ago."""
    before = datetime.now(UTC) - _KEPT
    await AgentJoin.filter(revoked_at__lt=before).delete()
    await AgentJoin.filter(joined_at__isnull=True, expires_at__lt=before).delete()
