"""Writes every setting of every program and every built-in plugin."""

from __future__ import annotations

from functools import cache

from gobs_core import Duration, Size
from gobs_core.kit.reference.markdown import code, fence, table
from gobs_core.settings.reference import Setting, list_settings
from gobs_core.settings.sources import ORIGINAL, variable
from gobs_core.settings.types import expectation, shape_of
from scripts.docs.builtin import plugins

_SHORT = {expectation(shape_of(Duration)): "a duration", expectation(shape_of(Size)): "a size", "None:": "unset:"}
"""What stands once on the page, or is Python's word for it."""


@cache
def settings() -> dict[str, list[tuple[str, Setting]]]:
    """Return section -> name and setting, of everything that is documented."""
    found: dict[str, list[tuple[str, Setting]]] = {}
    for setting in list_settings(plugins()):
        section, _, name = setting.path.rpartition(".")
        found.setdefault(section, []).append((name, setting))
    return found


def every_setting() -> str:
    """Return a table for each section."""
    heads = ("setting", "variable", "expects", "default", "what it is")
    return "\n\n".join(
        f"### [{section}]\n\n" + table(heads, (_row(name, setting) for name, setting in rows))
        for section, rows in settings().items()
    )


def example() -> str:
    """Return a settings file with every setting in it, which changes nothing."""
    return fence("toml", "\n\n".join(_section(section, rows) for section, rows in settings().items()))


def original_variables() -> str:
    """Return the original's variables and what they are here."""
    rows = ((code(name), code(path), code(variable(path))) for name, path in ORIGINAL.items())
    return table(("variable", "setting", "our variable"), rows)


def _section(section: str, rows: list[tuple[str, Setting]]) -> str:
    lines = [f"{name} = {setting.default}" if _given(setting) else f"# {name} =" for name, setting in rows]
    if section not in _quiet():
        return "\n".join([f"[{section}]", *lines])
    off = [line if line.startswith("#") else f"# {line}" for line in lines]
    return "\n".join([f"# [{section}]    # a section of its own would make it run", *off])


def _given(setting: Setting) -> bool:
    return setting.default not in ("", '""') and not setting.secret


def _quiet() -> frozenset[str]:
    """Return the sections of the sinks that do not run unless somebody names them, and of what needs a setting."""
    sinks = {f"sinks.{name}" for name, cls in plugins().sinks.items() if not cls.default}
    return frozenset(sinks | {f"notifiers.{name}" for name in plugins().notifiers})


def _row(name: str, setting: Setting) -> tuple[str, ...]:
    expects = f"{setting.type}, kept secret" if setting.secret else setting.type
    default = "" if setting.default == '""' else setting.default
    return code(name), code(setting.variable), _short(expects), code(default), _short(setting.help)


def _short(text: str) -> str:
    for long, short in _SHORT.items():
        text = text.replace(long, short)
    return text
