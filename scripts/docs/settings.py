"""Writes every setting of every program and every built-in plugin, from the structs they are read into."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import msgspec

from gobs_core import Duration, Size
from gobs_core.plugins.origin import installed
from gobs_core.plugins.registry import CONTRACTS
from gobs_core.settings.load import OWN, SECTIONS_GROUP, variable
from gobs_core.settings.sources import ORIGINAL
from gobs_core.settings.types import Shape, expectation, shape_of, shown
from scripts.docs.builtin import all_plugins
from scripts.docs.markdown import code, fence, table
from scripts.docs.source import assignments

_DURATION = expectation(shape_of(Duration))
_SIZE = expectation(shape_of(Size))


class Setting(NamedTuple):
    """One setting."""

    section: str
    name: str
    expected: str
    default: str
    """As it is written in the file; empty without one."""
    help: str
    secret: bool


@cache
def settings() -> tuple[Setting, ...]:
    """Return every setting there is without a plugin of others, by section."""
    return tuple(setting for section, struct in _sections() for setting in _settings(section, struct))


def every_setting() -> str:
    """Return a table for each section."""
    found: dict[str, list[Setting]] = {}
    for setting in settings():
        found.setdefault(setting.section, []).append(setting)
    heads = ("setting", "variable", "expects", "default", "what it is")
    return "\n\n".join(f"### [{section}]\n\n" + table(heads, map(_row, rows)) for section, rows in found.items())


def example() -> str:
    """Return a settings file with every setting in it."""
    lines: list[str] = []
    section = ""
    for setting in settings():
        if setting.section != section:
            section = setting.section
            lines += ["", f"[{section}]"]
        known = setting.default not in ("", '""') and not setting.secret
        lines.append(f"{setting.name} = {setting.default}" if known else f"# {setting.name} =")
    return fence("toml", "\n".join(lines))


def original_variables() -> str:
    """Return the original's variables and what they are here."""
    rows = ((code(name), code(path), code(variable(path))) for name, path in ORIGINAL.items())
    return table(("variable", "setting", "our variable"), rows)


def _sections() -> Iterator[tuple[str, type[msgspec.Struct]]]:
    yield from OWN.items()
    for point in installed(SECTIONS_GROUP):
        yield point.name, point.load()
    kinds = {contract.kind: contract.section for contract in CONTRACTS}
    for kind, cls in all_plugins():
        yield f"{kinds[kind]}.{cls.name}", cls.Config


def _settings(section: str, struct: type[msgspec.Struct]) -> Iterator[Setting]:
    told = _told(struct)
    for field in msgspec.structs.fields(struct):
        shape = shape_of(field.type)
        text = told.get(field.name, "").replace("None:", "unset:")
        yield Setting(section, field.encode_name, _short(shape), _default(field, shape), text, shape.secret)


def _short(shape: Shape) -> str:
    """Return what is expected; how durations and sizes are written stands once on the page."""
    told = expectation(shape)
    return told.replace(_DURATION, "a duration").replace(_SIZE, "a size")


def _told(struct: type[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for cls in reversed(struct.__mro__):
        if cls.__module__.startswith("gobs_"):
            own = assignments(sys.modules[cls.__module__], cls.__qualname__)
            found |= {name: one.text for name, one in own.items() if one.text}
    return {"enabled": "Whether it runs.", **found}


def _default(field: Any, shape: Shape) -> str:
    if field.default is not msgspec.NODEFAULT:
        return shown(shape, field.default)
    if field.default_factory in (list, dict, set):
        return shown(shape, field.default_factory())
    return ""


def _row(setting: Setting) -> tuple[str, ...]:
    path = f"{setting.section}.{setting.name}"
    return code(setting.name), code(variable(path)), setting.expected, code(setting.default), setting.help
