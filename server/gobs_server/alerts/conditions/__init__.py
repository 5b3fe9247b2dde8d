"""The built-in conditions; they come through the same door as anybody else's."""

from __future__ import annotations

from gobs_core import Condition, hookimpl
from gobs_server.alerts.conditions.absent import Absent
from gobs_server.alerts.conditions.change import Change
from gobs_server.alerts.conditions.deviation import Deviation
from gobs_server.alerts.conditions.threshold import Threshold

__all__ = ["Absent", "Change", "Deviation", "Threshold", "gobs_register_conditions"]


@hookimpl
def gobs_register_conditions() -> list[type[Condition]]:
    """Announce them."""
    return [Threshold, Absent, Change, Deviation]
