"""All routes of alerts, page by page."""

from __future__ import annotations

from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.alerts.channels import add_channels
from gobs_server.web.alerts.pages import add_pages
from gobs_server.web.alerts.rules import add_rules
from gobs_server.web.alerts.silences import add_silences
from gobs_server.web.rendering import Templates


def add_alerts(routes: Routes, services: Services, tags: Tags, templates: Templates) -> None:
    """Add them."""
    add_rules(routes, services, templates)
    add_silences(routes, services, templates)
    add_channels(routes, services, templates)
    add_pages(routes, services, tags, templates)
