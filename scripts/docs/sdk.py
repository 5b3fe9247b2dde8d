"""Writes what a plugin's author builds on: the hooks, the contracts, and every name of the plugin API."""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from types import ModuleType

import gobs_core
from gobs_core import (
    Kind,
    Unit,
    counter,
    derived,
    gauge,
    hookspecs,
    info,
    key,
)
from gobs_core.helpers import HELPERS
from gobs_core.kit.reference.markdown import code, fence, table
from gobs_core.plugins.registry import CONTRACTS
from gobs_core.state import STATES
from gobs_core.units import UNIT_NAMES
from scripts.docs.source import assignments, first_line, signature

_MAKERS = (key, counter, gauge, derived, info)
_CALLED = ("__init__",)


def hooks() -> str:
    """Return a section for each hook, with its exact signature and what it announces."""
    return "\n\n".join(
        f"### {contract.hook}\n\n"
        + fence("python", f"@hookimpl\n{signature(getattr(hookspecs, contract.hook))}: ...")
        + f"\n\n{first_line(getattr(hookspecs, contract.hook))} Settings are in `[{contract.section}.<name>]`."
        for contract in CONTRACTS
    )


def names() -> str:
    """Return the table of every name of the plugin API."""
    return table(("name", "what it is"), ((code(name), _what(name)) for name in gobs_core.__all__))


def helpers() -> str:
    """Return the table of what plugins may use besides, module by module."""
    rows = (
        (code(module), ", ".join(map(code, names)), _about(import_module(module))) for module, names in HELPERS.items()
    )
    return table(("module", "names", "what it knows"), rows)


def _about(module: ModuleType) -> str:
    """The first sentence of its docstring, without what only its readers need."""
    return (module.__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")


def kinds() -> str:
    """Return the kinds of columns, with the functions that make them."""
    made = "\n".join(f"{signature(function)[4:]}\n    # {first_line(function)}" for function in _MAKERS)
    return _enum(Kind) + "\n\n" + fence("text", made)


def units() -> str:
    """Return the closed list of units."""
    rows = ((code(unit.value), UNIT_NAMES[unit].symbol, UNIT_NAMES[unit].rate_symbol) for unit in Unit)
    return table(("unit", "a level reads", "a rate reads"), rows)


def states() -> str:
    """Return every state a plugin may have, and which of six plain words says the same."""
    rows = ((code(word), code(known.plain), f"{known.help}{f'; {known.to_do}' if known.to_do else ''}")
            for word, known in STATES.items())  # fmt: skip
    return table(("state", "in one of six words", "what it means, and what ends it"), rows)


def _enum(cls: type[Kind]) -> str:
    told = assignments(sys.modules[cls.__module__], cls.__name__)
    return table(("kind", "what its values mean"), ((code(member.value), told[member.name].text) for member in cls))


def _what(name: str) -> str:
    thing = getattr(gobs_core, name)
    if inspect.isfunction(thing) or (inspect.isclass(thing) and thing.__module__.startswith("gobs_core")):
        return first_line(thing)
    for module in [module for path, module in sorted(sys.modules.items()) if path.startswith("gobs_core.")]:
        if name in vars(module) and (told := assignments(module).get(name)):
            return told.text or code(told.value)
    return first_line(thing)
