"""REST of alerts: rules, alerts, silences, channels and what was told."""

from __future__ import annotations

from gobs_server.api.alerting.alerts import add_alerts
from gobs_server.api.alerting.channels import add_channels
from gobs_server.api.alerting.deliveries import add_deliveries
from gobs_server.api.alerting.rules import add_rules
from gobs_server.api.alerting.silences import add_silences
from gobs_server.api.operations import Operations
from gobs_server.services import Services

__all__ = ["add_alerting"]


def add_alerting(api: Operations, services: Services) -> None:
    """Add all operations on alerts."""
    add_rules(api, services, services.alerts)
    add_alerts(api, services, services.alerts)
    add_silences(api, services, services.alerts)
    add_channels(api, services, services.alerts)
    add_deliveries(api, services, services.alerts)
