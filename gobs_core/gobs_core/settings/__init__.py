"""Settings: one TOML file, below the environment, below flags, checked together before anything starts."""

from gobs_core.settings.load import Settings, Setup, load_settings
from gobs_core.settings.sections import AgentSettings, LogSettings, PluginsSettings, Section
from gobs_core.settings.sources import Flag, flags

__all__ = [
    "AgentSettings",
    "Flag",
    "LogSettings",
    "PluginsSettings",
    "Section",
    "Settings",
    "Setup",
    "flags",
    "load_settings",
]
