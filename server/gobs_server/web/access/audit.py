"""The record of who did what, for administrators."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from quart import Response, request

from gobs_server.access import Access
from gobs_server.access.audit import Entry
from gobs_server.routes import Routes
from gobs_server.web.access.forms import page
from gobs_server.web.rendering import Templates

_MOST = 100


class AuditLine(NamedTuple):
    """One record, ready to be shown."""

    entry: Entry
    changes: list[tuple[str, str, str]]
    """Field, before, after."""


def add_audit(routes: Routes, access: Access, templates: Templates) -> None:
    """Add the route of it."""

    @routes.get("/access/audit", role="administrator", scope="access")
    async def audit() -> Response:
        actor, action = (request.args.get(name, "").strip()[:200] for name in ("actor", "action"))
        before = request.args.get("before", type=int)
        found = await access.audit.find(actor=actor or None, action=action or None, before=before, limit=_MOST + 1)
        entries = found[:_MOST]
        older = ""
        if len(found) > _MOST:
            older = "/access/audit?" + urlencode({"actor": actor, "action": action, "before": entries[-1].id})
        return page(
            templates,
            "access/audit.html",
            lines=[AuditLine(entry, _changes(entry)) for entry in entries],
            actor_asked=actor,
            action_asked=action,
            older=older,
            waiting=access.audit.unwritten,
        )


def _changes(entry: Entry) -> list[tuple[str, str, str]]:
    before, after = entry.before or {}, entry.after or {}
    return [
        (name, _shown(before.get(name)), _shown(after.get(name)))
        for name in dict.fromkeys((*before, *after))
        if name not in before or name not in after or before[name] != after[name]
    ]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
