"""What an agent can and cannot see where it runs, why, and what would change it."""

from gobs_core.doctor.diagnosis import diagnose
from gobs_core.doctor.finding import Finding, Sight

__all__ = ["Finding", "Sight", "diagnose"]
