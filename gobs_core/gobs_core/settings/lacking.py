"""Plugins that cannot run because nobody gave a setting they need: which of them that matters to, and the fix."""

from __future__ import annotations

from collections.abc import Mapping

from gobs_core.plugins import Plugins
from gobs_core.settings.load import Settings
from gobs_core.settings.sources import variable
from gobs_core.sink import Sink


def why_unwanted(cls: type[Sink], settings: Settings) -> str:
    """Why a sink does not run in an agent though nothing is wrong with it; empty: it is to run."""
    if cls.side != "agent":
        return f"runs in the {cls.side}"
    chosen = settings.agent.sinks
    if chosen is not None:
        return "" if cls.name in chosen else "not named in agent.sinks"
    named = cls.default or ("sink", cls.name) in settings.named
    return "" if named else "runs only when it is named in the settings"


def said(missing: str) -> str:
    """What is missing, and how it is given; `missing` is what `Settings.incomplete` says."""
    paths = [fault.partition(": ")[0] for fault in missing.split("; ")]
    names = " and ".join(variable(path) for path in paths)
    return f"a setting that it needs was given by nobody: {missing}; give it in the settings file, or as {names}"


def lacking(settings: Settings, plugins: Plugins) -> Mapping[tuple[str, str], str]:
    """(kind, name) -> why it is broken, of those that would run. Not notifiers: channels are made on the pages too."""
    found: dict[tuple[str, str], str] = {}
    for (kind, name), missing in settings.incomplete.items():
        sink = plugins.sinks.get(name) if kind == "sink" else None
        if kind != "notifier" and (sink is None or not why_unwanted(sink, settings)):
            found[kind, name] = said(missing)
    return found
