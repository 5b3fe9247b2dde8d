"""Every setting there is, from the structs themselves: what the reference documentation is made of."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import msgspec

from gobs_core.plugins import EntryPointLike, Plugins
from gobs_core.plugins.origin import installed
from gobs_core.plugins.registry import CONTRACTS
from gobs_core.settings.load import OWN, SECTIONS_GROUP
from gobs_core.settings.sources import ORIGINAL, variable
from gobs_core.settings.types import expectation, shape_of, shown


class Setting(NamedTuple):
    """One setting."""

    path: str
    """E.g. `agent.interval`; `[agent]` and `interval` in the file."""
    type: str
    """What is expected, in words."""
    default: str
    """As it would be written in the file; empty where there is none."""
    help: str
    variable: str
    """The environment variable."""
    original: str
    """The variable of the original Gobservability that still works; mostly empty."""
    secret: bool
    """Whether `<path>_file` and `<variable>_FILE` may name a file with the value."""


def list_settings(
    plugins: Plugins,
    sections: Mapping[str, type[msgspec.Struct]] | None = None,
    owners: Iterable[EntryPointLike] | None = None,
) -> tuple[Setting, ...]:
    """Every setting of the programs that are installed and of these plugins: sections first, then plugins by kind."""
    programs: dict[str, type[msgspec.Struct]] = {**OWN, **(sections or {})}
    for point in installed(SECTIONS_GROUP) if owners is None else owners:
        programs.setdefault(point.name, point.load())
    found = [setting for name, struct in sorted(programs.items()) for setting in _settings(struct, name)]
    for contract in CONTRACTS:
        for name, cls in plugins.of_kind(contract.kind).items():
            found += _settings(cls.Config, f"{contract.section}.{name}")
    return tuple(found)


def section_help(struct: type[msgspec.Struct]) -> str:
    """What a struct says of itself."""
    return inspect.cleandoc(struct.__doc__ or "")


def _settings(struct: type[msgspec.Struct], path: str) -> Iterator[Setting]:
    helps = field_helps(struct)
    for field in msgspec.structs.fields(struct):
        where, shape = f"{path}.{field.encode_name}", shape_of(field.type)
        if shape.struct is not None:
            yield from _settings(shape.struct, where)
            continue
        default = "" if field.default is msgspec.NODEFAULT else shown(shape, field.default)
        if field.default_factory in (list, dict, set):
            default = shown(shape, field.default_factory())
        original = next((name for name, target in ORIGINAL.items() if target == where), "")
        yield Setting(
            where, expectation(shape), default, helps.get(field.name, ""), variable(where), original, shape.secret
        )


def field_helps(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The docstrings below the fields by name, from the source, base classes first; none where that is not there."""
    found: dict[str, str] = {}
    for cls in reversed(struct.__mro__):
        if issubclass(cls, msgspec.Struct) and cls is not msgspec.Struct:
            found |= _docstrings(cls)
    return found


def _docstrings(cls: type) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError, SyntaxError):
        return {}
    found: dict[str, str] = {}
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for statement, after in pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match after:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    found[statement.target.id] = " ".join(text.split())
    return found
