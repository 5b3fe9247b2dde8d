"""The pages of alerts: what fires and has fired, the rules, the silences, and whom is told."""

from gobs_server.web.alerts.routes import add_alerts

__all__ = ["add_alerts"]
