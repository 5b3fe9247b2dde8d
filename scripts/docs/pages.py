"""Knows which pages there are, and what makes each kind of generated block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from scripts.docs import command, contracts, dashboard, exports, helm, inside, reference, rest, sdk, settings
from scripts.docs.blocks import fill
from scripts.docs.source import ROOT, include

MAKERS: Mapping[str, Callable[[], str]] = {
    "tables": reference.short_list,
    "columns": reference.every_column,
    "settings": settings.every_setting,
    "settings file": settings.example,
    "original variables": settings.original_variables,
    "commands": command.every_command,
    "hooks": sdk.hooks,
    "contracts": contracts.contracts,
    "kinds": sdk.kinds,
    "units": sdk.units,
    "states": sdk.states,
    "names": sdk.names,
    "helpers": sdk.helpers,
    "rest": rest.operations,
    "shapes": rest.shapes,
    "shortcuts": dashboard.shortcuts,
    "sinks": inside.sinks,
    "exported": exports.every_name,
    "values": helm.every_value,
}
"""Block -> what writes it; besides these, `include PATH` is a file as code, and `contract KIND` what a page has."""


def pages() -> list[Path]:
    """Return every page of the documentation."""
    folders = [path.parent / "README.md" for path in sorted(ROOT.glob("*/pyproject.toml"))]
    folders.append(ROOT / "helm" / "gobservability" / "README.md")
    return [
        path for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), *folders] if path.is_file()
    ]


def written(page: Path) -> str:
    """Return what the page should be; raises KeyError for a block that nothing writes."""
    return fill(page.read_text(encoding="utf-8"), _make)


def _make(name: str) -> str:
    kind, _, rest = name.partition(" ")
    if kind == "contract":
        return contracts.contract(rest)
    return include(rest) if kind == "include" else MAKERS[name]()
