"""How it is recorded who changed what: the promise to whoever tells of it, and the record that is in the log alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gobs_core.logs import get_logger
from gobs_server.actor import Actor

log = get_logger("gobs.audit")


class Audit(Protocol):
    """The record of who changed what."""

    async def record(
        self,
        actor: Actor,
        action: str,
        target: str,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        """Record one thing done, once it is done: `action` as in `rule.change`, `target` what it was done to.

        `before` and `after` are what differs, without secrets; None: it was not there. Raises nothing, and waits no
        longer than for a row to be written. Never called on the way of a frame.
        """
        ...


class LoggedAudit:
    """Records in the log alone."""

    async def record(
        self,
        actor: Actor,
        action: str,
        target: str,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        """Log one thing done."""
        who = {"actor": actor.name, "kind": actor.kind, "role": actor.role, "address": actor.address}
        log.info("changed", action=action, target=target, before=before, after=after, **who)
