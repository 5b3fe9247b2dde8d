"""The pages of people: logging in, one's own account, and who else may come in."""

from __future__ import annotations

from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.web.access.account import add_account
from gobs_server.web.access.audit import add_audit
from gobs_server.web.access.denied import denied_page, unknown_page
from gobs_server.web.access.login import add_login
from gobs_server.web.access.logins import add_logins
from gobs_server.web.access.provider import add_provider
from gobs_server.web.access.setup import add_setup
from gobs_server.web.access.tokens import add_tokens
from gobs_server.web.access.users import add_users
from gobs_server.web.rendering import Templates

__all__ = ["access_routes", "denied_page", "unknown_page"]


def access_routes(services: Services, templates: Templates) -> Routes:
    """Return every route of them."""
    routes = Routes("access")
    for add in (
        add_login,
        add_provider,
        add_setup,
        add_account,
        add_users,
        add_tokens,
        add_logins,
        add_audit,
    ):
        add(routes, services.access, templates)
    return routes
