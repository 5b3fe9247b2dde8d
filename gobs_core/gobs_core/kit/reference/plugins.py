"""`gobs plugin describe`: the reference of plugins, table by table and setting by setting, as ours is written."""

from __future__ import annotations

from collections.abc import Iterator

from gobs_core.collector import Collector
from gobs_core.kit.reference.exported import exported
from gobs_core.kit.reference.markdown import code, table
from gobs_core.kit.reference.tables import section
from gobs_core.plugin import Plugin
from gobs_core.plugins import KINDS, Plugins
from gobs_core.plugins.registry import plural
from gobs_core.settings.reference import list_settings

_SETTINGS = ("setting", "variable", "expects", "default", "what it is")


def describe(kind: str, name: str, cls: type[Plugin], plugins: Plugins) -> str:
    """What there is to know of a plugin from what it declares; all texts are its author's."""
    origin = plugins.origin(kind, name)
    came = f", from {origin.distribution} {origin.version}".rstrip() if origin.distribution else ""
    parts = [f"# {name}", f"A {kind}{came}, for plugin API {cls.api}."]
    if cls.needs:
        parts.append("Needs:\n\n" + "\n".join(f"- {need}" for need in cls.needs))
    if issubclass(cls, Collector):
        parts += [section(one, f"the collector {code(name)}") for one in cls.tables]
        parts += ["## Exported", *exported(cls.tables)]
    parts += ["## Settings", f"In `[{plural(kind)}.{name}]` of the settings file.", _settings(kind, name, plugins)]
    return "\n\n".join(parts) + "\n"


def meant(words: list[str], plugins: Plugins) -> Iterator[tuple[str, str, type[Plugin]]]:
    """Kind, name and class of the plugins that are called so, or came with what is; without words, all of others."""
    for kind in KINDS:
        for name, cls in plugins.of_kind(kind).items():
            origin = plugins.origin(kind, name)
            if origin.foreign if not words else {name, origin.entry_point, origin.distribution} & set(words):
                yield kind, name, cls


def _settings(kind: str, name: str, plugins: Plugins) -> str:
    path = f"{plural(kind)}.{name}."
    own = [one for one in list_settings(plugins, owners=()) if one.path.startswith(path)]
    rows = (
        (code(one.path.removeprefix(path)), code(one.variable), one.type + (", kept secret" if one.secret else ""),
         code(one.default), one.help)
        for one in own
    )  # fmt: skip
    return table(_SETTINGS, rows)
