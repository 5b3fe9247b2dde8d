"""REST: who asks, who else may come in, and what was done."""

from __future__ import annotations

from gobs_server.api.access.audit import add_audit
from gobs_server.api.access.logins import add_logins
from gobs_server.api.access.me import add_me
from gobs_server.api.access.tokens import add_tokens
from gobs_server.api.access.users import add_users
from gobs_server.api.operations import Operations
from gobs_server.services import Services


def add_access(api: Operations, services: Services) -> None:
    """Add the operations on people, logins, tokens and the record."""
    for add in (add_me, add_users, add_logins, add_tokens, add_audit):
        add(api, services)
